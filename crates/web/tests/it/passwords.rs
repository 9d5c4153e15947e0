//! Passwords: changed, forgotten, guessed, and those of earlier systems.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::Server;
use crate::people::{PASSWORD, Person, token_in};

const NEW: &str = "eleven blue doors";

#[sqlx::test(migrations = "../../migrations")]
async fn a_changed_password_ends_the_other_log_ins(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let other = Person::of(&server.log_in("ada@example.org", PASSWORD, None).await);
    let change = async |current: &str, new: &str| {
        server
            .call(
                Some(&ada.access),
                "POST",
                "/api/me/password",
                Some(&json!({"current": current, "new": new})),
            )
            .await
    };
    assert_eq!(change("wrong", NEW).await.code(), "wrong_credentials");
    assert_eq!(change(PASSWORD, "short").await.json()["field"], "new");
    assert_eq!(change(PASSWORD, "ada@example.org").await.code(), "password_too_easy");
    assert_eq!(change(PASSWORD, NEW).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.call(Some(&ada.access), "GET", "/api/me", None).await.status, StatusCode::OK);
    assert_eq!(server.call(Some(&other.access), "GET", "/api/me", None).await.code(), "not_logged_in");
    assert_eq!(server.log_in("ada@example.org", PASSWORD, None).await.code(), "wrong_credentials");
    assert_eq!(server.log_in("ada@example.org", NEW, None).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_forgotten_password_is_reset_once_by_a_link_that_runs_out(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    server.event_of(&ada, "Gala").await;
    let zoe = server.attendee("gala", "zoe").await;
    let forgotten = async |login: &str, event: Option<&str>| {
        server
            .call(None, "POST", "/api/password/forgotten", Some(&json!({"login": login, "event": event})))
            .await
    };
    let known = forgotten("ZOE@example.org", Some("gala")).await;
    for (login, event) in
        [("zoe@example.org", None), ("nobody@example.org", Some("gala")), ("x", Some("nowhere"))]
    {
        let unknown = forgotten(login, event).await;
        assert_eq!((unknown.status, &unknown.bytes), (known.status, &known.bytes), "{login} {event:?}");
    }
    assert_eq!(known.status, StatusCode::ACCEPTED);
    let outbox = server.call(Some(&ada.access), "GET", "/api/outbox", None).await.json();
    assert_eq!(outbox["messages"].as_array().unwrap().len(), 1, "nobody else was written to");
    assert_eq!(outbox["messages"][0]["state"], "simulated");
    let first = token_in(&server.newest_mail(&ada, "zoe@example.org").await.unwrap());
    forgotten("zoe@example.org", Some("gala")).await;
    let token = token_in(&server.newest_mail(&ada, "zoe@example.org").await.unwrap());
    let reset = async |token: &str, password: &str| {
        server
            .call(None, "POST", "/api/password/reset", Some(&json!({"token": token, "password": password})))
            .await
    };
    assert_eq!(reset(&first, NEW).await.code(), "link_invalid", "a second link replaces the first");
    assert_eq!(reset(&token, "1234567890").await.code(), "password_too_easy");
    assert_eq!(reset(&token, NEW).await.status, StatusCode::NO_CONTENT);
    assert_eq!(reset(&token, NEW).await.code(), "link_invalid", "it works once");
    assert_eq!(server.call(Some(&zoe.access), "GET", "/api/me", None).await.code(), "not_logged_in");
    assert_eq!(server.log_in("zoe@example.org", NEW, Some("gala")).await.status, StatusCode::OK);
    forgotten("zoe@example.org", Some("gala")).await;
    let late = token_in(&server.newest_mail(&ada, "zoe@example.org").await.unwrap());
    server.pass(30 * 60 + 1);
    assert_eq!(reset(&late, PASSWORD).await.code(), "link_invalid", "half an hour is over");
    // Only hashes are kept of what is in links.
    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("select token_hash from password_link").fetch_all(&pool).await.unwrap();
    assert!(kept.iter().all(|hash| hash.len() == 32 && !late.as_bytes().starts_with(hash)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_admin_sends_a_link_to_a_new_password(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    let uri = format!("/api/staff/{}/password-link", paul.user_id);
    assert_eq!(server.call(Some(&ada.access), "POST", &uri, None).await.status, StatusCode::ACCEPTED);
    let token = token_in(&server.newest_mail(&ada, "paul@example.org").await.unwrap());
    assert_eq!(
        server.log_in("paul", PASSWORD, None).await.status,
        StatusCode::OK,
        "the old one works until then"
    );
    let form = json!({"token": token, "password": NEW});
    let reset = server.call(None, "POST", "/api/password/reset", Some(&form)).await;
    assert_eq!(reset.status, StatusCode::NO_CONTENT);
    assert_eq!(server.log_in("PAUL", NEW, None).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_hash_of_an_earlier_system_is_made_anew_at_the_first_log_in(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    server.event_of(&ada, "Gala").await;
    server.attendee("gala", "zoe").await;
    let old = bcrypt::hash(NEW, 4).unwrap();
    for (table, login, event) in
        [("staff", "ada@example.org", None), ("attendee", "zoe@example.org", Some("gala"))]
    {
        let hash = async || -> String {
            let select = sqlx::AssertSqlSafe(format!("select password_hash from {table}"));
            sqlx::query_scalar(select).fetch_one(&pool).await.unwrap()
        };
        let update = sqlx::AssertSqlSafe(format!("update {table} set password_hash = $1"));
        sqlx::query(update).bind(&old).execute(&pool).await.unwrap();
        assert_eq!(server.log_in(login, PASSWORD, event).await.code(), "wrong_credentials");
        assert!(hash().await.starts_with("$2b$"), "a wrong password changes nothing");
        assert_eq!(server.log_in(login, NEW, event).await.status, StatusCode::OK);
        assert!(hash().await.starts_with("$argon2id$"), "{table}");
        assert_eq!(server.log_in(login, NEW, event).await.status, StatusCode::OK);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn guessing_locks_an_account_for_longer_and_longer_whether_it_exists_or_not(pool: PgPool) {
    let server = Server::start(&pool).await;
    server.first_admin().await;
    for login in ["ada@example.org", "nobody@example.org"] {
        let mut waits = Vec::new();
        for _ in 0..8 {
            let refused = loop {
                let answer = server.log_in(login, "wrong", None).await;
                match answer.code().as_str() {
                    "wrong_credentials" => break 0,
                    "too_many_attempts" => {
                        let wait: i64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
                        server.pass(wait);
                        waits.push(wait);
                    }
                    other => panic!("{other}"),
                }
            };
            waits.push(refused);
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 31, 0, 61, 0], "{login}");
    }
    // The right password does not open a locked account, and opens it again afterwards.
    assert_eq!(server.log_in("ada@example.org", PASSWORD, None).await.code(), "too_many_attempts");
    server.pass(300);
    assert_eq!(server.log_in("ada@example.org", PASSWORD, None).await.status, StatusCode::OK);
    assert_eq!(
        server.log_in("ada@example.org", "wrong", None).await.code(),
        "wrong_credentials",
        "counted anew"
    );
    assert_eq!(server.log_in("ada@example.org", PASSWORD, None).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_password_that_was_reset_meanwhile_opens_nothing(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    // Many log-ins with the old password are under way while it is reset: none may outlive the reset.
    server.call(None, "POST", "/api/password/forgotten", Some(&json!({"login": "ada@example.org"}))).await;
    let token = token_in(&server.newest_mail(&ada, "ada@example.org").await.unwrap());
    let form = json!({"token": token, "password": NEW});
    let log_ins = (0..8).map(|_| server.log_in("ada@example.org", PASSWORD, None));
    let reset = server.call(None, "POST", "/api/password/reset", Some(&form));
    let (log_ins, reset) = futures::future::join(futures::future::join_all(log_ins), reset).await;
    assert_eq!(reset.status, StatusCode::NO_CONTENT);
    for answer in log_ins.iter().filter(|answer| answer.status == StatusCode::OK) {
        let person = Person::of(answer);
        assert_eq!(server.call(Some(&person.access), "GET", "/api/me", None).await.code(), "not_logged_in");
    }
    assert_eq!(server.log_in("ada@example.org", NEW, None).await.status, StatusCode::OK);
}
