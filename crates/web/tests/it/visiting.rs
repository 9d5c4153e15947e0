//! Who is let in to an event, and how a browser is known there.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::browser::{Browser, uploaded};
use crate::harness::Server;
use crate::people::Person;

/// What an event asks of those who enter.
async fn ask_for(pool: &PgPool, event: &str, mode: &str, code: Option<&str>) {
    let done = sqlx::query(
        "update event set access_mode = $2, access_code = $3, access_epoch = access_epoch + 1, \
         welcome = 'Hello', browse_enabled = true where slug = $1",
    );
    done.bind(event).bind(mode).bind(code).execute(pool).await.unwrap();
}

/// An access pack.
async fn pack(pool: &PgPool, event: &str, code: &str, seats: i32) -> Uuid {
    let pack_id = Uuid::from_u128(7);
    sqlx::query(
        "insert into access_pack (event_id, pack_id, code, seats, created_at) \
         select event_id, $2, $3, $4, now() from event where slug = $1",
    )
    .bind(event)
    .bind(pack_id)
    .bind(code)
    .bind(seats)
    .execute(pool)
    .await
    .unwrap();
    pack_id
}

async fn visitors(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from visitor").fetch_one(pool).await.unwrap()
}

/// What asks to be let in, with a body that would do.
async fn refusals(browser: &mut Browser<'_>, event: &str) -> Vec<String> {
    let photo = "00000000-0000-4000-8000-000000000000";
    let at = |path: &str| format!("/api/attendee/events/{event}/{path}");
    let mut codes =
        vec![browser.search(event, &["ann"]).await.code(), browser.register(event, "eve").await.code()];
    for (method, path, body) in [
        ("POST", "matches".to_owned(), json!({"sealed": "x"})),
        ("PUT", format!("verdicts/{photo}"), json!({"is_me": true})),
        ("DELETE", format!("verdicts/{photo}"), Value::Null),
        ("GET", "favourites".to_owned(), Value::Null),
        ("PUT", format!("favourites/{photo}"), Value::Null),
        ("DELETE", format!("favourites/{photo}"), Value::Null),
        ("GET", "photos".to_owned(), Value::Null),
        ("GET", "news".to_owned(), Value::Null),
    ] {
        codes.push(browser.call(method, &at(&path), Some(&body)).await.code());
    }
    codes.sort();
    codes.dedup();
    codes
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_with_a_code_shows_nothing_until_it_is_entered(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("a.jpg", &["ann"])]).await;
    server.work().await;
    ask_for(&pool, &event, "code", Some("Gala-26")).await;
    let mut guest = Browser::at(&server);
    let before = guest.event(&event).await;
    assert_eq!((&before["access"], &before["entered"]), (&json!("code"), &json!(false)));
    assert_eq!((&before["photos_ready"], &before["welcome"]), (&json!(0), &Value::Null));
    assert_eq!((&before["browse_enabled"], &before["name"]), (&json!(false), &json!("Gala")));
    assert_eq!(refusals(&mut guest, &event).await, ["code_needed"]);
    for wrong in ["gala-27", "", "a\0b"] {
        assert_eq!(guest.enter(&event, wrong).await.code(), "code_wrong", "{wrong:?}");
    }
    assert_eq!((visitors(&pool).await, guest.cookies().len()), (0, 0), "who guesses leaves no trace");

    let entered = guest.enter(&event, " GALA -26 ").await;
    assert_eq!(entered.status, StatusCode::NO_CONTENT);
    let line = entered.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(line.starts_with("findme_visitor_") && line.contains("HttpOnly"), "{line}");
    let after = guest.event(&event).await;
    assert_eq!((&after["entered"], &after["photos_ready"]), (&json!(true), &json!(1)));
    assert_eq!((&after["welcome"], &after["browse_enabled"]), (&json!("Hello"), &json!(true)));
    assert_eq!(guest.search(&event, &["ann"]).await.status, StatusCode::OK);
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("select token_hash from visitor").fetch_all(&pool).await.unwrap();
    let token = &guest.cookies()[0].1;
    assert_eq!(hashes, [domain::Digest::of(token.as_bytes()).0.to_vec()], "only its hash is kept");

    // Another code: everybody enters again. Nobody else's browser is let in by this one's entering.
    ask_for(&pool, &event, "code", Some("New-1")).await;
    assert_eq!(refusals(&mut guest, &event).await, ["code_needed"]);
    assert_eq!(guest.enter(&event, "new-1").await.status, StatusCode::NO_CONTENT);
    assert_eq!(guest.event(&event).await["entered"], true);
    assert_eq!(visitors(&pool).await, 1, "the same visitor");
    assert_eq!(Browser::at(&server).event(&event).await["entered"], false);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_by_invitation_lets_in_accounts_its_staff_and_who_has_a_seat(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let (event, other) = (server.event_of(&ada, "Gala").await, server.event_of(&ada, "Other").await);
    let mut zoe = Browser::at(&server);
    zoe.register(&event, "zoe").await;
    server.attendee(&other, "zoe").await;
    ask_for(&pool, &event, "invitation", Some("left-over")).await;
    pack(&pool, &event, "SEAT1", 1).await;
    let mut guest = Browser::at(&server);
    assert_eq!(refusals(&mut guest, &event).await, ["invitation_needed"]);
    assert_eq!(guest.enter(&event, "left-over").await.code(), "code_wrong", "the code of another mode");
    assert_eq!(guest.enter(&other, "SEAT1").await.code(), "code_wrong", "the pack of another event");
    assert_eq!(zoe.event(&event).await["entered"], true);
    assert_eq!(zoe.event(&event).await["account"]["name"], "zoe");
    let mut elsewhere = Browser::at(&server);
    assert_eq!(elsewhere.log_in(&other, "zoe").await.status, StatusCode::OK);
    let seen = elsewhere.event(&event).await;
    assert_eq!((&seen["entered"], &seen["account"]), (&json!(false), &Value::Null), "an account elsewhere");

    assert_eq!(guest.enter(&event, "seat1").await.status, StatusCode::NO_CONTENT);
    assert_eq!(guest.event(&event).await["entered"], true);
    assert_eq!(guest.enter(&event, "seat1").await.status, StatusCode::NO_CONTENT, "no second seat");
    let mut late = Browser::at(&server);
    assert_eq!(late.enter(&event, "SEAT1").await.code(), "pack_used_up");
    assert_eq!(late.event(&event).await["entered"], false);

    let paul = server.staff(&ada, "photographer", "paul").await;
    let uri = format!("/api/attendee/events/{event}");
    let entered = async |who: &Person| {
        server.call(Some(&who.access), "GET", &uri, None).await.json()["entered"].clone()
    };
    assert_eq!((entered(&ada).await, entered(&paul).await), (json!(true), json!(false)));
    server.assign(&ada, &event, &paul).await;
    assert_eq!(entered(&paul).await, true);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_seat_is_taken_once(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    ask_for(&pool, &event, "invitation", None).await;
    let pack_id = pack(&pool, &event, "TEN", 3).await;
    let tries = (0..8).map(|_| async {
        let mut guest = Browser::at(&server);
        let answer = guest.enter(&event, "ten").await;
        if answer.status == StatusCode::NO_CONTENT { "in".to_owned() } else { answer.code() }
    });
    let mut outcomes = futures::future::join_all(tries).await;
    outcomes.sort();
    assert_eq!(outcomes, [vec!["in"; 3], vec!["pack_used_up"; 5]].concat());
    let taken: i64 = sqlx::query_scalar("select count(*) from visitor where pack_id = $1")
        .bind(pack_id)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(taken, 3);
}

#[sqlx::test(migrations = "../../migrations")]
async fn codes_are_tried_ten_times_a_minute_by_one_visitor(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    ask_for(&pool, &event, "code", Some("right")).await;
    let mut guest = Browser::at(&server);
    guest.enter(&event, "right").await;
    for n in 0..10 {
        assert_eq!(guest.enter(&event, "wrong").await.code(), "code_wrong", "{n}");
    }
    assert_eq!(guest.enter(&event, "wrong").await.code(), "too_many_attempts");
    assert_eq!(
        Browser::at(&server).enter(&event, "right").await.status,
        StatusCode::NO_CONTENT,
        "others may"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn codes_are_not_tried_out_by_ever_new_visitors(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let (event, other) = (server.event("Gala").await, server.event("Ball").await);
    for event in [&event, &other] {
        ask_for(&pool, event, "code", Some("0815")).await;
    }
    let enter = async |event: &str, code: &str| Browser::at(&server).enter(event, code).await;
    for n in 0..100 {
        assert_eq!(enter(&event, &format!("{n:04}")).await.code(), "code_wrong", "{n}");
        if n % 10 == 0 {
            assert_eq!(enter(&event, "0815").await.status, StatusCode::NO_CONTENT, "right ones do not count");
        }
    }
    let refused = enter(&event, "0815").await;
    assert_eq!(refused.code(), "too_many_attempts", "the right one would tell which it is");
    assert_eq!(refused.headers["retry-after"], "4", "three seconds, rounded up");
    assert_eq!(enter(&other, "0815").await.status, StatusCode::NO_CONTENT, "another event's guests may");
    server.pass(4);
    assert_eq!(enter(&event, "0815").await.status, StatusCode::NO_CONTENT);

    // Of those that come at the same moment all may pass, but they are paid for.
    let guesses: Vec<String> = (0..10).map(|n| format!("at-once-{n}")).collect();
    futures::future::join_all(guesses.iter().map(|guess| enter(&event, guess))).await;
    let refused = enter(&event, "0815").await;
    let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((4..=31).contains(&wait), "{wait}");
    server.pass(wait);
    assert_eq!(enter(&event, "0815").await.status, StatusCode::NO_CONTENT);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_old_poster_shuts_nobody_out(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    ask_for(&pool, &event, "code", Some("new-one")).await;
    for _ in 0..130 {
        assert_eq!(Browser::at(&server).enter(&event, "Old-One").await.code(), "code_wrong");
    }
    assert_eq!(Browser::at(&server).enter(&event, "new-one").await.status, StatusCode::NO_CONTENT);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_a_browser_kept_becomes_the_accounts(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let photos = uploaded(
        &server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"]), ("c.jpg", &["cyd"])]).await,
    );
    server.work().await;
    ask_for(&pool, &event, "code", Some("right")).await;
    let pack_id = pack(&pool, &event, "SEAT", 1).await;

    // By registration: the account begins with what the browser kept.
    let mut zoe = Browser::at(&server);
    assert_eq!(zoe.enter(&event, "seat").await.status, StatusCode::NO_CONTENT);
    zoe.favourite("PUT", &event, &photos[0]).await;
    zoe.verdict(&event, &photos[0], false).await;
    let registered = zoe.register(&event, "zoe").await;
    assert_eq!(registered.status, StatusCode::CREATED);
    assert!(zoe.cookies().iter().all(|(name, _)| !name.starts_with("findme_visitor")), "{:?}", zoe.cookies());
    assert_eq!(zoe.favourites(&event).await, photos[..1]);
    assert_eq!(visitors(&pool).await, 1);
    let seat: Option<Uuid> =
        sqlx::query_scalar("select pack_id from visitor").fetch_one(&pool).await.unwrap();
    assert_eq!(seat, Some(pack_id), "the seat stays taken");

    // By log-in from another browser: both are put together, and the later verdict stays.
    let mut phone = Browser::at(&server);
    phone.enter(&event, "right").await;
    phone.favourite("PUT", &event, &photos[0]).await;
    phone.favourite("PUT", &event, &photos[1]).await;
    server.pass(60);
    phone.verdict(&event, &photos[0], true).await;
    phone.verdict(&event, &photos[1], false).await;
    assert_eq!(phone.log_in(&event, "zoe").await.status, StatusCode::OK);
    assert_eq!(phone.favourites(&event).await, photos[..2]);
    assert_eq!(visitors(&pool).await, 1, "the anonymous one is gone");
    let verdicts: Vec<bool> = sqlx::query_scalar(
        "select is_me from verdict join photo using (event_id, photo_id) order by file_name",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(verdicts, [true, false]);

    // Nobody who uses the browser after her finds it.
    phone.call("POST", "/api/logout", None).await;
    assert_eq!(phone.event(&event).await["entered"], false);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_cookie_is_worth_nothing_elsewhere_or_from_another_site(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let (event, other) = (server.event("Gala").await, server.event("Other").await);
    for (slug, code) in [(&event, "one"), (&other, "two")] {
        ask_for(&pool, slug, "code", Some(code)).await;
    }
    let mut guest = Browser::at(&server);
    guest.enter(&event, "one").await;
    assert_eq!(guest.event(&other).await["entered"], false);
    let (name, token) = guest.cookies()[0].clone();
    let other_id: String =
        sqlx::query_scalar("select replace(event_id::text, '-', '') from event where slug = $1")
            .bind(&other)
            .fetch_one(&pool)
            .await
            .unwrap();
    let moved = Request::get(format!("/api/attendee/events/{other}"))
        .header(header::COOKIE, format!("findme_visitor_{other_id}={token}"));
    let answer = server.send(moved.body(Body::empty()).unwrap()).await;
    // The server's own cookies are the admin's, who is let in everywhere; so as nobody:
    assert_eq!(answer.status, StatusCode::OK);
    let moved = Request::get(format!("/api/attendee/events/{other}"))
        .header(header::COOKIE, format!("findme_visitor_{other_id}={token}"));
    let answer = crate::harness::read(server.response(moved.body(Body::empty()).unwrap()).await).await;
    assert_eq!(answer.json()["entered"], false, "the token of one event opens no other");
    let forged = Request::post(format!("/api/events/{event}/search"))
        .header(header::COOKIE, format!("{name}={token}"));
    let answer = crate::harness::read(server.response(forged.body(Body::empty()).unwrap()).await).await;
    assert_eq!(answer.code(), "guard_header_missing");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_log_in_that_can_be_renewed_is_never_taken_for_nobody(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let mut zoe = Browser::at(&server);
    zoe.register(&event, "zoe").await;
    server.pass(16 * 60);
    assert_eq!(zoe.get(&format!("/api/attendee/events/{event}")).await.code(), "not_logged_in");
    assert_eq!(zoe.call("POST", "/api/refresh", None).await.status, StatusCode::OK);
    assert_eq!(zoe.event(&event).await["account"]["name"], "zoe");
    // A log-in that is over is nobody's, whatever cookie is left of it.
    sqlx::query("delete from sign_in").execute(&pool).await.unwrap();
    assert_eq!(zoe.event(&event).await["account"], Value::Null);
}

#[sqlx::test(migrations = "../../migrations")]
async fn visitors_who_do_not_come_back_are_swept_away(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let photos = uploaded(&server.upload(&event, &[("a.jpg", &["ann"])]).await);
    server.work().await;
    let (mut gone, mut back, mut zoe) = (Browser::at(&server), Browser::at(&server), Browser::at(&server));
    zoe.register(&event, "zoe").await;
    for browser in [&mut gone, &mut back, &mut zoe] {
        assert_eq!(browser.favourite("PUT", &event, &photos[0]).await.status, StatusCode::NO_CONTENT);
    }
    server.pass(100 * 24 * 3600);
    back.event(&event).await;
    server.pass(81 * 24 * 3600);
    let now = server.web.clock.now();
    let mut tx = server.web.store.begin_job().await.unwrap();
    let swept = store::visitor::sweep(&mut tx, now - time::Duration::days(180)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(swept, 1);
    assert_eq!((back.favourites(&event).await.len(), gone.favourites(&event).await.len()), (1, 0));
    let accounts: i64 = sqlx::query_scalar("select count(*) from visitor where user_id is not null")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(accounts, 1, "an account goes with its event");
}
