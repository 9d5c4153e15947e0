//! A store on a test's own database, for `#[sqlx::test]`.

use sqlx::PgPool;

use crate::{DatabaseUrl, PoolSizes, Store};

/// The address of the database that `pool` is on: `DATABASE_URL` with another database's name.
pub fn url_of(pool: &PgPool) -> DatabaseUrl {
    #[expect(clippy::disallowed_methods, reason = "tests are told their server by the environment")]
    let server = std::env::var("DATABASE_URL").expect("tests need DATABASE_URL; ./test.sh starts a server");
    let database = pool.connect_options().get_database().expect("sqlx names the test's database").to_owned();
    let (before, query) = server.split_once('?').unwrap_or((&server, ""));
    let (address, _) = before.rsplit_once('/').expect("DATABASE_URL ends with /database");
    DatabaseUrl::new(format!("{address}/{database}?{query}"))
}

/// A store with small pools on the database that `pool` is on.
///
/// # Panics
/// When it cannot connect.
pub async fn store(pool: &PgPool) -> Store {
    let url = url_of(pool);
    let sizes = PoolSizes { web: 4, jobs: 4, bulk: 2, chosen: true };
    Store::connect(&url, &url, sizes).await.expect("the test's database answers")
}
