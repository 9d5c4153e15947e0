//! A database behind the tests' PgBouncer, for the processes that a test starts.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Connection as _;
use store::testing::Addresses;

/// A database of a test's own; it is dropped with it.
pub(crate) struct Database {
    name: String,
    pub(crate) addresses: Addresses,
}

impl Database {
    /// A new one; none when the tests go through no PgBouncer.
    pub(crate) fn behind_pgbouncer() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        store::testing::pgbouncer()?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("findme_process_{}_{count}", std::process::id());
        execute(format!("create database {name}"));
        Some(Self { addresses: Addresses::of(&name), name })
    }

    /// What tells a process of it.
    pub(crate) fn settings(&self) -> [(&'static str, &str); 2] {
        [("DATABASE_URL", &self.addresses.pooled), ("DATABASE_DIRECT_URL", &self.addresses.direct)]
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        execute(format!("drop database {} with (force)", self.name));
    }
}

/// Runs a statement on the tests' server, in a thread of its own: the caller may be asynchronous or not.
fn execute(statement: String) {
    let run = async move {
        let server = Addresses::of("postgres").direct;
        let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || runtime.block_on(run)).join().unwrap();
}
