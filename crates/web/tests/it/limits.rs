//! Limits per account and per address, shared by all processes.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::Server;
use crate::people::PASSWORD;

#[sqlx::test(migrations = "../../migrations")]
async fn an_account_may_be_tried_ten_times_a_minute_over_all_processes(pool: PgPool) {
    let (one, two) = (Server::start(&pool).await, Server::start(&pool).await);
    one.first_admin().await;
    for n in 0..10 {
        let server = if n % 2 == 0 { &one } else { &two };
        assert_eq!(server.log_in("ada@example.org", PASSWORD, None).await.status, StatusCode::OK, "{n}");
    }
    for server in [&one, &two] {
        let refused = server.log_in("ADA@example.org ", PASSWORD, None).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts")
        );
        let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=7).contains(&wait), "{wait}");
    }
    assert_eq!(one.log_in("another@example.org", "x", None).await.code(), "wrong_credentials", "others may");
    one.pass(7);
    assert_eq!(one.log_in("ada@example.org", PASSWORD, None).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn one_address_may_try_many_accounts_but_not_all(pool: PgPool) {
    let server = Server::start(&pool).await;
    let mut tried = 0;
    loop {
        let form = json!({"login": format!("nobody{tried}"), "event": "nowhere"});
        let answer = server.call(None, "POST", "/api/password/forgotten", Some(&form)).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        tried += 1;
    }
    assert_eq!(tried, 60);
}

#[sqlx::test(migrations = "../../migrations")]
async fn links_are_mailed_five_times_an_hour(pool: PgPool) {
    let server = Server::start(&pool).await;
    let form = json!({"login": "ada@example.org"});
    let ask = async || server.call(None, "POST", "/api/password/forgotten", Some(&form)).await.status;
    for _ in 0..5 {
        assert_eq!(ask().await, StatusCode::ACCEPTED);
    }
    assert_eq!(ask().await, StatusCode::TOO_MANY_REQUESTS);
    server.pass(12 * 60);
    assert_eq!(ask().await, StatusCode::ACCEPTED);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_venue_may_search_six_hundred_times_at_once(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    for n in 0..600 {
        // Refused for want of a consent, which is checked after the limit.
        let answer = server.post_form(&format!("/api/events/{event}/search"), &[]).await;
        assert_eq!(answer.code(), "consent_required", "{n}");
    }
    let refused = server.post_form(&format!("/api/events/{event}/search"), &[]).await;
    assert_eq!(refused.code(), "too_many_attempts");
    server.pass(1);
    assert_eq!(
        server.post_form(&format!("/api/events/{event}/search"), &[]).await.code(),
        "consent_required"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn neither_limits_nor_locks_hold_an_address_in_clear(pool: PgPool) {
    let server = Server::start(&pool).await;
    server.log_in("ada@example.org", "wrong", None).await;
    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("select key_hash from rate_limit union all select key_hash from login_guard")
            .fetch_all(&pool)
            .await
            .unwrap();
    let plain = domain::Digest::of(b"ada@example.org").0;
    assert!(kept.len() == 3 && kept.iter().all(|key| key.len() == 32 && *key != plain), "{}", kept.len());
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_reached_a_limit_is_kept_waiting(pool: PgPool) {
    let mut server = Server::start(&pool).await;
    server.web.settings.hold_back = std::time::Duration::from_millis(300);
    server.rebuild();
    let form = json!({"login": "ada@example.org"});
    let ask = async || {
        let began = std::time::Instant::now();
        let answer = server.call(None, "POST", "/api/password/forgotten", Some(&form)).await;
        (answer.status, began.elapsed().as_millis() >= 300)
    };
    for _ in 0..5 {
        assert_eq!(ask().await.0, StatusCode::ACCEPTED);
    }
    assert_eq!(ask().await, (StatusCode::TOO_MANY_REQUESTS, true));
    server.web.settings.held_back.close();
    assert_eq!(ask().await, (StatusCode::TOO_MANY_REQUESTS, false), "too many wait already");
}

#[sqlx::test(migrations = "../../migrations")]
async fn e_mail_and_user_name_of_one_account_are_counted_together(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    server.staff(&ada, "photographer", "ipi").await; // one log-in
    let mut refused = 0;
    for n in 0..12 {
        // PostgreSQL takes the dotted capital I for an i, and other programs do not.
        let login = ["ipi", "IPI@example.org", "İpİ", "ipİ@example.org"][n % 4];
        refused +=
            usize::from(server.log_in(login, PASSWORD, None).await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 3);
}
