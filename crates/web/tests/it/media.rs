//! Photos on their way to people.

use axum::http::StatusCode;
use recognizer::Fake;
use sqlx::PgPool;

use crate::harness::Server;

#[sqlx::test(migrations = "../../migrations")]
async fn a_signed_address_shows_the_photo_until_it_runs_out(pool: PgPool) {
    let mut server = Server::with_admin(&pool).await;
    let event = server.event("Gala").await;
    server.upload(&event, &[("été 1.jpeg", &["ann"])]).await;
    server.work().await;
    let listed = server.get(&format!("/api/events/{event}/photos")).await.json();
    let original = listed["photos"][0]["original_url"].as_str().unwrap().to_owned();
    server.forget_cookies();
    let found = server.search(&event, &["ann"]).await.json()["matches"][0].clone();
    let url = |key: &str| found[key].as_str().unwrap().to_owned();
    let thumb = server.get(&url("thumb_url")).await;
    assert_eq!((thumb.status, thumb.bytes.as_slice()), (StatusCode::OK, b"\xFF\xD8\xFFthumb".as_slice()));
    assert_eq!(thumb.headers["content-type"], "image/jpeg");
    assert_eq!(thumb.headers["x-content-type-options"], "nosniff");
    assert!(thumb.headers["cache-control"].to_str().unwrap().starts_with("private"));
    let download = server.get(&url("download_url")).await;
    let name = "attachment; filename*=UTF-8''%C3%A9t%C3%A9%201.jpg";
    assert_eq!(download.headers["content-disposition"], name);
    assert_eq!(server.get(&original).await.bytes, Fake::photo_of(&["ann"]));
    let (path, query) = original.split_once('?').unwrap();
    for forged in [
        url("thumb_url").replace("/thumb?", "/original?"),
        format!("{path}?{}", query.replace("expires=", "expires=9")),
        path.to_owned(),
    ] {
        assert_eq!(server.get(&forged).await.code(), "link_expired", "{forged}");
    }
    assert_eq!(server.get(&original.replace("/original?", "/huge?")).await.code(), "photo_not_found");
    server.pass(14 * 3600);
    assert_eq!(server.get(&original).await.code(), "link_expired");
}
