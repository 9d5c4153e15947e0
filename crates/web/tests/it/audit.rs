//! Who did what to whom, when, from where; and lists in pages.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::Server;
use crate::people::Person;

#[sqlx::test(migrations = "../../migrations")]
async fn what_staff_do_and_who_reads_faces_is_written_down(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    server.assign(&ada, &event, &paul).await;
    assert_eq!(server.search(&event, &["ann"]).await.status, StatusCode::OK);
    let refused = server.call(Some(&paul.access), "DELETE", "/api/events/gala", None).await;
    assert_eq!(refused.code(), "forbidden");
    let list = async |query: &str| {
        let answer = server.call(Some(&ada.access), "GET", &format!("/api/audit{query}"), None).await;
        answer.json()["entries"].as_array().unwrap().clone()
    };
    let find = |entries: &[Value], action: &str| {
        entries.iter().find(|entry| entry["action"] == action).unwrap_or_else(|| panic!("{action}")).clone()
    };
    let entries = list("").await;
    let made = find(&entries, "POST /api/staff");
    assert_eq!((&made["actor_id"], &made["actor_role"]), (&json!(ada.user_id), &json!("admin")));
    assert_eq!((&made["target_id"], &made["status"]), (&json!(paul.user_id), &json!(201)));
    let searched = find(&entries, "POST /api/events/{event}/search");
    assert_eq!((&searched["actor_role"], searched["event_id"].is_string()), (&json!("nobody"), true));
    let tried = find(&entries, "DELETE /api/events/{event}");
    assert_eq!((&tried["actor_id"], &tried["status"]), (&json!(paul.user_id), &json!(403)));
    assert!(find(&entries, "POST /api/login")["request_id"].as_str().unwrap().len() == 16);
    find(&entries, "PUT /api/events/{event}/staff/{user_id}");
    assert!(
        entries.iter().all(|entry| !entry["action"].as_str().unwrap().starts_with("GET")),
        "reading is not noted"
    );
    let pauls = list(&format!("?actor={}", paul.user_id)).await;
    assert!(!pauls.is_empty() && pauls.iter().all(|entry| entry["actor_id"] == json!(paul.user_id)));
    assert_eq!(list("?action=POST%20%2Fapi%2Fstaff").await.len(), 1);
    let of_event = list(&format!("?event={}", searched["event_id"].as_str().unwrap())).await;
    assert!(of_event.len() >= 3 && of_event.len() < entries.len());
    // The whole log, as a file.
    let export = server.call(Some(&ada.access), "GET", "/api/audit/export", None).await;
    assert_eq!(export.headers["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(export.bytes).unwrap();
    assert_eq!(text.lines().count(), 1 + entries.len());
    assert!(text.starts_with("audit_id,at,") && text.contains(&paul.user_id), "{text}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn lists_come_in_pages_sorted_and_filtered(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    for n in 0..7 {
        server.staff(&ada, if n % 2 == 0 { "photographer" } else { "organiser" }, &format!("sam{n}")).await;
        server.attendee(&event, &format!("zoe{n}")).await;
        server.event_of(&ada, &format!("Ball {n}")).await;
        server.pass(1);
    }
    let pages = async |uri: &str, list: &str, key: &str| -> Vec<String> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let next = after.map(|after| format!("&after={after}")).unwrap_or_default();
            let answer = server.call(Some(&ada.access), "GET", &format!("{uri}limit=3{next}"), None).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.bytes));
            let page = answer.json();
            let rows = page[list].as_array().unwrap();
            assert!(rows.len() <= 3);
            all.extend(rows.iter().map(|row| row[key].as_str().unwrap().to_owned()));
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                return all;
            }
        }
    };
    let sams: Vec<String> = (0..7).map(|n| format!("sam{n}")).collect();
    let newest: Vec<String> = sams.iter().rev().cloned().collect();
    assert_eq!(pages("/api/staff?q=SAM&", "staff", "name").await, sams);
    assert_eq!(pages("/api/staff?q=sam&sort=created_at&", "staff", "name").await, newest);
    assert_eq!(pages("/api/staff?role=organiser&", "staff", "name").await, ["sam1", "sam3", "sam5"]);
    let zoes = pages("/api/events/gala/attendees?", "attendees", "name").await;
    assert_eq!(zoes, (0..7).map(|n| format!("zoe{n}")).collect::<Vec<_>>());
    let balls = pages("/api/events?sort=name&q=ball&", "events", "name").await;
    assert_eq!(balls, (0..7).map(|n| format!("Ball {n}")).collect::<Vec<_>>());
    assert_eq!(pages("/api/events?", "events", "name").await.len(), 8);
    let audit = pages("/api/audit?", "entries", "audit_id").await;
    assert!(audit.len() > 20 && audit.iter().collect::<BTreeSet<_>>().len() == audit.len());
    for (uri, field) in [
        ("/api/staff?sort=nonsense", "sort"),
        ("/api/staff?role=nonsense", "role"),
        ("/api/staff?after=nonsense", "after"),
        ("/api/events/gala/attendees?after=t.1.x&sort=created_at", "after"),
        ("/api/audit?actor=nonsense", "actor"),
    ] {
        assert_eq!(server.call(Some(&ada.access), "GET", uri, None).await.json()["field"], field, "{uri}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn figures_count_what_is_there(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    server.attendee(&event, "zoe").await;
    server.upload_as(&ada, &event, &[("a.jpg", &["ann", "bob"])]).await;
    server.work().await;
    server.search(&event, &["ann"]).await;
    let figures = server.call(Some(&ada.access), "GET", "/api/events/gala/statistics", None).await.json();
    assert_eq!((&figures["attendees"], &figures["searches"]), (&json!(1), &json!(1)));
    assert_eq!((&figures["photos"]["ready"], &figures["photos"]["faces"]), (&json!(1), &json!(2)));
    let all = server.call(Some(&ada.access), "GET", "/api/statistics", None).await.json();
    let counted = ["events", "photos", "faces", "staff", "attendees"].map(|name| all[name].as_i64().unwrap());
    assert_eq!(counted, [1, 1, 2, 1, 1]);
    assert!(all["size_bytes"].as_i64().unwrap() > 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_organiser_owns_changes_and_shares_their_event(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let olive = server.staff(&ada, "organiser", "olive").await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    let event = server.event_of(&olive, "Gala").await;
    let call = async |who: &Person, method: &str, uri: &str, json: Option<&Value>| {
        server.call(Some(&who.access), method, uri, json).await
    };
    assert_eq!(call(&paul, "GET", "/api/events/gala", None).await.code(), "event_not_found");
    let add = async |email: &str| {
        call(&olive, "POST", "/api/events/gala/staff", Some(&json!({"email": email}))).await
    };
    assert_eq!(add("PAUL@example.org").await.json()["user_id"], json!(paul.user_id));
    assert_eq!(add("ada@example.org").await.code(), "user_not_found", "admins are everywhere already");
    assert_eq!(add("nobody@example.org").await.code(), "user_not_found");
    assert_eq!(call(&paul, "GET", "/api/events/gala", None).await.json()["may_manage"], false);
    let staff = call(&olive, "GET", "/api/events/gala/staff", None).await.json();
    let names: Vec<&str> =
        staff["staff"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["olive", "paul"]);
    let change = json!({"name": "Gala 2", "held_on": "2026-12-24", "recognition_enabled": false});
    let changed = call(&olive, "PATCH", "/api/events/gala", Some(&change)).await.json();
    assert_eq!((&changed["name"], &changed["slug"]), (&json!("Gala 2"), &json!("gala")));
    assert_eq!((&changed["held_on"], &changed["recognition_enabled"]), (&json!("2026-12-24"), &json!(false)));
    assert_eq!(server.search(&event, &["ann"]).await.code(), "recognition_off");
    let forgotten = call(&olive, "PATCH", "/api/events/gala", Some(&json!({"held_on": null}))).await.json();
    assert_eq!((&forgotten["held_on"], &forgotten["name"]), (&json!(null), &json!("Gala 2")));
    let uri = format!("/api/events/gala/staff/{}", paul.user_id);
    assert_eq!(call(&olive, "DELETE", &uri, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(call(&olive, "DELETE", &uri, None).await.code(), "user_not_found");
    assert_eq!(call(&paul, "GET", "/api/events/gala", None).await.code(), "event_not_found");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_the_database_does_not_know_is_no_failure_of_ours(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    server.event_of(&ada, "Gala").await;
    let id = "00000000-0000-4000-8000-000000000000";
    for uri in [
        format!("/api/audit?after=t.-300000000000000000.{id}"),
        format!("/api/events/gala/photos?after=-300000000000000000000_{id}"),
    ] {
        assert_eq!(server.call(Some(&ada.access), "GET", &uri, None).await.json()["field"], "after", "{uri}");
    }
    for day in ["-9999-01-01", "0000-01-01"] {
        let form = json!({"name": "Old", "held_on": day});
        let made = server.call(Some(&ada.access), "POST", "/api/events", Some(&form)).await;
        assert_eq!(made.json()["field"], "held_on", "{day}");
        let changed = server.call(Some(&ada.access), "PATCH", "/api/events/gala", Some(&form)).await;
        assert_eq!(changed.json()["field"], "held_on", "{day}");
    }
    // A stranger who is refused writes nothing into the log.
    let before = server.call(Some(&ada.access), "GET", "/api/audit", None).await.json();
    server.search("nowhere", &["ann"]).await;
    server.call(None, "GET", "/api/events/gala/search", None).await;
    assert_eq!(server.call(Some(&ada.access), "GET", "/api/audit", None).await.json(), before);
}
