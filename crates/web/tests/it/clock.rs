//! A clock that jumps: nobody is locked out for longer than the rules say, and no photo waits for it.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::harness::Server;
use crate::people::PASSWORD;

const DAY: i64 = 24 * 3600;

#[sqlx::test(migrations = "../../migrations")]
async fn a_clock_put_back_keeps_nobody_waiting_for_longer(pool: PgPool) {
    let server = Server::start(&pool).await;
    server.first_admin().await;
    for _ in 0..10 {
        assert_eq!(server.log_in("ada@example.org", PASSWORD, None).await.status, StatusCode::OK);
    }
    server.pass(-DAY);
    let first = server.log_in("ada@example.org", PASSWORD, None).await;
    assert_eq!(first.status, StatusCode::OK, "nobody waits until the clock has caught up");
    let refused = server.log_in("ada@example.org", PASSWORD, None).await;
    assert_eq!(refused.code(), "too_many_attempts", "an allowance that was used up is not whole again");
    let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=7).contains(&wait), "{wait}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_lock_from_a_future_that_was_taken_back_holds_no_more(pool: PgPool) {
    let server = Server::start(&pool).await;
    server.first_admin().await;
    for _ in 0..6 {
        server.log_in("ada@example.org", "wrong", None).await;
    }
    let locked = server.log_in("ada@example.org", PASSWORD, None).await;
    assert_eq!(locked.code(), "too_many_attempts");
    server.pass(-DAY);
    assert_eq!(server.log_in("ada@example.org", PASSWORD, None).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_is_logged_in_stays_so_when_the_clock_is_put_back(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("a.jpg", &["ann"])]).await;
    server.work().await;
    let photos = server.get(&format!("/api/events/{event}/photos")).await.json();
    let address = photos["photos"][0]["original_url"].as_str().unwrap().to_owned();
    server.pass(-DAY);
    assert_eq!(server.get("/api/me").await.status, StatusCode::OK);
    // Put right again: the token has run out meanwhile, the log-in has not.
    for jump in [0, DAY, -3600] {
        server.pass(jump);
        assert_eq!(server.refresh().await.status, StatusCode::OK, "{jump}");
        assert_eq!(server.get("/api/me").await.status, StatusCode::OK, "{jump}");
        assert_eq!(server.get(&address).await.status, StatusCode::OK, "{jump}");
    }
}

/// Work is leased by the database's clock, which all processes share: their own may differ by days.
#[sqlx::test(migrations = "../../migrations")]
async fn photos_are_read_whatever_the_clocks_of_servers_and_workers_say(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    for (name, jump) in [("a.jpg", 400 * DAY), ("b.jpg", -400 * DAY)] {
        server.upload(&event, &[(name, &[name])]).await;
        server.pass(jump);
        server.work().await;
        server.pass(-jump);
    }
    let counts = server.get(&format!("/api/events/{event}")).await.json()["counts"].clone();
    assert_eq!((&counts["ready"], &counts["waiting"]), (&2.into(), &0.into()), "{counts}");
}
