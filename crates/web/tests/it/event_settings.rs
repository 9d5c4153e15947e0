//! What an event's staff choose for its visitors.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Answer, Server};
use crate::people::Person;

async fn patch(server: &Server, who: &Person, event: &str, change: &Value) -> Answer {
    server.call(Some(&who.access), "PATCH", &format!("/api/events/{event}"), Some(change)).await
}

async fn epoch(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select access_epoch from event").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn settings_are_shown_changed_and_cleared(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let shown = server.call(Some(&ada.access), "GET", "/api/events/gala", None).await.json();
    assert_eq!(shown["access"], json!({"mode": "open", "code": null}));
    assert_eq!((&shown["browse_enabled"], &shown["review_enabled"]), (&json!(false), &json!(false)));
    assert_eq!(shown["watermark"]["enabled"], false);
    assert_eq!(
        (&shown["logo"], &shown["cover"], &shown["welcome"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );

    let change = json!({"browse_enabled": true, "review_enabled": true, "delete_on": "2028-01-01",
        "welcome": " Bienvenue ! ", "accent": "#0A7F5A",
        "watermark": {"enabled": true, "text": "© Gala", "corner": "centre"}});
    let changed = patch(&server, &ada, &event, &change).await;
    assert_eq!(changed.status, StatusCode::OK);
    let changed = changed.json();
    assert_eq!(changed, server.call(Some(&ada.access), "GET", "/api/events/gala", None).await.json());
    assert_eq!(
        (changed["welcome"].as_str(), changed["accent"].as_str()),
        (Some("Bienvenue !"), Some("#0a7f5a"))
    );
    assert_eq!(
        (changed["delete_on"].as_str(), &changed["browse_enabled"]),
        (Some("2028-01-01"), &json!(true))
    );
    let mark = json!({"enabled": true, "text": "© Gala", "logo": true, "corner": "centre", "opacity": 0.6});
    assert_eq!(changed["watermark"]["corner"], mark["corner"]);
    assert_eq!(changed["watermark"]["text"], mark["text"]);
    assert_eq!(changed["name"], "Gala", "what is left out stays");

    let none = json!({"delete_on": null, "welcome": null, "accent": null, "watermark": {"text": null}});
    let cleared = patch(&server, &ada, &event, &none).await.json();
    for field in ["delete_on", "welcome", "accent"] {
        assert!(cleared[field].is_null(), "{field}");
    }
    assert_eq!(
        (&cleared["watermark"]["text"], &cleared["watermark"]["enabled"]),
        (&Value::Null, &json!(true))
    );
    let listed = server.call(Some(&ada.access), "GET", "/api/events", None).await.json();
    assert_eq!(listed["events"][0], cleared, "lists tell the same");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_with_a_code_always_has_one_and_a_new_one_shuts_out_who_entered(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let access = async |change: Value| {
        patch(&server, &ada, &event, &json!({"access": change})).await.json()["access"].clone()
    };
    let made = access(json!({"mode": "code"})).await["code"].as_str().unwrap().to_owned();
    assert_eq!(made.len(), 6);
    assert!(!made.contains(['0', 'O', '1', 'I']), "{made}");
    assert_eq!(epoch(&pool).await, 1);
    assert_eq!(access(json!({"mode": "code"})).await["code"], made.as_str());
    assert_eq!(epoch(&pool).await, 1, "the same settings shut nobody out");
    assert_eq!(access(json!({"code": " Gala 2026 "})).await["code"], "Gala2026");
    assert_eq!(epoch(&pool).await, 2);
    let anew = access(json!({"code": null})).await["code"].as_str().unwrap().to_owned();
    assert!(anew.len() == 6 && anew != made, "{anew}");
    assert_eq!(access(json!({"mode": "open"})).await, json!({"mode": "open", "code": anew}), "it is kept");
    assert_eq!(
        access(json!({"mode": "invitation", "code": null})).await,
        json!({"mode": "invitation", "code": null})
    );
    assert_eq!(epoch(&pool).await, 5);
}

#[sqlx::test(migrations = "../../migrations")]
async fn settings_that_cannot_be_are_refused_and_change_nothing(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let before = server.call(Some(&ada.access), "GET", "/api/events/gala", None).await.json();
    let today = "2027-01-15"; // the tests' clock
    for (change, field) in [
        (json!({"delete_on": today}), "delete_on"),
        (json!({"delete_on": "0000-01-01"}), "delete_on"),
        (json!({"welcome": "é".repeat(1001)}), "welcome"),
        (json!({"welcome": "a\u{0}b"}), "welcome"),
        (json!({"accent": "red"}), "accent"),
        (json!({"accent": "#12345g"}), "accent"),
        (json!({"access": {"code": "abc"}}), "access"),
        (json!({"access": {"code": "a/bcd"}}), "access"),
        (json!({"browse_enabled": true, "watermark": {"opacity": 0}}), "watermark"),
        (json!({"watermark": {"text": "a".repeat(81)}}), "watermark"),
    ] {
        let refused = patch(&server, &ada, &event, &change).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "field_invalid")
        );
        assert_eq!(refused.json()["field"], field, "{change}");
    }
    for unread in [json!({"access": {"mode": "secret"}}), json!({"watermark": {"corner": "left"}})] {
        assert_eq!(patch(&server, &ada, &event, &unread).await.code(), "body_invalid", "{unread}");
    }
    assert_eq!(server.call(Some(&ada.access), "GET", "/api/events/gala", None).await.json(), before);
    assert_eq!(
        patch(&server, &ada, &event, &json!({"delete_on": "2027-01-16"})).await.status,
        StatusCode::OK
    );
}
