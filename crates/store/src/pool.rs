//! The pools of connections: sized, bounded, checked against the server.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Postgres, Transaction};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::Instrument as _;

use crate::sql::{query, query_scalar};
use crate::{Result, StoreError};

/// How long a person's request waits for a connection: long enough for a quick restart of the server to pass unnoticed,
/// and short enough that a person, who is then told to try again, still waits. Were it longer, everybody who tries
/// again while the database is away would stand in line behind their own earlier requests.
const WEB_WAIT: Duration = Duration::from_secs(3);
/// The same for work that nobody waits for.
const JOBS_WAIT: Duration = Duration::from_secs(10);

/// The advisory lock of whoever changes the database's shape: "findme" in ASCII.
const MIGRATION_LOCK: i64 = 0x66_69_6e_64_6d_65;

/// How long a connection may be silent before the server at its other end is asked, or taken to be gone.
const DEAD_PEER_AFTER: Duration = Duration::from_secs(30);

/// Where the database is: `postgres://user:password@host/database`, or a folder with a Unix socket as the
/// percent-encoded host. Its password is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes the address as it is; connecting says whether it is good.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    fn sqlx_options(&self) -> Result<PgConnectOptions> {
        // sqlx's error may quote the address, password included: only its kind is passed on.
        let options = PgConnectOptions::from_str(&self.0).map_err(|_| {
            StoreError::Url("expected postgres://user:password@host:port/database".to_owned())
        })?;
        // PgBouncer refuses the start-up parameter `extra_float_digits`; floats travel in binary, whole anyway.
        Ok(options.application_name("findme").extra_float_digits(None))
    }

    fn bulk_config(&self) -> Result<tokio_postgres::Config> {
        let mut config = tokio_postgres::Config::from_str(&self.0).map_err(|_| {
            StoreError::Url("expected postgres://user:password@host:port/database".to_owned())
        })?;
        config.application_name("findme-bulk");
        // A peer that vanished without a word is noticed, instead of waited for as long as TCP would.
        config.tcp_user_timeout(DEAD_PEER_AFTER).keepalives_idle(DEAD_PEER_AFTER);
        Ok(config)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(***)")
    }
}

/// How many connections each kind of work may hold. The defaults sum to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSizes {
    /// Requests of people.
    pub web: u32,
    /// Background work.
    pub jobs: u32,
    /// Binary COPY and gallery loads of that work.
    pub bulk: u32,
    /// Whether a person chose the numbers. If not, they are made smaller when the server has less room.
    pub chosen: bool,
}

impl Default for PoolSizes {
    fn default() -> Self {
        Self { web: 30, jobs: 60, bulk: 10, chosen: false }
    }
}

impl PoolSizes {
    /// The sum of the pools.
    pub fn total(self) -> u32 {
        self.web + self.jobs + self.bulk
    }

    /// These sizes if they fit into `room` connections; smaller ones in proportion if nobody chose them.
    ///
    /// # Errors
    /// When a person chose sizes that do not fit, or there is not even room for one connection each.
    pub fn fitted(self, room: u32) -> Result<Self> {
        let wanted = self.total();
        if wanted <= room {
            return Ok(self);
        }
        if self.chosen || room < 6 {
            let sizes = format!("web {} + jobs {} + bulk {}", self.web, self.jobs, self.bulk);
            return Err(StoreError::PoolTooLarge { wanted, sizes, room });
        }
        let share = |size: u32| (size * room / wanted).max(1);
        Ok(Self { web: share(self.web), jobs: share(self.jobs), bulk: share(self.bulk), ..self })
    }
}

/// The database of one installation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    web: PgPool,
    jobs: PgPool,
    pub(crate) bulk: deadpool_postgres::Pool,
    pub(crate) direct: PgConnectOptions,
    sizes: PoolSizes,
    between: bool,
}

impl Store {
    /// Opens pools on `pooled`, checked against the server's `max_connections`. `direct` is the address that
    /// bypasses a PgBouncer, for migrations and LISTEN; the same one when there is none. Where they differ, the pools
    /// take connections of PgBouncer, not of the server, and are as large as they are told to be.
    ///
    /// # Errors
    /// When the database cannot be reached or has too little room.
    pub async fn connect(pooled: &DatabaseUrl, direct: &DatabaseUrl, sizes: PoolSizes) -> Result<Self> {
        let between = pooled != direct;
        let options = pooled.sqlx_options()?;
        let direct = direct.sqlx_options()?;
        let room = connection_room(&direct).await?;
        if between {
            // The pools connect when they are used; what is wrong with their address is better told now.
            connection_room(&options).await?;
        }
        let fitted = if between { sizes } else { sizes.fitted(room)? };
        if fitted != sizes {
            tracing::warn!(room, ?fitted, "the server has room for fewer connections than FindMe's defaults");
        }
        let sizes = fitted;
        let pool = |size, wait| {
            PgPoolOptions::new()
                .max_connections(size)
                .acquire_timeout(wait)
                .connect_lazy_with(options.clone())
        };
        let bulk = bulk_pool(pooled.bulk_config()?, sizes.bulk as usize);
        let (web, jobs) = (pool(sizes.web, WEB_WAIT), pool(sizes.jobs, JOBS_WAIT));
        Ok(Self { web, jobs, bulk, direct, sizes, between })
    }

    /// A transaction for a person's request.
    ///
    /// # Errors
    /// When no connection is free in time.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        begin(&self.web, WEB_WAIT).await
    }

    /// A transaction for background work, which never takes a connection from a person.
    ///
    /// # Errors
    /// When no connection is free in time.
    pub async fn begin_job(&self) -> Result<Transaction<'static, Postgres>> {
        begin(&self.jobs, JOBS_WAIT).await
    }

    /// Brings the database's shape up to date, on a direct connection and in one transaction.
    ///
    /// The transaction takes the lock against other processes that do the same, and keeps all that sqlx sends on one
    /// connection of the server: whoever names a PgBouncer as the direct address gets the right shape all the same.
    ///
    /// # Errors
    /// When a migration fails; then nothing has changed.
    pub async fn migrate(&self) -> Result<()> {
        use sqlx::{ConnectOptions as _, Connection as _};
        let mut migrator = sqlx::migrate!("../../migrations");
        migrator.set_locking(false);
        let mut connection = self.direct.connect().await?;
        let mut tx = connection.begin().await?;
        query("select pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *tx).await?;
        // The migrator names its statements; somebody before us may have left the same names behind.
        sqlx::raw_sql("deallocate all").execute(&mut *tx).await?;
        migrator.run(&mut *tx).await?;
        sqlx::raw_sql("deallocate all").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(connection.close().await?)
    }

    /// How many migrations the code knows and the database lacks.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn migrations_missing(&self) -> Result<usize> {
        let mut tx = self.begin().await?;
        let table: Option<String> =
            query_scalar("select to_regclass('_sqlx_migrations')::text").fetch_one(&mut *tx).await?;
        let known = sqlx::migrate!("../../migrations").iter().count();
        if table.is_none() {
            return Ok(known);
        }
        let applied: i64 =
            query_scalar("select count(*) from _sqlx_migrations where success").fetch_one(&mut *tx).await?;
        Ok(known.saturating_sub(usize::try_from(applied).unwrap_or(0)))
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        query_scalar::<i32>("select 1").fetch_one(&mut *tx).await?;
        Ok(())
    }

    /// The sizes in use.
    pub fn pool_sizes(&self) -> PoolSizes {
        self.sizes
    }

    /// Whether the pools have another address than the server itself: a PgBouncer's.
    pub fn is_pooled_elsewhere(&self) -> bool {
        self.between
    }

    /// How many connections the server leaves to ordinary roles.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connection_room(&self) -> Result<u32> {
        connection_room(&self.direct).await
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        self.bulk.close();
        self.web.close().await;
        self.jobs.close().await;
    }
}

/// Begins a transaction, in a task of its own.
///
/// A caller may go away at any moment, as a browser does that closes a request. sqlx rolls back a transaction whose
/// beginning it knows of, but not one whose `begin` was sent and not yet answered: that connection would go back to
/// the pool inside a transaction. The next caller would get an old `now()`, by which leases have run out before they
/// began; behind a PgBouncer the server's connection would be lost to everybody else meanwhile. The task sees the
/// answer in any case, and a transaction that nobody waits for any more is rolled back as it is dropped.
async fn begin(pool: &PgPool, wait: Duration) -> Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin().await }.in_current_span());
    match tokio::time::timeout(wait, begun).await {
        Ok(Ok(begun)) => Ok(begun?),
        // The task was ended with the runtime.
        Ok(Err(_)) => Err(sqlx::Error::PoolClosed.into()),
        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
    }
}

async fn connection_room(options: &PgConnectOptions) -> Result<u32> {
    use sqlx::{ConnectOptions as _, Connection as _};
    let mut connection = options.connect().await?;
    let mut tx = connection.begin().await?;
    let room: i32 = query_scalar(
        "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int",
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.rollback().await?;
    connection.close().await?;
    Ok(u32::try_from(room).unwrap_or(0))
}

fn bulk_pool(config: tokio_postgres::Config, size: usize) -> deadpool_postgres::Pool {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let manager = deadpool_postgres::Manager::new(config, MakeRustlsConnect::new(tls));
    deadpool_postgres::Pool::builder(manager)
        .max_size(size)
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .wait_timeout(Some(JOBS_WAIT))
        .create_timeout(Some(JOBS_WAIT))
        .build()
        .expect("a runtime is named, so the time-outs are allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_sizes_sum_to_a_hundred_and_shrink_to_the_room_there_is() {
        let sizes = PoolSizes::default();
        assert_eq!(sizes.total(), 100);
        assert_eq!(sizes.fitted(100).unwrap(), sizes);
        let small = sizes.fitted(20).unwrap();
        assert!(small.total() <= 20 && small.bulk >= 1, "{small:?}");
    }

    #[test]
    fn chosen_sizes_that_do_not_fit_are_an_error_with_the_mend() {
        let error = PoolSizes { chosen: true, ..PoolSizes::default() }.fitted(97).unwrap_err().to_string();
        assert!(error.contains("max_connections") && error.contains("DB_POOL_WEB"), "{error}");
    }

    #[test]
    fn an_address_is_not_printed() {
        assert!(!format!("{:?}", DatabaseUrl::new("postgres://u:secret@h/d")).contains("secret"));
    }
}
