//! An event whose faces Amazon Rekognition keeps, as its visitors see it.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::REKOGNITION_PACK;
use recognizer::{Recognizer, Rekognition, RekognitionSettings};
use serde_json::json;
use sqlx::PgPool;
use web::attendee::{CONSENT_VERSION, REKOGNITION_CONSENT_VERSION};

use crate::browser::uploaded;
use crate::fake_server::{ACCESS_KEY_ID, FakeServer, photo_of};
use crate::harness::{Answer, Server};

async fn server_of(pool: &PgPool, there: &FakeServer) -> Server {
    let mut server = Server::with_admin(pool).await;
    let mut settings =
        RekognitionSettings::new("eu-west-1".to_owned(), ACCESS_KEY_ID.to_owned(), "secret".to_owned());
    settings.endpoint = Some(there.endpoint.clone());
    let rekognition = Rekognition::new(settings, REKOGNITION_PACK, None);
    server.web.recognizer = Recognizer::Rekognition(Arc::new(rekognition));
    server.rebuild();
    server
}

async fn search(server: &Server, event: &str, consent: &str) -> Answer {
    let selfie = photo_of(&[0]);
    let parts = [("consent_version", None, consent.as_bytes()), ("selfie", Some("s.jpg"), selfie.as_ref())];
    server.post_form(&format!("/api/events/{event}/search"), &parts).await
}

#[sqlx::test(migrations = "../../migrations")]
async fn visitors_consent_to_amazon_and_no_face_is_kept_to_search_again(pool: PgPool) {
    let there = FakeServer::start().await;
    let server = server_of(&pool, &there).await;
    let event = server.event("Gala").await;
    let shown = server.get(&format!("/api/attendee/events/{event}")).await.json();
    assert_eq!(shown["uses_rekognition"], true);
    assert_eq!(shown["consent_version"], REKOGNITION_CONSENT_VERSION);
    let photo = photo_of(&[0]);
    let parts = [("photo", Some("a.jpg"), photo.as_ref())];
    let photos = uploaded(&server.post_form(&format!("/api/events/{event}/photos"), &parts).await);
    server.work().await;
    assert_eq!(search(&server, &event, CONSENT_VERSION).await.code(), "consent_outdated");
    assert_eq!(there.calls("DetectFaces"), 0, "no selfie leaves without the right consent");
    let found = search(&server, &event, REKOGNITION_CONSENT_VERSION).await.json();
    assert_eq!(found["matches"][0]["photo_id"], photos[0].as_str());
    assert_eq!((&found["sealed"], &found["faces_searched"]), (&json!(null), &json!(1)));
    let again = server.post(&format!("/api/attendee/events/{event}/matches"), &json!({})).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "faces_kept_elsewhere"));
    let integrations = server.get("/api/integrations/status").await.json();
    assert_eq!(integrations["integrations"][5]["connected"], true, "{integrations}");
}
