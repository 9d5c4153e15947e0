//! Logos, covers and watermarks.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use blobs::{BlobKey, ImageKey};
use domain::{Digest, EventId, Rendition};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use recognizer::Fake;
use serde_json::{Value, json};
use sqlx::PgPool;
use web::MadeFor;

use crate::harness::{Answer, Server};
use crate::people::Person;

fn png(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels = pixel.repeat((width * height) as usize);
    PngEncoder::new(&mut file).write_image(&pixels, width, height, ExtendedColorType::Rgba8).unwrap();
    file
}

async fn put(server: &Server, who: &Person, event: &str, kind: &str, file: Vec<u8>) -> Answer {
    let request = Request::put(format!("/api/events/{event}/images/{kind}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", who.access))
        .header(header::CONTENT_TYPE, "image/png");
    server.send(request.body(Body::from(file)).unwrap()).await
}

async fn event_id(pool: &PgPool) -> EventId {
    EventId(sqlx::query_scalar("select event_id from event").fetch_one(pool).await.unwrap())
}

/// A size of a JPEG, from its frame header.
fn jpeg_size(bytes: &[u8]) -> (u16, u16) {
    let at = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let number = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    (number(at + 7), number(at + 5))
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_event_has_a_logo_and_a_cover_for_everybody_to_see(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    let event = server.event_of(&ada, "Gala").await;
    server.assign(&ada, &event, &paul).await;
    let event_id = event_id(&pool).await;
    let logo = put(&server, &paul, &event, "logo", png(1000, 500, [9, 9, 9, 100])).await;
    assert_eq!(logo.status, StatusCode::OK, "{}", String::from_utf8_lossy(&logo.bytes));
    let logo = logo.json();
    assert_eq!((&logo["width_px"], &logo["height_px"]), (&json!(800), &json!(400)));
    let cover = put(&server, &ada, &event, "cover", png(30, 20, [200, 9, 9, 255])).await.json();
    let shown = server.call(Some(&paul.access), "GET", "/api/events/gala", None).await.json();
    assert_eq!((&shown["logo"], &shown["cover"]), (&logo, &cover));
    for (image, media_type) in [(&logo, "image/png"), (&cover, "image/jpeg")] {
        let served = server.get(image["url"].as_str().unwrap()).await;
        assert_eq!(
            (served.status, &served.headers["content-type"]),
            (StatusCode::OK, &media_type.parse().unwrap())
        );
        assert_eq!(served.headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(served.headers["x-content-type-options"], "nosniff");
    }
    assert_eq!(server.web.blobs.list_event(event_id).await.unwrap().len(), 2);

    let again = put(&server, &ada, &event, "logo", png(10, 10, [1, 2, 3, 255])).await.json();
    assert_ne!(again["url"], logo["url"]);
    assert_eq!(server.get(logo["url"].as_str().unwrap()).await.code(), "image_not_found");
    assert_eq!(server.web.blobs.list_event(event_id).await.unwrap().len(), 2, "the old one went");
    let uri = format!("/api/events/{event}/images/logo");
    assert_eq!(server.call(Some(&paul.access), "DELETE", &uri, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.call(Some(&paul.access), "DELETE", &uri, None).await.code(), "image_not_found");
    assert_eq!(server.web.blobs.list_event(event_id).await.unwrap().len(), 1);
    server.call(Some(&ada.access), "DELETE", "/api/events/gala", None).await;
    assert_eq!(server.get(cover["url"].as_str().unwrap()).await.code(), "image_not_found");
    server.work().await;
    assert!(server.web.blobs.list_event(event_id).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_that_are_no_such_pictures_are_refused(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let mut bomb = png(1, 1, [0; 4]);
    bomb[16..24].copy_from_slice(&[0, 0, 0xFF, 0, 0, 0, 0xFF, 0]);
    let mut cut = png(300, 300, [1, 2, 3, 4]);
    cut.truncate(cut.len() / 2);
    for (file, code) in [
        (b"hello".to_vec(), "image_unreadable"),
        (Vec::new(), "image_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "image_unreadable"),
        (cut, "image_unreadable"),
        (bomb, "too_many_pixels"),
    ] {
        let refused = put(&server, &ada, &event, "logo", file).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, code));
    }
    let large = put(&server, &ada, &event, "cover", vec![0; 8 * 1024 * 1024 + 1]).await;
    assert_eq!((large.status, large.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    assert_eq!(put(&server, &ada, &event, "banner", png(1, 1, [0; 4])).await.code(), "image_not_found");
    assert!(server.web.blobs.list_event(event_id(&pool).await).await.unwrap().is_empty());
}

/// A ready photo of ann whose preview is a real picture; its addresses with the mark: to look at, and to keep.
async fn photo(server: &Server, pool: &PgPool, who: &Person, event: &str) -> (String, String) {
    server.upload_as(who, event, &[("a.jpg", &["ann"])]).await;
    server.work().await;
    let (event_id, sha256) = (event_id(pool).await, Digest::of(&Fake::photo_of(&["ann"])));
    let painter = &server.web.marked.painter;
    let grey = painter.cover(png(600, 400, [128, 128, 128, 255]).into()).await.unwrap();
    let key = BlobKey::new(event_id, sha256, Rendition::Preview);
    server.web.blobs.put(&key, grey.bytes.into()).await.unwrap();
    let now = server.web.clock.unix_seconds();
    let urls = &server.web.urls;
    (
        urls.url(event_id, sha256, Rendition::Marked, now),
        urls.download_url(event_id, sha256, Rendition::Marked, now),
    )
}

async fn set_mark(server: &Server, who: &Person, event: &str, mark: &Value) -> Answer {
    server.call(Some(&who.access), "PUT", &format!("/api/events/{event}/watermark"), Some(mark)).await
}

#[sqlx::test(migrations = "../../migrations")]
async fn visitors_get_photos_with_the_watermark_of_the_moment(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    let event = server.event_of(&ada, "Gala").await;
    server.assign(&ada, &event, &paul).await;
    let (show, keep) = photo(&server, &pool, &ada, &event).await;
    let plain = server.get(&show).await;
    assert_eq!(jpeg_size(&plain.bytes), (600, 400), "without a watermark it is the preview");
    let mark = json!({"enabled": true, "text": "© Gala", "logo": true, "corner": "top_left", "opacity": 0.5});
    assert_eq!(set_mark(&server, &paul, &event, &mark).await.json(), mark);
    let marked = server.get(&show).await;
    assert_eq!((marked.status, jpeg_size(&marked.bytes)), (StatusCode::OK, (600, 400)));
    assert_ne!(marked.bytes, plain.bytes);
    assert_eq!(marked.headers["cache-control"], "private, max-age=300");
    assert_eq!(server.get(&show).await.bytes, marked.bytes);
    put(&server, &ada, &event, "logo", png(20, 20, [255, 0, 0, 255])).await;
    let with_logo = server.get(&show).await;
    assert_ne!(with_logo.bytes, marked.bytes, "a new logo counts at once");
    let kept = server.get(&keep).await;
    assert_eq!(kept.headers["content-disposition"], "attachment; filename*=UTF-8''a.jpg");
    assert_eq!(kept.bytes, with_logo.bytes);

    let zip = server.call(None, "POST", "/media/zip", Some(&json!({"photos": [keep]}))).await;
    assert_eq!(zip.status, StatusCode::OK);
    assert!(
        zip.bytes.windows(with_logo.bytes.len()).any(|bytes| bytes == with_logo.bytes),
        "in archives too"
    );

    let photo_id: uuid::Uuid =
        sqlx::query_scalar("select photo_id from photo").fetch_one(&pool).await.unwrap();
    let hide = json!({"action": "hide", "photo_ids": [photo_id]});
    let uri = format!("/api/events/{event}/photos/actions");
    server.call(Some(&paul.access), "POST", &uri, Some(&hide)).await;
    assert_eq!(server.get(&show).await.code(), "photo_not_found", "what was taken back is not handed out");
    let publish = json!({"action": "publish", "photo_ids": [photo_id]});
    server.call(Some(&paul.access), "POST", &uri, Some(&publish)).await;
    let off = json!({"enabled": false, "text": "© Gala", "logo": true, "corner": "top_left", "opacity": 0.5});
    set_mark(&server, &paul, &event, &off).await;
    assert_eq!(server.get(&show).await.bytes, plain.bytes);
    let wrong = json!({"enabled": true, "text": "© Gala", "logo": true, "corner": "top_left", "opacity": 2});
    assert_eq!(set_mark(&server, &paul, &event, &wrong).await.code(), "field_invalid");
    assert_eq!(set_mark(&server, &paul, &event, &json!({"enabled": true})).await.code(), "body_invalid");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_whose_logo_is_lost_is_held_back(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let (show, keep) = photo(&server, &pool, &ada, &event).await;
    let mark = json!({"enabled": true, "text": null, "logo": true, "corner": "top_left", "opacity": 0.5});
    set_mark(&server, &ada, &event, &mark).await;
    put(&server, &ada, &event, "logo", png(20, 20, [255, 0, 0, 255])).await;
    let marked = server.get(&show).await;
    assert_eq!(marked.status, StatusCode::OK);
    let logo: Vec<u8> = sqlx::query_scalar("select sha256 from event_image").fetch_one(&pool).await.unwrap();
    let logo = ImageKey::new(event_id(&pool).await, Digest(logo.try_into().unwrap()));
    server.web.blobs.delete_image(&logo).await.unwrap();
    assert_eq!(server.get(&show).await.bytes, marked.bytes, "what is kept needs no logo");

    server.web.marked.forget_event(event_id(&pool).await);
    for text in [Value::Null, json!("© Gala")] {
        let mark = json!({"enabled": true, "text": text, "logo": true, "corner": "top_left", "opacity": 0.5});
        set_mark(&server, &ada, &event, &mark).await;
        let lost = server.get(&show).await;
        assert_eq!((lost.status, lost.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
        let zip = server.call(None, "POST", "/media/zip", Some(&json!({"photos": [keep]}))).await;
        assert_eq!(zip.code(), "unavailable");
        let uri = format!("/api/events/{event}/watermark/preview");
        assert_eq!(server.call(Some(&ada.access), "GET", &uri, None).await.code(), "unavailable");
    }
    put(&server, &ada, &event, "logo", png(20, 20, [255, 0, 0, 255])).await;
    assert_eq!(server.get(&show).await.status, StatusCode::OK, "sent again, it is there again");
}

#[sqlx::test(migrations = "../../migrations")]
async fn addresses_from_before_the_watermark_get_the_marked_photo(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let (marked, _) = photo(&server, &pool, &ada, &event).await;
    let (event_id, sha256) = (event_id(&pool).await, Digest::of(&Fake::photo_of(&["ann"])));
    let now = server.web.clock.unix_seconds();
    let urls = &server.web.urls;
    let before = urls.download_url(event_id, sha256, Rendition::Preview, now);
    let staffs = urls.made_for(MadeFor::Staff).download_url(event_id, sha256, Rendition::Preview, now);
    let plain = server.get(&before).await.bytes;
    let mark = json!({"enabled": true, "text": "© Gala", "logo": false, "corner": "centre", "opacity": 1});
    set_mark(&server, &ada, &event, &mark).await;
    let marked = server.get(&marked).await.bytes;
    let served = server.get(&before).await;
    assert!(served.bytes == marked && marked != plain);
    assert_eq!(served.headers["cache-control"], "private, max-age=300");
    assert_eq!(server.get(&staffs).await.bytes, plain, "staff see the photo as it is");
    let zip = async |address: &str| {
        server.call(None, "POST", "/media/zip", Some(&json!({"photos": [address]}))).await.bytes
    };
    let holds = |zip: &[u8], file: &[u8]| zip.windows(file.len()).any(|bytes| bytes == file);
    let (before, staffs) = (zip(&before).await, zip(&staffs).await);
    assert!(holds(&before, &marked) && !holds(&before, &plain));
    assert!(holds(&staffs, &plain) && !holds(&staffs, &marked));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_image_is_stored_while_the_event_is_free_and_put_again_if_it_was_taken_for_left_over(
    pool: PgPool,
) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let event_id = event_id(&pool).await;
    let mut held = pool.begin().await.unwrap();
    sqlx::query("select 1 from event for no key update").execute(&mut *held).await.unwrap();
    let meanwhile = async {
        let wait = async {
            while server.web.blobs.list_event(event_id).await.unwrap().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        let stored = tokio::time::timeout(std::time::Duration::from_secs(10), wait).await;
        stored.expect("the bytes are stored before the event is asked for");
        server.web.blobs.delete_event(event_id).await.unwrap();
        held.rollback().await.unwrap();
    };
    let (logo, ()) = tokio::join!(put(&server, &ada, &event, "logo", png(9, 9, [1, 2, 3, 255])), meanwhile);
    assert_eq!(logo.status, StatusCode::OK);
    assert_eq!(server.get(logo.json()["url"].as_str().unwrap()).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_watermark_is_seen_before_it_is_chosen(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let preview = async |query: &str| {
        let uri = format!("/api/events/{event}/watermark/preview?{query}");
        server.call(Some(&ada.access), "GET", &uri, None).await
    };
    let plain = preview("").await;
    assert_eq!(
        (&plain.headers["content-type"], jpeg_size(&plain.bytes)),
        (&"image/jpeg".parse().unwrap(), (1600, 1067))
    );
    assert_ne!(preview("text=Gala").await.bytes, plain.bytes);
    photo(&server, &pool, &ada, &event).await;
    let marked = preview("text=Gala&corner=centre&opacity=1&logo=false").await;
    assert_eq!(jpeg_size(&marked.bytes), (600, 400), "on the newest photo");
    assert_ne!(preview("text=Gala&corner=top_left&opacity=1&logo=false").await.bytes, marked.bytes);
    let photo_id: uuid::Uuid =
        sqlx::query_scalar("select photo_id from photo").fetch_one(&pool).await.unwrap();
    let named = preview(&format!("photo_id={photo_id}&text=Gala&corner=centre&opacity=1&logo=false")).await;
    assert_eq!(named.bytes, marked.bytes);
    assert_eq!(preview("photo_id=00000000-0000-4000-8000-000000000000").await.code(), "photo_not_found");
    assert_eq!(preview("opacity=7").await.code(), "field_invalid");
    assert_eq!(preview("corner=left").await.code(), "bad_request");
    let shown = server.call(Some(&ada.access), "GET", "/api/events/gala", None).await.json();
    assert_eq!(shown["watermark"]["enabled"], false, "nothing was chosen by looking");
}
