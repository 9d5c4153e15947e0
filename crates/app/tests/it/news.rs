//! News from the database, and that nothing but time is lost without them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use futures::StreamExt as _;
use sqlx::PgPool;
use store::StoreError;
use tokio::sync::{Notify, watch};
use web::{NewsFeed, WebSettings};

use crate::harness::Server;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(10);

async fn sure_of(server: &Server, event: &str) -> usize {
    let answer = server.search(event, &["ann"]).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()["matches"].as_array().unwrap().len()
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_waits_is_told_also_after_the_connection_was_lost(pool: PgPool) {
    let server = Server::start(&pool).await;
    let admin = server.first_admin().await;
    let event = server.event_of(&admin, "Gala").await;
    let (feed, wake) = (NewsFeed::default(), Arc::new(Notify::new()));
    let mut news = feed.subscribe();
    let listening = wake.notified();
    let store = server.web.store.clone();
    let passing = tokio::spawn(app::news::pass_on(store, feed.clone(), Arc::clone(&wake)));
    tokio::time::timeout(LONG, listening).await.expect("listening begins with a look at the queue");

    let called = wake.notified();
    server.upload_as(&admin, &event, &[("a.jpg", &["ann"])]).await;
    tokio::time::timeout(LONG, called).await.expect("a worker is called");

    let (mut lost, called) = (feed.subscribe(), wake.notified());
    let ended: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity \
         where datname = current_database() and query ilike 'listen%'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(ended, 1);
    tokio::time::timeout(LONG, lost.of_a_removal()).await.expect("anything may have happened");
    tokio::time::timeout(LONG, called).await.expect("so a worker looks");

    let called = wake.notified();
    server.upload_as(&admin, &event, &[("b.jpg", &["bob"])]).await;
    tokio::time::timeout(LONG, called).await.expect("a worker is called again");
    let deleted = server.call(Some(&admin.access), "DELETE", &format!("/api/events/{event}"), None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    tokio::time::timeout(LONG, news.of_a_removal()).await.expect("pages are told");
    passing.abort();
}

/// Three processes whose direct address is PgBouncer's, where the tests go through one, and who are told nothing.
#[sqlx::test(migrations = "../../migrations")]
async fn without_news_everything_is_current_all_the_same(pool: PgPool) {
    let start = async || {
        let store = store::testing::store_without_direct_address(&pool).await;
        Server::on(store, WebSettings::default())
    };
    let (taking, searching, mut working) = (start().await, start().await, start().await);
    working.web.blobs = taking.web.blobs.clone();
    if store::testing::pgbouncer().is_some() {
        let refused = searching.web.store.listen().await.unwrap_err();
        assert!(matches!(refused, StoreError::NotDirect), "{refused}");
        // Returns at once instead of trying for ever what cannot be.
        let (feed, wake) = (NewsFeed::default(), Arc::new(Notify::new()));
        app::news::pass_on(searching.web.store.clone(), feed, wake).await;
    }
    let admin = taking.first_admin().await;
    let event = taking.event_of(&admin, "Gala").await;
    taking.upload_as(&admin, &event, &[("a.jpg", &["ann"])]).await;
    working.work().await;
    assert_eq!(sure_of(&searching, &event).await, 1);

    // Searched elsewhere as soon as it is ready: the version is asked for at each search.
    for n in 2..=4 {
        taking.upload_as(&admin, &event, &[("x.jpg", &["ann", &format!("friend{n}")])]).await;
        working.work().await;
        assert_eq!(sure_of(&searching, &event).await, n);
    }

    // A worker whom nobody calls looks for itself; a page elsewhere shows it.
    let uri = format!("/api/events/{event}/progress");
    let request = axum::http::Request::get(uri).header("authorization", format!("Bearer {}", admin.access));
    let response = searching.response(request.body(axum::body::Body::empty()).unwrap()).await;
    let mut stream = response.into_body().into_data_stream();
    let (stop, stopped) = watch::channel(false);
    let worker = working.worker();
    let work = tokio::spawn(async move { worker.run(stopped).await });
    taking.upload_as(&admin, &event, &[("z.jpg", &["ann", "zoe"])]).await;
    let began = Instant::now();
    let mut told = String::new();
    while !told.contains("\"ready\":5") {
        let chunk = tokio::time::timeout(LONG, stream.next()).await.expect("the page is told in time");
        told += std::str::from_utf8(&chunk.expect("the stream goes on").unwrap()).unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    assert_eq!(sure_of(&searching, &event).await, 5);
    stop.send(true).unwrap();
    work.await.unwrap();

    let deleted = taking.call(Some(&admin.access), "DELETE", &format!("/api/events/{event}"), None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(searching.search(&event, &["ann"]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(searching.web.recognizer.events_in_memory().len(), 1, "nobody told it");
    app::gone_events::forget_once(&searching.web.store, &searching.web.recognizer).await.unwrap();
    assert!(searching.web.recognizer.events_in_memory().is_empty(), "it looked");
}
