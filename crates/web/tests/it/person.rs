//! Who is looked for is more than one selfie: another one is added, and what they say of photos teaches.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::browser::{Browser, ids, uploaded};
use crate::harness::{Answer, Server};

fn sealed(answer: &Answer) -> String {
    answer.json()["sealed"].as_str().unwrap().to_owned()
}

async fn again(browser: &mut Browser<'_>, event: &str, sealed: &str) -> Value {
    let uri = format!("/api/attendee/events/{event}/matches");
    let answer = browser.call("POST", &uri, Some(&json!({ "sealed": sealed }))).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_second_selfie_finds_what_the_first_did_not(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let photos = uploaded(&server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["ann~78"])]).await);
    server.work().await;
    let mut guest = Browser::at(&server);
    let first = guest.search(&event, &["ann"]).await;
    assert_eq!(ids(&first.json()["matches"]), photos[..1]);
    let second = guest.search_more(&event, &["ann~85"], &sealed(&first)).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(ids(&second.json()["matches"]), photos, "the photo from the side too");
    assert_eq!(second.json()["matches"][0]["band"], "sure");
    let both = sealed(&second);
    assert_ne!(both, sealed(&first));
    assert_eq!(ids(&again(&mut guest, &event, &both).await["matches"]), photos, "the new seal holds both");
    let alone = again(&mut guest, &event, &sealed(&first)).await;
    assert_eq!(ids(&alone["matches"]), photos[..1], "the old one only the first");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_selfie_of_somebody_else_is_not_added(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await;
    server.work().await;
    let mut guest = Browser::at(&server);
    let seal = sealed(&guest.search(&event, &["ann"]).await);
    let refused = guest.search_more(&event, &["bob"], &seal).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "selfie_other_person")
    );
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("new search"), "it names the mend: {detail}");
    let other = server.event("Other").await;
    for (at, text) in [(&other, seal.as_str()), (&event, "nonsense"), (&event, "")] {
        let refused = guest.search_more(at, &["ann"], text).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::GONE, "seal_expired"), "{text}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn this_is_me_too_brings_the_next_one_for_this_visitor_only(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let photos = [("a.jpg", &["ann"][..]), ("b.jpg", &["ann~78"]), ("c.jpg", &["ann~70"])];
    let photos = uploaded(&server.upload(&event, &photos).await);
    server.work().await;
    let mut guest = Browser::at(&server);
    let seal = sealed(&guest.search(&event, &["ann"]).await);
    assert_eq!(ids(&again(&mut guest, &event, &seal).await["matches"]), photos[..1]);
    assert_eq!(guest.verdict(&event, &photos[1], true).await.status, StatusCode::NO_CONTENT);
    let taught = again(&mut guest, &event, &seal).await;
    assert!(ids(&taught["matches"]).contains(&photos[2]), "{taught}");
    let mut stranger = Browser::at(&server);
    let answer = again(&mut stranger, &event, &seal).await;
    assert_eq!(ids(&answer["matches"]), photos[..1], "others are not concerned");
}

#[sqlx::test(migrations = "../../migrations")]
async fn not_me_takes_away_whoever_is_like_that(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let photos = [("a.jpg", &["ann"][..]), ("b.jpg", &["ann~85"]), ("c.jpg", &["ann~83"])];
    let photos = uploaded(&server.upload(&event, &photos).await);
    server.work().await;
    let mut guest = Browser::at(&server);
    let first = guest.search(&event, &["ann"]).await;
    assert_eq!(ids(&first.json()["matches"]), photos);
    assert_eq!(first.json()["matches"][1]["band"], "maybe");
    assert_eq!(guest.verdict(&event, &photos[1], false).await.status, StatusCode::NO_CONTENT);
    let taught = again(&mut guest, &event, &sealed(&first)).await;
    assert_eq!(
        (ids(&taught["matches"]), ids(&taught["not_me"])),
        (photos[..1].to_vec(), photos[1..2].to_vec())
    );
    let uri = format!("/api/attendee/events/{event}/verdicts/{}", photos[1]);
    guest.call("DELETE", &uri, None).await;
    assert_eq!(ids(&again(&mut guest, &event, &sealed(&first)).await["matches"]), photos, "taken back");
}
