//! Whoever or whatever is deleted leaves nothing behind: every table is counted, and every blob.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::EventId;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::Server;
use crate::people::{PASSWORD, Person};

/// Tables that are not counted, and why.
const NOT_COUNTED: [&str; 4] = [
    "_sqlx_migrations", // the shape of the database
    "audit", // what was done outlives whom it was done to; it holds ids only, which a test below checks
    "rate_limit", // counters under keys that nobody can read; they go by themselves
    "login_guard", // the same
];

/// Rows in every table that there is.
pub(crate) async fn rows(pool: &PgPool) -> BTreeMap<String, i64> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables \
         where table_schema = 'public' and table_type = 'BASE TABLE' order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    let mut rows = BTreeMap::new();
    for table in tables.into_iter().filter(|table| !NOT_COUNTED.contains(&table.as_str())) {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        rows.insert(table, sqlx::query_scalar(count).fetch_one(pool).await.unwrap());
    }
    rows
}

/// The tables that gained rows between two counts.
pub(crate) fn grown(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> Vec<String> {
    after.iter().filter(|(table, rows)| **rows > before[*table]).map(|(table, _)| table.clone()).collect()
}

/// A photo of the event that visitors see.
async fn a_photo(server: &Server, event: &str) -> String {
    let found = server.search(event, &["ann"]).await.json();
    found["matches"][0]["photo_id"].as_str().unwrap().to_owned()
}

/// What visitors keep of a photo: a mark and a word.
async fn keep(server: &Server, bearer: &str, event: &str, photo_id: &str) {
    let uri = |what: &str| format!("/api/attendee/events/{event}/{what}/{photo_id}");
    for (uri, body) in [(uri("favourites"), json!(null)), (uri("verdicts"), json!({"is_me": true}))] {
        let kept = server.call(Some(bearer), "PUT", &uri, Some(&body)).await;
        assert_eq!(kept.status, StatusCode::NO_CONTENT, "{uri}");
    }
}

/// An attendee with everything that hangs on one: log-ins, a link, a message.
async fn busy_attendee(server: &Server, event: &str, name: &str) -> Person {
    let person = server.attendee(event, name).await;
    let email = format!("{name}@example.org");
    Person::of(&server.log_in(&email, PASSWORD, Some(event)).await);
    let form = json!({"login": email, "event": event});
    let asked = server.call(None, "POST", "/api/password/forgotten", Some(&form)).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    person
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_left_of_an_attendee_and_the_e_mail_is_free_at_once(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    server.attendee(&event, "kept").await;
    server.upload_as(&ada, &event, &[("a.jpg", &["ann"])]).await;
    server.work().await;
    let photo_id = a_photo(&server, &event).await;
    let before = rows(&pool).await;
    for by_self in [true, false] {
        let zoe = busy_attendee(&server, &event, "zoe").await;
        keep(&server, &zoe.access, &event, &photo_id).await;
        let grown = grown(&before, &rows(&pool).await);
        let expected = [
            "attendee",
            "favourite",
            "outbox",
            "password_link",
            "refresh_token",
            "sign_in",
            "verdict",
            "visitor",
        ];
        assert_eq!(grown, expected);
        let deleted = if by_self {
            server.call(Some(&zoe.access), "DELETE", "/api/me", None).await
        } else {
            let uri = format!("/api/events/{event}/attendees/{}", zoe.user_id);
            server.call(Some(&ada.access), "DELETE", &uri, None).await
        };
        assert_eq!(deleted.status, StatusCode::NO_CONTENT);
        assert_eq!(rows(&pool).await, before, "by themselves: {by_self}");
        assert_eq!(server.call(Some(&zoe.access), "GET", "/api/me", None).await.code(), "not_logged_in");
    }
    server.attendee(&event, "zoe").await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_left_of_staff_but_their_events_and_photos(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    for role in ["photographer", "organiser", "admin"] {
        let event = server.event_of(&ada, &format!("Gala {role}")).await;
        let before = rows(&pool).await;
        let sam = server.staff(&ada, role, "sam").await;
        if role != "admin" {
            server.assign(&ada, &event, &sam).await;
        }
        server.upload_as(&sam, &event, &[("a.jpg", &["ann"])]).await;
        let form = json!({"login": "sam"});
        server.call(None, "POST", "/api/password/forgotten", Some(&form)).await;
        let begun = server.call(Some(&sam.access), "POST", "/api/me/mfa", None).await;
        assert_eq!(begun.status, StatusCode::OK);
        if role == "admin" {
            let form = json!({"email": "next@example.org", "role": "photographer"});
            assert!(
                server
                    .call(Some(&sam.access), "POST", "/api/invitations", Some(&form))
                    .await
                    .status
                    .is_success()
            );
        }
        if role == "organiser" {
            let form = json!({"name": "Zoé", "email": "zoe@example.org", "password": PASSWORD});
            let uri = format!("/api/organiser/events/{event}/attendees");
            assert!(server.call(Some(&sam.access), "POST", &uri, Some(&form)).await.status.is_success());
        }
        let uri = format!("/api/staff/{}", sam.user_id);
        assert_eq!(server.call(Some(&ada.access), "DELETE", &uri, None).await.status, StatusCode::NO_CONTENT);
        let left = grown(&before, &rows(&pool).await);
        let kept = if role == "organiser" { vec!["attendee", "job", "photo"] } else { vec!["job", "photo"] };
        assert_eq!(left, kept, "{role}: what they did for others stays");
        assert_eq!(server.call(Some(&sam.access), "GET", "/api/me", None).await.code(), "not_logged_in");
        server.pass(60);
    }
    server.staff(&ada, "photographer", "sam").await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_admin_stays(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let uri = format!("/api/staff/{}", ada.user_id);
    assert_eq!(server.call(Some(&ada.access), "DELETE", &uri, None).await.code(), "last_admin");
    let role = json!({"role": "organiser"});
    assert_eq!(server.call(Some(&ada.access), "PATCH", &uri, Some(&role)).await.code(), "last_admin");
    let bob = server.staff(&ada, "admin", "bob").await;
    // Each removes the other at the same moment: one of them stays.
    let other = format!("/api/staff/{}", bob.user_id);
    let (one, two) = futures::future::join(
        server.call(Some(&ada.access), "DELETE", &other, None),
        server.call(Some(&bob.access), "DELETE", &uri, None),
    )
    .await;
    let done = [one.status, two.status].iter().filter(|status| **status == StatusCode::NO_CONTENT).count();
    assert_eq!(done, 1, "{} {}", one.status, two.status);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_left_of_an_event(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let olive = server.staff(&ada, "organiser", "olive").await;
    let kept = server.event_of(&ada, "Kept").await;
    server.attendee(&kept, "zoe").await;
    server.upload_as(&ada, &kept, &[("a.jpg", &["ann"])]).await;
    server.work().await;
    let before = rows(&pool).await;

    let event = server.event_of(&olive, "Gone").await;
    let zoe = busy_attendee(&server, &event, "zoe").await;
    let uploaded = server.upload_as(&olive, &event, &[("a.jpg", &["ann", "bob"]), ("b.jpg", &["cyd"])]).await;
    assert_eq!(uploaded.status, StatusCode::OK);
    server.work().await;
    server.upload_as(&olive, &event, &[("c.jpg", &["dan"])]).await; // still waiting when the event goes
    crate::uploads::unfinished(&server, &olive, &event).await;
    keep(&server, &zoe.access, &event, &a_photo(&server, &event).await).await;
    let pack = sqlx::query(
        "insert into access_pack (event_id, pack_id, code, seats, created_at) \
         select event_id, gen_random_uuid(), 'seat', 1, now() from event where slug = $1",
    );
    pack.bind(&event).execute(&pool).await.unwrap();
    assert_eq!(server.search(&event, &["ann"]).await.json()["matches"].as_array().unwrap().len(), 1);
    let shown = server.call(Some(&olive.access), "GET", "/api/events/gone", None).await.json();
    let event_id: EventId = shown["event_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        server.web.blobs.list_event(event_id).await.unwrap().len(),
        8,
        "two photos in three copies, and one; and a part of an upload"
    );
    assert!(grown(&before, &rows(&pool).await).len() >= 14);

    let deleted = server.call(Some(&olive.access), "DELETE", "/api/events/gone", None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert!(server.web.recognizer.events_in_memory().iter().all(|kept| *kept != event_id));
    server.work().await;
    assert!(server.web.blobs.list_event(event_id).await.unwrap().is_empty());
    // What was being written meanwhile is caught by the second pass.
    let late = blobs::BlobKey::new(event_id, domain::Digest::of(b"late"), domain::Rendition::Original);
    server.web.blobs.put(&late, "late".into()).await.unwrap();
    for _ in 0..2 {
        sqlx::query("update purge set run_at = now()").execute(&pool).await.unwrap();
        server.work().await;
        assert!(server.web.blobs.list_event(event_id).await.unwrap().is_empty());
    }
    assert_eq!(rows(&pool).await, before);

    assert_eq!(server.call(Some(&zoe.access), "GET", "/api/me", None).await.code(), "not_logged_in");
    assert_eq!(server.search(&event, &["ann"]).await.code(), "event_not_found");
    assert_eq!(
        server.search(&kept, &["ann"]).await.json()["matches"].as_array().unwrap().len(),
        1,
        "others stay"
    );
    assert_eq!(server.event_of(&olive, "Gone").await, "gone", "the address is free again");
    server.attendee("gone", "zoe").await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_audit_log_holds_no_name_and_no_address(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let zoe = busy_attendee(&server, &event, "zoe").await;
    server.staff(&ada, "photographer", "paul").await;
    server.call(Some(&zoe.access), "DELETE", "/api/me", None).await;
    let lines: Vec<String> =
        sqlx::query_scalar("select audit::text from audit").fetch_all(&pool).await.unwrap();
    assert!(lines.len() >= 5, "{lines:?}");
    for line in lines {
        assert!(!line.contains("example.org") && !line.contains("zoe") && !line.contains("paul"), "{line}");
    }
}
