//! What visitors see and keep: the same search again, what they say of photos, favourites, the gallery, and news.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::EventId;
use futures::StreamExt as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use store::listen::News;
use time::macros::datetime;

use crate::browser::{Browser, ids, uploaded};
use crate::harness::{Answer, Server};

async fn again(browser: &mut Browser<'_>, event: &str, sealed: &str) -> Answer {
    let uri = format!("/api/attendee/events/{event}/matches");
    browser.call("POST", &uri, Some(&json!({ "sealed": sealed }))).await
}

fn sealed(answer: &Answer) -> String {
    answer.json()["sealed"].as_str().unwrap().to_owned()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

async fn hide(pool: &PgPool, photo_id: &str) {
    let hidden = sqlx::query("update photo set published = false where photo_id = $1::uuid");
    assert_eq!(hidden.bind(photo_id).execute(pool).await.unwrap().rows_affected(), 1);
    sqlx::query("update event set change_count = change_count + 1").execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_same_search_is_asked_again_without_another_selfie(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let (event, other) = (server.event("Gala").await, server.event("Other").await);
    let mut photos = uploaded(&server.upload(&event, &[("a.jpg", &["ann", "bob"])]).await);
    server.upload(&other, &[("o.jpg", &["ann"])]).await;
    server.work().await;
    let mut guest = Browser::at(&server);
    let first = guest.search(&event, &["ann"]).await;
    let seal = sealed(&first);
    assert_eq!(ids(&first.json()["matches"]), photos);
    photos.extend(uploaded(&server.upload(&event, &[("b.jpg", &["ann"]), ("c.jpg", &["bob"])]).await));
    server.work().await;
    let second = again(&mut guest, &event, &seal).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(sorted(ids(&second.json()["matches"])), sorted(photos[..2].to_vec()));
    assert_eq!((second.json()["faces_searched"].as_i64(), sealed(&second)), (Some(4), seal.clone()));
    let consents: i64 = sqlx::query_scalar("select count(*) from consent").fetch_one(&pool).await.unwrap();
    assert_eq!(consents, 1, "no other selfie was looked at");
    // Anybody who holds the seal may ask; it opens nothing at another event, changed, or too late.
    assert_eq!(again(&mut Browser::at(&server), &event, &seal).await.status, StatusCode::OK);
    for (at, text) in [(&other, seal.clone()), (&event, format!("A{}", &seal[1..])), (&event, String::new())]
    {
        let refused = again(&mut guest, at, &text).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::GONE, "seal_expired"), "{text}");
    }
    let nothing =
        guest.call("POST", &format!("/api/attendee/events/{event}/matches"), Some(&json!({}))).await;
    assert_eq!((nothing.status, nothing.code().as_str()), (StatusCode::CONFLICT, "template_needed"));
    sqlx::query("update event set pack = 'fake2' where slug = $1").bind(&event).execute(&pool).await.unwrap();
    assert_eq!(again(&mut guest, &event, &seal).await.code(), "seal_expired", "another pack");
    sqlx::query("update event set pack = 'fake'").execute(&pool).await.unwrap();
    assert_eq!(again(&mut guest, &event, &seal).await.status, StatusCode::OK);
    server.pass(12 * 3600 + 1);
    assert_eq!(again(&mut guest, &event, &seal).await.code(), "seal_expired", "it lasts twelve hours");
    sqlx::query("update event set recognition_enabled = false").execute(&pool).await.unwrap();
    assert_eq!(again(&mut guest, &event, &seal).await.code(), "recognition_off");
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_a_person_says_goes_before_what_the_search_says(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let photos = uploaded(
        &server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["ann", "bob"]), ("c.jpg", &["cyd"])]).await,
    );
    server.work().await;
    let mut guest = Browser::at(&server);
    let seal = sealed(&guest.search(&event, &["ann"]).await);
    for (photo, is_me) in [(&photos[1], false), (&photos[2], true)] {
        assert_eq!(guest.verdict(&event, photo, is_me).await.status, StatusCode::NO_CONTENT);
    }
    for answer in [again(&mut guest, &event, &seal).await.json(), guest.search(&event, &["ann"]).await.json()]
    {
        assert_eq!(ids(&answer["matches"]), [photos[0].clone(), photos[2].clone()], "{answer}");
        assert_eq!(ids(&answer["not_me"]), photos[1..2]);
        let of = |n: usize| (answer["matches"][n]["band"].clone(), answer["matches"][n]["verdict"].clone());
        assert_eq!((of(0), of(1)), ((json!("sure"), Value::Null), (json!("sure"), json!(true))));
        assert_eq!(answer["not_me"][0]["verdict"], false);
    }
    let others = Browser::at(&server).search(&event, &["ann"]).await.json();
    assert_eq!(sorted(ids(&others["matches"])), sorted(photos[..2].to_vec()), "others are not concerned");

    assert_eq!(guest.verdict(&event, &photos[1], true).await.status, StatusCode::NO_CONTENT, "changed");
    let uri = format!("/api/attendee/events/{event}/verdicts/{}", photos[2]);
    for _ in 0..2 {
        assert_eq!(guest.call("DELETE", &uri, None).await.status, StatusCode::NO_CONTENT, "taken back");
    }
    let answer = again(&mut guest, &event, &seal).await.json();
    assert_eq!(sorted(ids(&answer["matches"])), sorted(photos[..2].to_vec()));
    assert_eq!(answer["not_me"], json!([]));
    let elsewhere = server.event("Other").await;
    assert_eq!(guest.verdict(&elsewhere, &photos[0], true).await.code(), "photo_not_found");
    assert_eq!(guest.verdict(&event, "nonsense", true).await.code(), "photo_not_found");
    let wrong = guest.call("PUT", &uri, Some(&json!({"is_me": "yes"}))).await;
    assert_eq!(wrong.code(), "body_invalid");
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_that_are_not_published_are_nowhere(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    sqlx::query("update event set browse_enabled = true").execute(&pool).await.unwrap();
    let photos = uploaded(&server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["ann", "bob"])]).await);
    server.work().await;
    server.upload(&event, &[("c.jpg", &["ann", "cyd"])]).await; // not read yet
    let mut guest = Browser::at(&server);
    let seal = sealed(&guest.search(&event, &["ann"]).await);
    guest.verdict(&event, &photos[1], true).await;
    guest.favourite("PUT", &event, &photos[1]).await;
    assert_eq!(guest.event(&event).await["photos_ready"], 2);
    hide(&pool, &photos[1]).await;
    assert_eq!(guest.event(&event).await["photos_ready"], 1);
    assert_eq!(guest.favourites(&event).await, [""; 0]);
    let uri = format!("/api/attendee/events/{event}/photos");
    for list in [
        &guest.search(&event, &["ann"]).await.json()["matches"],
        &again(&mut guest, &event, &seal).await.json()["matches"],
        &guest.get(&uri).await.json()["photos"],
    ] {
        assert_eq!(ids(list), photos[..1]);
    }
    assert_eq!(guest.favourite("PUT", &event, &photos[1]).await.code(), "photo_not_found");
    assert_eq!(guest.verdict(&event, &photos[1], false).await.code(), "photo_not_found");
}

#[sqlx::test(migrations = "../../migrations")]
async fn favourites_are_the_visitors_own_and_stand_in_every_list(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    sqlx::query("update event set browse_enabled = true").execute(&pool).await.unwrap();
    let photos = uploaded(&server.upload(&event, &[("b.jpg", &["ann"]), ("a.jpg", &["ann", "bob"])]).await);
    server.work().await;
    let mut guest = Browser::at(&server);
    assert_eq!(guest.favourites(&event).await, [""; 0]);
    assert!(guest.cookies().is_empty(), "nobody is known before there is something to keep");
    for _ in 0..2 {
        for photo in &photos {
            assert_eq!(guest.favourite("PUT", &event, photo).await.status, StatusCode::NO_CONTENT);
        }
    }
    assert_eq!(guest.cookies().len(), 1);
    assert_eq!(
        guest.favourites(&event).await,
        [photos[1].clone(), photos[0].clone()],
        "by time, then by name"
    );
    for _ in 0..2 {
        assert_eq!(guest.favourite("DELETE", &event, &photos[0]).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(guest.favourites(&event).await, photos[1..]);
    assert_eq!(Browser::at(&server).favourites(&event).await, [""; 0]);
    let flags = |list: &Value| {
        let flag =
            |photo: &Value| (photo["photo_id"].as_str().unwrap().to_owned(), photo["favourite"].clone());
        let mut flags: Vec<_> = list.as_array().unwrap().iter().map(flag).collect();
        flags.sort_by_key(|(id, _)| id == &photos[1]);
        flags.into_iter().map(|(_, flag)| flag).collect::<Vec<_>>()
    };
    let found = guest.search(&event, &["ann"]).await.json();
    assert_eq!(flags(&found["matches"]), [json!(false), json!(true)]);
    let browsed = guest.get(&format!("/api/attendee/events/{event}/photos")).await.json();
    assert_eq!(flags(&browsed["photos"]), [json!(false), json!(true)]);
    let one = &browsed["photos"][0];
    assert!(one["thumb_url"].as_str().unwrap().contains("/thumb?"), "{one}");
    assert!(one["download_url"].as_str().unwrap().contains("download=1"), "{one}");
    for (method, photo) in [("PUT", "00000000-0000-4000-8000-000000000000"), ("PUT", "x"), ("DELETE", "x")] {
        assert_eq!(guest.favourite(method, &event, photo).await.code(), "photo_not_found");
    }
    let unguarded = Request::put(format!("/api/attendee/events/{event}/favourites/{}", photos[0]));
    let answer = crate::harness::read(server.response(unguarded.body(Body::empty()).unwrap()).await).await;
    assert_eq!(answer.code(), "guard_header_missing");
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_gallery_is_open_where_its_organiser_says_so_and_goes_by_time(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let names = ["e.jpg", "d.jpg", "c.jpg", "b.jpg", "a.jpg"];
    for name in names {
        server.upload(&event, &[(name, &[name])]).await;
    }
    server.work().await;
    // The first two in one second, in the order of their names; one says nothing and was uploaded later.
    for (name, at) in [
        ("e.jpg", datetime!(2026-11-20 21:00:00)),
        ("d.jpg", datetime!(2026-11-20 21:00:00.5)),
        ("c.jpg", datetime!(2026-11-20 20:59:59)),
        ("b.jpg", datetime!(2026-11-20 23:00:00)),
    ] {
        let set = sqlx::query("update photo set taken_at = $2 where file_name = $1").bind(name).bind(at);
        set.execute(&pool).await.unwrap();
    }
    let mut guest = Browser::at(&server);
    let uri = format!("/api/attendee/events/{event}/photos");
    let refused = guest.get(&uri).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "browse_off"));
    sqlx::query("update event set browse_enabled = true").execute(&pool).await.unwrap();
    let mut times = Vec::new();
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = guest.get(&format!("{uri}?limit=2{after}")).await.json();
        seen.extend(ids(&page["photos"]));
        times.extend(page["photos"].as_array().unwrap().iter().map(|photo| photo["taken_at"].clone()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let mut expected = Vec::new();
    for name in ["c.jpg", "d.jpg", "e.jpg", "b.jpg", "a.jpg"] {
        let id: uuid::Uuid = sqlx::query_scalar("select photo_id from photo where file_name = $1")
            .bind(name)
            .fetch_one(&pool)
            .await
            .unwrap();
        expected.push(id.to_string());
    }
    assert_eq!(seen, expected);
    assert_eq!((&times[0], &times[4]), (&json!("2026-11-20T20:59:59"), &Value::Null));
    assert_eq!(guest.get(&format!("{uri}?after=x")).await.code(), "field_invalid");
}

/// The next message of a stream: what it says, and its id.
async fn message(stream: &mut axum::body::BodyDataStream) -> (Value, i64) {
    let wait = std::time::Duration::from_secs(8);
    loop {
        let chunk = tokio::time::timeout(wait, stream.next()).await.expect("in time").unwrap().unwrap();
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        if text.contains("event: photos\n") {
            let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
            return (serde_json::from_str(&line("data: ")).unwrap(), line("id: ").parse().unwrap());
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_are_told_when_there_are_other_photos_to_see(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let event_id: uuid::Uuid =
        sqlx::query_scalar("select event_id from event").fetch_one(&pool).await.unwrap();
    let tell = || server.web.news.publish(News::Event(EventId(event_id)));
    let guest = Browser::at(&server);
    let request = || Request::get(format!("/api/attendee/events/{event}/news")).body(Body::empty()).unwrap();
    let response = guest.open(request()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let (first, id) = message(&mut stream).await;
    assert_eq!((&first["photos_ready"], first["change"].as_i64()), (&json!(0), Some(id)), "one at once");
    let photos = uploaded(&server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await);
    tell(); // nothing that visitors can see
    server.work().await;
    tell();
    let (second, later) = message(&mut stream).await;
    assert_eq!(second["photos_ready"], 2, "and none for what cannot be seen yet");
    assert!(later > id);
    hide(&pool, &photos[0]).await;
    tell();
    assert_eq!(message(&mut stream).await.0["photos_ready"], 1);
    // Who comes meanwhile has the count at once too.
    let mut another = guest.open(request()).await.into_body().into_data_stream();
    assert_eq!(message(&mut another).await.0["photos_ready"], 1);
    // Another way in: whoever watches has to be let in again.
    sqlx::query("update event set access_mode = 'invitation', access_epoch = 1")
        .execute(&pool)
        .await
        .unwrap();
    tell();
    let wait = std::time::Duration::from_secs(8);
    assert!(tokio::time::timeout(wait, stream.next()).await.expect("in time").is_none(), "it ends");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_browser_is_forgotten_on_request_and_its_seat_stays_taken(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let photos = uploaded(&server.upload(&event, &[("a.jpg", &["ann"])]).await);
    server.work().await;
    let uri = format!("/api/attendee/events/{event}/visit");
    let rows = async || -> (i64, i64, i64) {
        let counted = sqlx::query_as(
            "select (select count(*) from visitor), (select count(*) from favourite), (select count(*) from verdict)",
        );
        counted.fetch_one(&pool).await.unwrap()
    };
    let mut guest = Browser::at(&server);
    guest.favourite("PUT", &event, &photos[0]).await;
    guest.verdict(&event, &photos[0], true).await;
    assert_eq!(rows().await, (1, 1, 1));
    let forgotten = guest.call("DELETE", &uri, None).await;
    assert_eq!(forgotten.status, StatusCode::NO_CONTENT);
    assert_eq!((guest.cookies().len(), rows().await), (0, (0, 0, 0)));
    assert_eq!(guest.call("DELETE", &uri, None).await.status, StatusCode::NO_CONTENT, "twice is no harm");

    sqlx::query(
        "insert into access_pack (event_id, pack_id, code, seats, created_at) \
         select event_id, gen_random_uuid(), 'seat', 1, now() from event",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(guest.enter(&event, "seat").await.status, StatusCode::NO_CONTENT);
    guest.favourite("PUT", &event, &photos[0]).await;
    let old = guest.cookies()[0].1.clone();
    guest.call("DELETE", &uri, None).await;
    assert_eq!(rows().await, (1, 0, 0), "an empty row goes on counting for the seat");
    assert_eq!(guest.enter(&event, "seat").await.code(), "pack_used_up");
    let kept: Vec<u8> = sqlx::query_scalar("select token_hash from visitor where pack_id is not null")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_ne!(kept, domain::Digest::of(old.as_bytes()).0, "the cookie opens nothing any more");
}
