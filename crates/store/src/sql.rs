//! Statements that PgBouncer in transaction mode can carry.
//!
//! A named prepared statement lives on one server connection, and the next transaction may get another one. So
//! every statement goes out unnamed (`persistent(false)`), and callers are inside a transaction.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{Decode, FromRow, Postgres, Type};

use crate::StoreError;

pub(crate) fn query(sql: &'static str) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(sql).persistent(false)
}

pub(crate) fn query_as<T>(sql: &'static str) -> QueryAs<'static, Postgres, T, PgArguments>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    sqlx::query_as(sql).persistent(false)
}

pub(crate) fn query_scalar<T>(sql: &'static str) -> QueryScalar<'static, Postgres, T, PgArguments>
where
    (T,): for<'r> FromRow<'r, PgRow>,
    T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    sqlx::query_scalar(sql).persistent(false)
}

pub(crate) fn expect_rows(statement: &'static str, expected: u64, actual: u64) -> crate::Result<()> {
    if actual == expected { Ok(()) } else { Err(StoreError::RowCount { statement, expected, actual }) }
}

/// Reads `text` as `T`, or says which table holds nonsense.
pub(crate) fn parse<T>(noun: &'static str, parsed: Result<T, impl std::fmt::Display>) -> crate::Result<T> {
    parsed.map_err(|error| StoreError::Corrupt { noun, why: error.to_string() })
}
