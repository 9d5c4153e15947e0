//! Events that go by themselves when their day has come.

use domain::EventId;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::Server;

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_goes_on_its_day_with_all_that_belongs_to_it(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let (kept, event) = (server.event_of(&ada, "Kept").await, server.event_of(&ada, "Gone").await);
    for (event, day) in [(&kept, "2027-01-18"), (&event, "2027-01-17")] {
        let change = json!({"delete_on": day});
        server.call(Some(&ada.access), "PATCH", &format!("/api/events/{event}"), Some(&change)).await;
    }
    server.upload_as(&ada, &event, &[("a.jpg", &["ann"])]).await;
    server.work().await;
    server.search(&event, &["ann"]).await;
    let event_id: uuid::Uuid =
        sqlx::query_scalar("select event_id from event where slug = 'gone'").fetch_one(&pool).await.unwrap();
    let slugs = async || -> Vec<String> {
        server.worker().sweep().await.unwrap();
        sqlx::query_scalar("select slug from event order by slug").fetch_all(&pool).await.unwrap()
    };
    server.pass(24 * 3600);
    assert_eq!(slugs().await, ["gone", "kept"], "not before its day");
    server.pass(28 * 3600 - 1);
    assert_eq!(slugs().await, ["gone", "kept"], "nor while its eve lasts somewhere");
    server.pass(1);
    assert_eq!(slugs().await, ["kept"]);
    assert!(!server.web.recognizer.events_in_memory().contains(&EventId(event_id)));
    server.work().await;
    assert!(server.web.blobs.list_event(EventId(event_id)).await.unwrap().is_empty());
    let written: Vec<(String, Option<uuid::Uuid>, Option<uuid::Uuid>, i32)> =
        sqlx::query_as("select action, actor_id, event_id, status from audit where actor_role = 'system'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(written, [("DELETE /api/events/{event}".to_owned(), None, Some(event_id), 204)]);
    let left: i64 = sqlx::query_scalar("select count(*) from photo").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
    let off = json!({"delete_on": null});
    let ada =
        crate::people::Person::of(&server.log_in("ada@example.org", crate::people::PASSWORD, None).await);
    server.call(Some(&ada.access), "PATCH", &format!("/api/events/{kept}"), Some(&off)).await;
    server.pass(30 * 24 * 3600);
    assert_eq!(slugs().await, ["kept"], "whose day was put off stays");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_that_cannot_be_deleted_keeps_no_other_from_going(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    for (name, day) in [("Stuck", "2027-01-16"), ("Gone", "2027-01-17")] {
        let event = server.event_of(&ada, name).await;
        let change = json!({"delete_on": day});
        server.call(Some(&ada.access), "PATCH", &format!("/api/events/{event}"), Some(&change)).await;
    }
    for statement in [
        "create function stay() returns trigger language plpgsql as 'begin raise exception ''stuck''; end'",
        "create trigger stay before delete on event for each row when (old.slug = 'stuck') execute function stay()",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    server.pass(3 * 24 * 3600);
    server.worker().sweep().await.unwrap();
    let left: Vec<String> = sqlx::query_scalar("select slug from event").fetch_all(&pool).await.unwrap();
    assert_eq!(left, ["stuck"]);
    sqlx::query("drop trigger stay on event").execute(&pool).await.unwrap();
    server.worker().sweep().await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0, "it is tried again");
}
