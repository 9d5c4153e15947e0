//! Callers that go away, and a server that ends connections: pools and data stay whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use domain::{EventId, EventName};
use sqlx::PgPool;
use store::event::NewEvent;
use store::testing::Addresses;
use store::{DatabaseUrl, PoolSizes, Store, event};
use uuid::Uuid;

use crate::NOW;

/// Callers at once; more than the pools have connections.
const CALLERS: usize = 24;
/// Calls of each.
const CALLS: usize = 60;

/// Between 32 µs and 131 ms, short ones as often as long ones: anywhere in a call.
fn random_moment() -> Duration {
    use std::hash::{BuildHasher as _, RandomState};
    let random = RandomState::new().hash_one(0);
    let longest = 1 << (random % 13 + 5);
    Duration::from_micros(longest / 2 + (random >> 32) % (longest / 2))
}

/// Adds an event of its own and reads it back, in two transactions.
async fn add_event(store: Store, done: Arc<AtomicUsize>) -> store::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let event_id = EventId(Uuid::from_u128(COUNT.fetch_add(1, Ordering::Relaxed).into()));
    let name = EventName::parse(&format!("Gala {event_id}")).unwrap();
    let new =
        NewEvent { event_id, name: &name, held_on: None, pack: "open", created_by: None, created_at: NOW };
    let mut tx = store.begin().await?;
    event::insert(&mut tx, &new).await?;
    tx.commit().await?;
    done.fetch_add(1, Ordering::Relaxed);
    let mut tx = store.begin_job().await?;
    assert!(event::by_id(&mut tx, event_id).await?.is_some(), "committed is readable");
    drop(tx);
    store.gallery_faces(event_id, "open", 0, i64::MAX, |_| panic!("it has none")).await
}

async fn sessions_in_transaction(pool: &PgPool) -> i64 {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() \
               and pid <> pg_backend_pid() and state like 'idle in transaction%'";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// Waits until no session is inside a transaction: roll-backs are under way when a caller has gone.
async fn assert_none_in_transaction(pool: &PgPool) {
    for _ in 0..100 {
        if sessions_in_transaction(pool).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} sessions stay inside a transaction", sessions_in_transaction(pool).await);
}

/// The transaction's `now()` is the moment of its beginning, so that leases last as long as they are told to.
async fn assert_all_connections_are_fresh(pool: &PgPool, store: &Store) {
    tokio::time::sleep(Duration::from_millis(50)).await;
    let sizes = store.pool_sizes();
    let mut held = Vec::new();
    for n in 0..sizes.web + sizes.jobs {
        let began: f64 = sqlx::query_scalar("select extract(epoch from clock_timestamp())::float8")
            .fetch_one(pool)
            .await
            .unwrap();
        let mut tx = if n < sizes.web { store.begin().await } else { store.begin_job().await }.unwrap();
        let now: f64 = sqlx::query_scalar("select extract(epoch from now())::float8")
            .persistent(false)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert!(now >= began, "the transaction began {} s before it was asked for", began - now);
        // Held, so that the next one gets another connection; PgBouncer has fewer of them.
        held.push(tx);
        if held.len() == 4 {
            held.clear();
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn callers_who_go_away_at_any_moment_leave_nothing_open(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let done = Arc::new(AtomicUsize::new(0));
    let caller = |_| {
        let (store, done) = (store.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            for _ in 0..CALLS {
                let moment = random_moment();
                let call = add_event(store.clone(), Arc::clone(&done));
                if let Ok(result) = tokio::time::timeout(moment, call).await {
                    result.unwrap();
                }
            }
        })
    };
    for caller in (0..CALLERS).map(caller).collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_none_in_transaction(&pool).await;
    assert_all_connections_are_fresh(&pool, &store).await;
    let stored: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&pool).await.unwrap();
    let (stored, done) = (usize::try_from(stored).unwrap(), done.load(Ordering::Relaxed));
    assert!((1..CALLERS * CALLS).contains(&done), "{done} of {} ended: none was cut off", CALLERS * CALLS);
    // One that was cut off while it committed may be there; one that was answered must be.
    assert!(stored >= done, "{done} were answered, {stored} are there");
    for _ in 0..20 {
        add_event(store.clone(), Arc::default()).await.unwrap();
    }
}

/// Every connection of this database but the one that asks.
async fn end_all_connections(pool: &PgPool) {
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity \
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn connections_that_the_server_ends_are_replaced(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let caller = |_| {
        let (store, stop, done) = (store.clone(), Arc::clone(&stop), Arc::clone(&done));
        tokio::spawn(async move {
            let mut lost = 0;
            while !stop.load(Ordering::Relaxed) {
                match add_event(store.clone(), Arc::clone(&done)).await {
                    Ok(()) => {}
                    Err(error) if error.is_unavailable() => lost += 1,
                    Err(error) => panic!("not told as away: {error:?}"),
                }
            }
            lost
        })
    };
    let callers: Vec<_> = (0..8).map(caller).collect();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        end_all_connections(&pool).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut lost = 0;
    for caller in callers {
        lost += caller.await.unwrap();
    }
    assert!(lost > 0, "nothing was disturbed");
    for _ in 0..20 {
        add_event(store.clone(), Arc::default()).await.unwrap();
    }
    let stored: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&pool).await.unwrap();
    let done = done.load(Ordering::Relaxed) + 20;
    assert!(usize::try_from(stored).unwrap() >= done, "{done} were answered, {stored} are there");
    assert_none_in_transaction(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_database_is_away_or_the_statement_is_wrong(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    let wrong = sqlx::query("select no_such_column").execute(&mut *tx).await.unwrap_err();
    assert!(!store::StoreError::from(wrong).is_unavailable());
    let mut tx = store.begin().await.unwrap();
    sqlx::query("set transaction read only").persistent(false).execute(&mut *tx).await.unwrap();
    let read_only = sqlx::query("delete from event").persistent(false).execute(&mut *tx).await.unwrap_err();
    assert!(store::StoreError::from(read_only).is_unavailable(), "as on a standby");
    drop(tx);
    let nobody = DatabaseUrl::new("postgres://u@127.0.0.1:1/x");
    let refused = Store::connect(&nobody, &nobody, PoolSizes::default()).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn more_callers_than_connections_are_told_to_come_back(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut held = Vec::new();
    for _ in 0..store.pool_sizes().web {
        held.push(store.begin().await.unwrap());
    }
    let began = std::time::Instant::now();
    let full = store.begin().await.unwrap_err();
    assert!(full.is_unavailable(), "{full}");
    assert!(began.elapsed() < Duration::from_secs(5), "a person does not wait longer");
    drop(held);
    store.ping().await.unwrap();
}

/// Whoever names a PgBouncer as the direct address, too, gets the right shape, as often as processes start.
#[sqlx::test(migrations = "../../migrations")]
async fn many_processes_start_without_a_direct_address(pool: PgPool) {
    let starts = (0..8).map(|_| async {
        let store = store::testing::store_without_direct_address(&pool).await;
        store.migrate().await.unwrap();
        assert_eq!(store.migrations_missing().await.unwrap(), 0);
        store.close().await;
    });
    futures::future::join_all(starts).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn whether_news_arrive_is_known(pool: PgPool) {
    assert!(store::testing::store(&pool).await.hears_news().await.unwrap());
    let Addresses { pooled, direct } = Addresses::of_pool(&pool);
    let store = store::testing::store_without_direct_address(&pool).await;
    assert_eq!(store.hears_news().await.unwrap(), pooled == direct, "PgBouncer carries none");
}
