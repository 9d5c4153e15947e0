//! Access packs.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::Server;

#[sqlx::test(migrations = "../../migrations")]
async fn packs_are_made_shown_and_deleted(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let uri = format!("/api/events/{event}/packs");
    let call = async |method: &str, uri: &str, body: Option<Value>| {
        server.call(Some(&ada.access), method, uri, body.as_ref()).await
    };
    assert_eq!(call("GET", &uri, None).await.json(), json!({"packs": []}));
    let made = call("POST", &uri, Some(json!({"seats": 10}))).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.json();
    assert_eq!((&made["seats"], &made["used"], &made["created_by"]), (&json!(10), &json!(0), &json!("Ada")));
    assert_eq!(made["code"].as_str().unwrap().len(), 8);
    server.pass(1);
    let second = call("POST", &uri, Some(json!({"seats": 100}))).await.json();
    assert_ne!(second["code"], made["code"]);
    let listed = call("GET", &uri, None).await.json();
    assert_eq!(listed, json!({"packs": [second, made]}), "newest first");
    for seats in [0, 11, -10, 1000] {
        let refused = call("POST", &uri, Some(json!({"seats": seats}))).await;
        assert_eq!((refused.code().as_str(), &refused.json()["field"]), ("field_invalid", &json!("seats")));
    }

    let pack = format!("{uri}/{}", made["pack_id"].as_str().unwrap());
    let zoe = server.attendee(&event, "zoe").await;
    for (user, at) in [(Some(zoe.user_id), "2027-01-01 10:00Z"), (None, "2027-01-01 09:00Z")] {
        sqlx::query(
            "insert into visitor (event_id, visitor_id, user_id, token_hash, access_epoch, pack_id, entered_at, \
             created_at, last_seen_at) select event_id, gen_random_uuid(), $1::uuid, \
             case when $1::uuid is null then 'x'::bytea end, 0, pack_id, $2::timestamptz, now(), now() \
             from access_pack where seats = 10",
        )
        .bind(user.map(|id| id.parse::<uuid::Uuid>().unwrap()))
        .bind(at)
        .execute(&pool)
        .await
        .unwrap();
    }
    let shown = call("GET", &pack, None).await.json();
    assert_eq!((&shown["used"], &shown["code"]), (&json!(2), &made["code"]));
    let uses = json!([{"entered_at": "2027-01-01T09:00:00Z", "account": null},
        {"entered_at": "2027-01-01T10:00:00Z", "account": "zoe"}]);
    assert_eq!(shown["uses"], uses);
    assert_eq!(call("DELETE", &pack, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(call("DELETE", &pack, None).await.code(), "pack_not_found");
    assert_eq!(call("GET", &pack, None).await.code(), "pack_not_found");
    let entered: Vec<(Option<i64>, bool)> =
        sqlx::query_as("select access_epoch, pack_id is null from visitor").fetch_all(&pool).await.unwrap();
    assert_eq!(entered, [(None, true), (None, true)], "they have to enter again, and are not forgotten");
    let other = server.event_of(&ada, "Other").await;
    let elsewhere = format!("/api/events/{other}/packs/{}", second["pack_id"].as_str().unwrap());
    assert_eq!(call("GET", &elsewhere, None).await.code(), "pack_not_found");
    assert_eq!(call("DELETE", &elsewhere, None).await.code(), "pack_not_found");
}
