//! Which errors mean that the database is away for the moment, and which that the code is wrong.

use std::error::Error as _;

use deadpool_postgres::PoolError;

/// Codes of PostgreSQL, whole classes by their first two characters (PostgreSQL's documentation, appendix A).
const AWAY: [&str; 6] = [
    "08",    // connection lost; also all that PgBouncer itself says, such as that it cannot reach the server
    "40",    // rolled back in favour of another transaction: deadlock, serialization
    "53",    // out of connections, memory or disk
    "57",    // ended, starting up or shutting down; a statement was cancelled by a limit of the server
    "58",    // the server's disk or files fail
    "25006", // read-only: a standby, or a primary that was just replaced
];

fn is_away(code: &str) -> bool {
    AWAY.iter().any(|away| code.starts_with(away))
}

pub(crate) fn sqlx(error: &sqlx::Error) -> bool {
    if let Some(told) = error.as_database_error() {
        return told.code().is_some_and(|code| is_away(&code));
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
    )
}

pub(crate) fn bulk(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => is_away(code.code()),
        None => {
            error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
        }
    }
}

pub(crate) fn bulk_pool(error: &PoolError) -> bool {
    match error {
        PoolError::Timeout(_) | PoolError::Closed => true,
        PoolError::Backend(error) => bulk(error),
        PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_away_is_told_from_a_statement_that_is_wrong() {
        // Restarted, starting up, full, without a free connection, read-only; PgBouncer without a server.
        for code in [
            "57P01", "57P02", "57P03", "53100", "53200", "53300", "25006", "08006", "08P01", "58030", "40P01",
        ] {
            assert!(is_away(code), "{code}");
        }
        // Syntax, no such table, a row that is there already, a row that is referred to, division by zero.
        for code in ["42601", "42P01", "23505", "23503", "22012", "25001", "25P02"] {
            assert!(!is_away(code), "{code}");
        }
        for error in
            [sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed, std::io::Error::other("reset").into()]
        {
            assert!(sqlx(&error), "{error}");
        }
        for error in [sqlx::Error::RowNotFound, sqlx::Error::ColumnNotFound("x".to_owned())] {
            assert!(!sqlx(&error), "{error}");
        }
        assert!(bulk_pool(&PoolError::Closed) && !bulk_pool(&PoolError::NoRuntimeSpecified));
    }
}
