//! Tokens: made at log-in, exchanged, ended.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use crate::harness::{Server, admin};
use crate::people::{PASSWORD, Person};

async fn me(server: &Server, access: &str) -> StatusCode {
    server.call(Some(access), "GET", "/api/me", None).await.status
}

async fn refresh(server: &Server, token: &str) -> crate::harness::Answer {
    server.call(None, "POST", "/api/refresh", Some(&json!({"refresh_token": token}))).await
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_access_token_is_short_lived_and_a_refresh_token_works_once(pool: PgPool) {
    let server = Server::start(&pool).await;
    let first = server.first_admin().await;
    assert_eq!(me(&server, &first.access).await, StatusCode::OK);
    server.pass(15 * 60);
    assert_eq!(me(&server, &first.access).await, StatusCode::UNAUTHORIZED);
    let second = Person::of(&refresh(&server, &first.refresh).await);
    assert_eq!(me(&server, &second.access).await, StatusCode::OK);
    let other = Person::of(&server.log_in("ada@example.org", PASSWORD, None).await);
    // The old one again: whoever has it may be a thief, so the whole log-in ends, and no other.
    assert_eq!(refresh(&server, &first.refresh).await.code(), "not_logged_in");
    assert_eq!(me(&server, &second.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&server, &second.refresh).await.code(), "not_logged_in");
    assert_eq!(me(&server, &other.access).await, StatusCode::OK);
    assert_eq!(refresh(&server, "fmr_nonsense").await.code(), "not_logged_in");
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_two_who_exchange_one_token_at_once_one_is_a_thief(pool: PgPool) {
    let server = Server::start(&pool).await;
    let person = server.first_admin().await;
    let both =
        futures::future::join(refresh(&server, &person.refresh), refresh(&server, &person.refresh)).await;
    let good = [both.0, both.1].into_iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert!(good <= 1);
    assert_eq!(me(&server, &person.access).await, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_log_in_lasts_while_it_is_used(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    for _ in 0..4 {
        server.pass(10 * 24 * 3600);
        assert_eq!(server.refresh().await.status, StatusCode::OK, "it was used ten days ago");
        assert_eq!(server.get("/api/me").await.status, StatusCode::OK);
    }
    server.pass(14 * 24 * 3600 + 1);
    assert_eq!(server.refresh().await.code(), "not_logged_in");
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_have_cookies_and_programs_have_tokens(pool: PgPool) {
    let mut server = Server::start(&pool).await;
    let token = server.setup_token().await.unwrap();
    let page = server.post("/api/setup", &admin(&token)).await;
    assert!(page.json()["access_token"].is_null() && page.json()["refresh_token"].is_null());
    let cookies: Vec<_> = page.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    assert!(cookies.len() == 2 && cookies.iter().all(|cookie| cookie.contains("HttpOnly")), "{cookies:?}");
    let program = server.log_in("ann@example.org", "correct horse", None).await;
    assert!(program.headers.get("set-cookie").is_none());
    assert_eq!(program.json()["expires_in_s"], 900);
    // Another site's page cannot make a browser exchange its cookie.
    server.keep_cookies(&page);
    let forged = Request::post("/api/refresh").body(Body::empty()).unwrap();
    assert_eq!(server.send(forged).await.code(), "not_logged_in");
    assert_eq!(server.refresh().await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn logging_out_ends_one_log_in_and_everywhere_ends_all(pool: PgPool) {
    let server = Server::start(&pool).await;
    let first = server.first_admin().await;
    let log_in = async || Person::of(&server.log_in("ada@example.org", PASSWORD, None).await);
    let (second, third) = (log_in().await, log_in().await);
    assert_eq!(
        server.call(Some(&second.access), "POST", "/api/logout", None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        me(&server, &second.access).await,
        StatusCode::UNAUTHORIZED,
        "at once, not when the token runs out"
    );
    assert_eq!(refresh(&server, &second.refresh).await.code(), "not_logged_in");
    assert_eq!(me(&server, &first.access).await, StatusCode::OK);
    let everywhere = server.call(Some(&first.access), "POST", "/api/logout/everywhere", None).await;
    assert_eq!(everywhere.status, StatusCode::NO_CONTENT);
    for person in [first, third] {
        assert_eq!(me(&server, &person.access).await, StatusCode::UNAUTHORIZED);
        assert_eq!(refresh(&server, &person.refresh).await.code(), "not_logged_in");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_token_of_one_process_works_in_another_with_the_same_key(pool: PgPool) {
    let one = Server::start(&pool).await;
    let two = Server::start(&pool).await;
    let person = one.first_admin().await;
    assert_eq!(me(&two, &person.access).await, StatusCode::OK);
    let mut stranger = Server::start(&pool).await;
    stranger.web.tokens =
        web::AccessTokens::new(b"another key of good length, for others", time::Duration::HOUR);
    stranger.rebuild();
    assert_eq!(me(&stranger, &person.access).await, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_new_role_ends_tokens_that_speak_of_the_old_one(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    let uri = format!("/api/staff/{}", paul.user_id);
    let promoted = server.call(Some(&ada.access), "PATCH", &uri, Some(&json!({"role": "organiser"}))).await;
    assert_eq!(promoted.json()["role"], "organiser");
    assert_eq!(me(&server, &paul.access).await, StatusCode::UNAUTHORIZED);
    let fresh = refresh(&server, &paul.refresh).await;
    assert_eq!(fresh.json()["user"]["role"], "organiser");
    assert_eq!(me(&server, &Person::of(&fresh).access).await, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_new_role_ends_what_the_old_one_had_begun(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let eve = server.staff(&ada, "admin", "eve").await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    let event = server.event_of(&ada, "Gala").await;
    server.assign(&ada, &event, &paul).await;
    let invited = json!({"email": "eve2@example.org", "role": "admin"});
    let invited = server.call(Some(&eve.access), "POST", "/api/invitations", Some(&invited)).await;
    assert_eq!(invited.status, StatusCode::CREATED);
    let token = crate::people::token_in(&server.newest_mail(&ada, "eve2@example.org").await.unwrap());
    for (person, role) in [(&eve, "photographer"), (&paul, "organiser")] {
        let uri = format!("/api/staff/{}", person.user_id);
        let changed = server.call(Some(&ada.access), "PATCH", &uri, Some(&json!({"role": role}))).await;
        assert_eq!(changed.json()["role"], role);
    }
    let form = json!({"token": token, "name": "Eve", "password": PASSWORD});
    let accepted = server.call(None, "POST", "/api/invitations/accept", Some(&form)).await;
    assert_eq!(accepted.code(), "link_invalid", "who may not invite has invited nobody");
    let paul = Person::of(&refresh(&server, &paul.refresh).await);
    let seen = server.call(Some(&paul.access), "GET", "/api/events/gala", None).await;
    assert_eq!(seen.code(), "event_not_found", "a photographer's event is not an organiser's own");
    let uri = format!("/api/events/gala/staff/{}", ada.user_id);
    let assigned = server.call(Some(&ada.access), "PUT", &uri, None).await;
    assert_eq!(assigned.code(), "user_not_found", "admins are everywhere already");
}
