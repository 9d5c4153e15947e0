//! A store on a test's own database, for `#[sqlx::test]`.
//!
//! sqlx makes that database, and drops it, on the server that `DATABASE_URL` names. Where `FINDME_TEST_PGBOUNCER`
//! names a PgBouncer in front of that server (`./test.sh` starts one), the stores' pools go through it.

use sqlx::PgPool;

use crate::{DatabaseUrl, PoolSizes, Store};

/// What PgBouncer's address stands in, for tests.
pub const PGBOUNCER: &str = "FINDME_TEST_PGBOUNCER";

/// The addresses of one database.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// For the pools: PgBouncer's if there is one.
    pub pooled: String,
    /// The server's own.
    pub direct: String,
}

impl Addresses {
    /// Those of the database `name` on the tests' server.
    ///
    /// # Panics
    /// When `DATABASE_URL` is not set.
    pub fn of(name: &str) -> Self {
        let server = variable("DATABASE_URL").expect("tests need DATABASE_URL; ./test.sh starts a server");
        let direct = renamed(&server, name);
        Self { pooled: pgbouncer().map_or_else(|| direct.clone(), |pool| renamed(&pool, name)), direct }
    }

    /// Those of the database that `pool` is on.
    ///
    /// # Panics
    /// When `DATABASE_URL` is not set.
    pub fn of_pool(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        Self::of(options.get_database().expect("sqlx names the test's database"))
    }

    /// Connects to them.
    ///
    /// # Panics
    /// When that is not possible.
    pub async fn store(&self, sizes: PoolSizes) -> Store {
        let (pooled, direct) = (DatabaseUrl::new(&self.pooled), DatabaseUrl::new(&self.direct));
        Store::connect(&pooled, &direct, sizes).await.expect("the test's database answers")
    }
}

/// The PgBouncer that the tests go through, if there is one.
pub fn pgbouncer() -> Option<String> {
    variable(PGBOUNCER).filter(|url| !url.is_empty())
}

/// A store with small pools on the database that `pool` is on.
///
/// # Panics
/// When it cannot connect.
pub async fn store(pool: &PgPool) -> Store {
    Addresses::of_pool(pool).store(SMALL).await
}

/// The same, knowing only the address of the pools: behind PgBouncer it hears no news.
///
/// # Panics
/// When it cannot connect.
pub async fn store_without_direct_address(pool: &PgPool) -> Store {
    let Addresses { pooled, .. } = Addresses::of_pool(pool);
    Addresses { direct: pooled.clone(), pooled }.store(SMALL).await
}

const SMALL: PoolSizes = PoolSizes { web: 4, jobs: 4, bulk: 2, chosen: true };

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are told their server by the environment")]
    std::env::var(name).ok()
}

/// `url` with another database's name.
fn renamed(url: &str, database: &str) -> String {
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    let (address, _) = before.rsplit_once('/').expect("the address ends with /database");
    format!("{address}/{database}?{query}")
}
