//! The only crate that speaks SQL: plain functions on a connection, one file per noun.
//!
//! Callers open a transaction with [`Store::begin`] (web) or [`Store::begin_job`] (jobs), call the functions of
//! [`event`], [`photo`], [`job`], … on it, and commit. What moves many rows at once is in [`bulk`].
//!
//! ## Why
//! - Functions on `&mut PgConnection`, not a repository trait: there is one database, and a caller can put several
//!   of them into one transaction (a photo and the job that reads it are born together).
//! - Every statement is sent unnamed and inside a transaction (see [`sql`]), so that PgBouncer in transaction mode
//!   may stand between. Migrations and LISTEN take a direct connection.
//! - Not found is `None`; a row count that cannot be is [`StoreError::RowCount`].

pub mod access_pack;
pub mod account;
pub mod attendee;
pub mod audit;
pub mod batch;
pub mod bulk;
pub mod consent;
pub mod deep_check;
pub mod event;
pub mod event_hour;
pub mod event_image;
pub mod event_settings;
pub mod event_staff;
pub mod favourite;
mod gallery;
pub mod hidden;
pub mod invitation;
pub mod job;
pub mod job_admin;
pub mod listen;
pub mod login_guard;
pub mod my_data;
pub mod outbox;
pub mod page;
pub mod password_link;
pub mod photo;
pub mod photo_by_time;
pub mod photo_list;
pub mod photo_purge;
pub mod pool;
pub mod purge;
pub mod quota;
pub mod rate_limit;
pub mod refresh_token;
pub mod reindex;
pub mod rejection;
pub mod rekognition;
pub mod seat;
pub mod setting;
pub mod setup_token;
pub mod sign_in;
mod sql;
pub mod staff;
pub mod staff_mfa;
pub mod statistics;
pub mod statistics_by_day;
pub mod template;
mod template_carry;
pub mod template_match;
#[cfg(feature = "testing")]
pub mod testing;
mod unavailable;
pub mod upload;
pub mod verdict;
pub mod visible;
pub mod visitor;
pub mod wall;

pub use pool::{DatabaseUrl, PoolSizes, Store};

/// What can go wrong between FindMe and its database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or was lost.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The same, on the connections for bulk work.
    #[error("database: {}", .0.as_db_error().map_or_else(|| .0.to_string(), ToString::to_string))]
    Bulk(#[from] tokio_postgres::Error),
    /// No connection for bulk work could be had.
    #[error("database: {0}")]
    BulkPool(#[from] deadpool_postgres::PoolError),
    /// The database's shape could not be brought up to date.
    #[error("database migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The address that must be PostgreSQL's own is a PgBouncer's.
    #[error("PgBouncer in between: set DATABASE_DIRECT_URL to the address of PostgreSQL itself")]
    NotDirect,
    /// The address of the database cannot be read.
    #[error("DATABASE_URL cannot be read: {0}")]
    Url(String),
    /// A row holds what the code never writes.
    #[error("the row of {noun} cannot be read: {why}")]
    Corrupt {
        /// The table.
        noun: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A statement touched another number of rows than it must.
    #[error("{statement} touched {actual} rows instead of {expected}")]
    RowCount {
        /// Which statement.
        statement: &'static str,
        /// How many rows it must touch.
        expected: u64,
        /// How many it did.
        actual: u64,
    },
    /// The event was given another model pack while its photos were read; nothing was written.
    #[error("the event was indexed with another model pack meanwhile")]
    OtherPack,
    /// The pools do not fit into the server's `max_connections`.
    #[error(
        "the database pools want {wanted} connections ({sizes}), the server has room for {room}: lower \
         DB_POOL_WEB, DB_POOL_JOBS or DB_POOL_BULK, or raise the server's max_connections"
    )]
    PoolTooLarge {
        /// The sum of the pools.
        wanted: u32,
        /// The pools, for people.
        sizes: String,
        /// What the server allows ordinary roles.
        room: u32,
    },
}

impl StoreError {
    /// Whether a row was to refer to one that does not exist, such as an event that was just deleted.
    pub fn violates_reference(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_foreign_key_violation())
    }

    /// Whether a unique rule named `constraint` was broken.
    pub fn violates_unique(&self, constraint: &str) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.is_unique_violation() && error.constraint() == Some(constraint)
    }

    /// Whether the database is away for the moment (restarting, out of reach, out of connections, of memory or of
    /// disk, read-only after a failover), so that the same call may succeed later. If it was lost during a commit, the
    /// commit may have happened.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Database(error) => unavailable::sqlx(error),
            Self::Bulk(error) => unavailable::bulk(error),
            Self::BulkPool(error) => unavailable::bulk_pool(error),
            Self::Migration(_)
            | Self::NotDirect
            | Self::OtherPack
            | Self::Url(_)
            | Self::Corrupt { .. }
            | Self::RowCount { .. }
            | Self::PoolTooLarge { .. } => false,
        }
    }
}

/// The result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A connection inside a transaction, as the functions of this crate take it.
pub type Connection = sqlx::PgConnection;

/// A transaction, as [`Store::begin`] opens it.
pub type Transaction = sqlx::Transaction<'static, sqlx::Postgres>;
