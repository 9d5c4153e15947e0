//! A selfie in, the photos of that person out.

use axum::http::StatusCode;
use recognizer::Fake;
use serde_json::Value;
use sqlx::PgPool;

use crate::harness::Server;

fn photo_ids(answer: &Value) -> Vec<String> {
    let matches = answer["matches"].as_array().unwrap();
    matches.iter().map(|found| found["photo_id"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_person_finds_their_photos_of_this_event_and_no_other(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    let (gala, other) = (server.event("Gala").await, server.event("Other").await);
    let uploaded =
        server.upload(&gala, &[("1.jpg", &["ann", "bob"]), ("2.jpg", &["bob"]), ("3.jpg", &["ann"])]).await;
    server.upload(&other, &[("4.jpg", &["ann", "carl"])]).await;
    server.work().await;
    server.forget_cookies();
    let answer = server.search(&gala, &["ann"]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = answer.json();
    let uploaded = uploaded.json();
    let id = |n: usize| uploaded["results"][n]["photo_id"].as_str().unwrap().to_owned();
    let (mut found, mut expected) = (photo_ids(&answer), vec![id(0), id(2)]);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(answer["faces_searched"], 4, "only the faces of this event were compared");
    let first = &answer["matches"][0];
    assert_eq!((first["band"].as_str(), first["width_px"].as_i64()), (Some("sure"), Some(640)));
    assert!(photo_ids(&server.search(&gala, &["carl"]).await.json()).is_empty());
    let consents: i64 = sqlx::query_scalar("select count(*) from consent").fetch_one(&pool).await.unwrap();
    assert_eq!(consents, 2, "each search is preceded by a recorded consent");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_became_ready_is_found_at_once(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    for n in 1..=3 {
        server.upload(&event, &[("x.jpg", &["ann", &format!("friend{n}")])]).await;
        server.work().await;
        assert_eq!(photo_ids(&server.search(&event, &["ann"]).await.json()).len(), n);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn selfies_that_cannot_be_used_are_told_why(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    for (people, code) in [
        (&[][..], "selfie_no_face"),
        (&["a", "b", "c", "d", "e"], "selfie_several_faces"),
        (&["damaged"], "selfie_unreadable"),
    ] {
        let answer = server.search(&event, people).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, code));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_searched_without_the_right_consent(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let uri = format!("/api/events/{event}/search");
    let selfie = Fake::photo_of(&["ann"]);
    let selfie: (&str, Option<&str>, &[u8]) = ("selfie", Some("s.jpg"), &selfie);
    assert_eq!(server.post_form(&uri, &[selfie]).await.code(), "consent_required");
    assert_eq!(
        server.post_form(&uri, &[selfie, ("consent_version", None, b"")]).await.code(),
        "consent_required"
    );
    assert_eq!(
        server.post_form(&uri, &[selfie, ("consent_version", None, b"1999")]).await.code(),
        "consent_outdated"
    );
    let consent = ("consent_version", None, web::attendee::CONSENT_VERSION.as_bytes());
    assert_eq!(server.post_form(&uri, &[consent]).await.code(), "field_invalid");
    let large = vec![0; 16 * 1024 * 1024];
    let large = server.post_form(&uri, &[consent, ("selfie", Some("s.jpg"), &large)]).await;
    assert_eq!((large.status, large.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    let consents: i64 = sqlx::query_scalar("select count(*) from consent").fetch_one(&pool).await.unwrap();
    assert_eq!(consents, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_may_have_recognition_off_or_a_pack_that_is_not_here(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    sqlx::query("update event set pack = 'other'").execute(&pool).await.unwrap();
    let answer = server.search(&event, &["ann"]).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "models_missing"));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("findme models pull other"), "it names the mend: {detail}");
    sqlx::query("update event set recognition_enabled = false").execute(&pool).await.unwrap();
    assert_eq!(server.search(&event, &["ann"]).await.code(), "recognition_off");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_crowd_is_told_to_come_back(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    let places = u32::try_from(server.web.settings.selfies.available_permits()).unwrap();
    let _all = server.web.settings.selfies.acquire_many(places).await.unwrap();
    let answer = server.search(&event, &["ann"]).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "busy"));
    assert!(answer.headers.contains_key("retry-after"));
}
