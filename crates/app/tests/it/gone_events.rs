//! An event that one process deletes is forgotten by all.

use axum::http::StatusCode;
use sqlx::PgPool;
use store::listen::News;

use crate::harness::Server;

#[sqlx::test(migrations = "../../migrations")]
async fn every_process_forgets_a_deleted_event(pool: PgPool) {
    let (one, two) = (Server::start(&pool).await, Server::start(&pool).await);
    let admin = one.first_admin().await;
    for name in ["Gone", "Kept"] {
        one.event_of(&admin, name).await;
        for server in [&one, &two] {
            let event = name.to_lowercase();
            server.upload_as(&admin, &event, &[("a.jpg", &["ann"])]).await;
            server.work().await;
            assert_eq!(server.search(&event, &["ann"]).await.status, StatusCode::OK);
        }
    }
    assert_eq!(two.web.recognizer.events_in_memory().len(), 2);
    let mut listener = two.web.store.listen().await.unwrap();
    let event = one.call(Some(&admin.access), "GET", "/api/events/gone", None).await.json();
    let deleted = one.call(Some(&admin.access), "DELETE", "/api/events/gone", None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(one.web.recognizer.events_in_memory().len(), 1, "at once, where it was deleted");
    let News::EventGone(told) = listener.next().await.unwrap() else { panic!("every process is told") };
    assert_eq!(told.to_string(), event["event_id"].as_str().unwrap());
    app::gone_events::forget_once(&two.web.store, &two.web.recognizer).await.unwrap();
    let kept = two.web.recognizer.events_in_memory();
    assert!(kept.len() == 1 && kept[0] != told, "{kept:?}");
}
