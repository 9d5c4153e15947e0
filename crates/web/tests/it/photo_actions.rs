//! Photos looked through, published, taken back and deleted, many at once.

use std::time::Duration;

use axum::http::StatusCode;
use blobs::BlobKey;
use domain::{Digest, EventId, Rendition};
use futures::StreamExt as _;
use recognizer::Fake;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Answer, Server};
use crate::people::Person;

async fn photos(server: &Server, who: &Person, event: &str, query: &str) -> Value {
    let uri = format!("/api/events/{event}/photos?{query}");
    server.call(Some(&who.access), "GET", &uri, None).await.json()
}

/// The names that a list answers, in their order, and how many there are in all.
async fn names(server: &Server, who: &Person, event: &str, query: &str) -> (String, i64) {
    let page = photos(server, who, event, query).await;
    let names = page["photos"].as_array().unwrap().iter().map(|photo| photo["file_name"].as_str().unwrap());
    let mut names: Vec<&str> = names.map(|name| name.trim_end_matches(".jpg")).collect();
    names.sort_unstable();
    (names.join(" "), page["total"].as_i64().unwrap())
}

async fn act(server: &Server, who: &Person, event: &str, body: &Value) -> Answer {
    server.call(Some(&who.access), "POST", &format!("/api/events/{event}/photos/actions"), Some(body)).await
}

async fn id_of(server: &Server, who: &Person, event: &str, name: &str) -> String {
    let all = photos(server, who, event, "").await;
    let found = all["photos"].as_array().unwrap().iter().find(|photo| photo["file_name"] == name).cloned();
    found.unwrap()["photo_id"].as_str().unwrap().to_owned()
}

async fn event_id(pool: &PgPool) -> EventId {
    EventId(sqlx::query_scalar("select event_id from event").fetch_one(pool).await.unwrap())
}

fn key(event_id: EventId, people: &[&str], rendition: Rendition) -> BlobKey {
    BlobKey::new(event_id, Digest::of(&Fake::photo_of(people)), rendition)
}

/// An event of an organiser's with photos of theirs (ann; bob; nobody) and of a photographer's (cyd).
async fn stage(server: &Server) -> (Person, Person, String) {
    let ada = server.first_admin().await;
    let olive = server.staff(&ada, "organiser", "olive").await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    let event = server.event_of(&olive, "Gala").await;
    server.assign(&olive, &event, &paul).await;
    let theirs: [(&str, &[&str]); 3] = [("a.jpg", &["ann"]), ("b.jpg", &["bob", "ann"]), ("none.jpg", &[])];
    server.upload_as(&olive, &event, &theirs).await;
    server.upload_as(&paul, &event, &[("c.jpg", &["cyd"])]).await;
    server.work().await;
    server.upload_as(&paul, &event, &[("late.jpg", &["dan"])]).await;
    (olive, paul, event)
}

#[sqlx::test(migrations = "../../migrations")]
async fn lists_show_what_is_asked_for_and_how_many_there_are(pool: PgPool) {
    let server = Server::start(&pool).await;
    let (olive, paul, event) = stage(&server).await;
    let list = async |who, query| names(&server, who, &event, query).await;
    let expect = |names: &str, total| (names.to_owned(), total);
    assert_eq!(list(&olive, "").await, expect("a b c late none", 5));
    assert_eq!(list(&olive, "faces=none").await, expect("none", 1));
    assert_eq!(list(&olive, "faces=some").await, expect("a b c", 3));
    assert_eq!(list(&paul, "mine=true").await, expect("c late", 2));
    assert_eq!(list(&paul, "mine=false&state=waiting").await, expect("late", 1));
    assert_eq!(list(&olive, "published=false").await, expect("", 0));
    assert_eq!(list(&olive, "batch=00000000-0000-4000-8000-000000000000").await, expect("", 0));
    let first = photos(&server, &olive, &event, "limit=2&faces=some").await;
    assert_eq!((first["photos"].as_array().unwrap().len(), &first["total"]), (2, &json!(3)));
    let photo = photos(&server, &paul, &event, "faces=none").await["photos"][0].clone();
    assert_eq!((&photo["published"], &photo["uploaded_by_me"]), (&json!(true), &json!(false)));
    assert_eq!((&photo["hidden_by_person"], &photo["batch_id"]), (&json!(false), &Value::Null));
    assert!(photo["uploaded_at"].as_str().unwrap().starts_with("2027-01-15T"));
    sqlx::query("update photo set taken_at = '2026-06-20 14:03:22'").execute(&pool).await.unwrap();
    let photo = photos(&server, &paul, &event, "faces=none").await["photos"][0].clone();
    assert_eq!(photo["taken_at"], "2026-06-20T14:03:22");
    let wrong =
        server.call(Some(&olive.access), "GET", &format!("/api/events/{event}/photos?faces=x"), None).await;
    assert_eq!((wrong.code().as_str(), &wrong.json()["field"]), ("field_invalid", &json!("faces")));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_says_that_a_person_on_it_is_hidden(pool: PgPool) {
    let server = Server::start(&pool).await;
    let (olive, _, event) = stage(&server).await;
    let photo = id_of(&server, &olive, &event, "a.jpg").await;
    let is_hidden = async || {
        let all = photos(&server, &olive, &event, "").await["photos"].clone();
        let hidden: Vec<String> = all
            .as_array()
            .unwrap()
            .iter()
            .filter(|photo| photo["hidden_by_person"] == true)
            .map(|photo| photo["photo_id"].as_str().unwrap().to_owned())
            .collect();
        hidden == [photo.clone()]
    };
    sqlx::query("with v as (insert into visitor (event_id, visitor_id, token_hash, hidden, created_at, last_seen_at) \
           select event_id, gen_random_uuid(), 'x', true, now(), now() from event returning event_id, visitor_id), \
         t as (insert into template (event_id, visitor_id, pack, embedding, consent_version, given_at, notify) \
           select event_id, visitor_id, 'fake', '', '1', now(), false from v) select 1")
        .execute(&pool).await.unwrap();
    assert!(!is_hidden().await);
    sqlx::query(
        "insert into template_match (event_id, visitor_id, photo_id, band, score, found_at) \
         select event_id, visitor_id, $1, 'sure', 1, now() from visitor",
    )
    .bind(photo.parse::<uuid::Uuid>().unwrap())
    .execute(&pool)
    .await
    .unwrap();
    assert!(is_hidden().await);
    sqlx::query(
        "insert into verdict (event_id, visitor_id, photo_id, is_me, given_at) \
         select event_id, visitor_id, $1, false, now() from visitor",
    )
    .bind(photo.parse::<uuid::Uuid>().unwrap())
    .execute(&pool)
    .await
    .unwrap();
    assert!(!is_hidden().await, "they say that it is somebody else");
    sqlx::query("update verdict set is_me = true").execute(&pool).await.unwrap();
    sqlx::query("update template_match set band = 'maybe'").execute(&pool).await.unwrap();
    assert!(is_hidden().await, "by their own word");
    sqlx::query("delete from template_match").execute(&pool).await.unwrap();
    assert!(!is_hidden().await, "their word alone hides no photo of others");
    sqlx::query(
        "insert into template_match select event_id, visitor_id, photo_id, 'sure', 1, now() from verdict",
    )
    .execute(&pool)
    .await
    .unwrap();
    assert!(is_hidden().await);
    sqlx::query("update visitor set hidden = false").execute(&pool).await.unwrap();
    assert!(!is_hidden().await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_wait_for_review_and_streams_tell_when_they_are_published(pool: PgPool) {
    let server = Server::start(&pool).await;
    let (olive, paul, event) = stage(&server).await;
    let review = json!({"review_enabled": true});
    server.call(Some(&olive.access), "PATCH", &format!("/api/events/{event}"), Some(&review)).await;
    server.upload_as(&paul, &event, &[("new.jpg", &["eve"])]).await;
    server.work().await;
    let unpublished = async || names(&server, &olive, &event, "published=false").await.0;
    assert_eq!(unpublished().await, "new", "those from before stay published");
    let mut request = axum::http::Request::get(format!("/api/events/{event}/progress"));
    request = request.header("authorization", format!("Bearer {}", olive.access));
    let stream = server.response(request.body(axum::body::Body::empty()).unwrap()).await;
    let mut stream = stream.into_body().into_data_stream();
    stream.next().await.unwrap().unwrap();
    let photo_id = id_of(&server, &olive, &event, "new.jpg").await;
    let publish = json!({"action": "publish", "photo_ids": [photo_id]});
    assert_eq!(act(&server, &paul, &event, &publish).await.json(), json!({"changed": 1}));
    assert_eq!(act(&server, &paul, &event, &publish).await.json(), json!({"changed": 0}));
    server.web.news.publish(store::listen::News::Unknown);
    let told = String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(told.contains(&photo_id) && told.contains("\"published\":true"), "{told}");
    let hide = json!({"action": "hide", "filter": {"faces": "some"}});
    assert_eq!(act(&server, &paul, &event, &hide).await.json(), json!({"changed": 5}));
    assert_eq!(unpublished().await, "a b c late new");
    let publish = json!({"action": "publish", "filter": {"mine": true, "state": "ready"}});
    assert_eq!(act(&server, &olive, &event, &publish).await.json(), json!({"changed": 2}));
    assert_eq!(unpublished().await, "c late new");
    let none = json!({"action": "hide", "filter": {"published": false}});
    assert_eq!(act(&server, &olive, &event, &none).await.json(), json!({"changed": 0}));
    for wrong in [
        json!({"action": "hide"}),
        json!({"action": "hide", "photo_ids": [], "filter": {}}),
        json!({"action": "hide", "photo_ids": vec![photo_id; 1001]}),
        json!({"action": "hide", "filter": {"faces": "x"}}),
    ] {
        assert_eq!(act(&server, &olive, &event, &wrong).await.code(), "field_invalid");
    }
    assert_eq!(
        act(&server, &olive, &event, &json!({"action": "burn", "filter": {}})).await.code(),
        "body_invalid"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn deleted_photos_are_found_and_shown_no_more_and_their_files_follow(pool: PgPool) {
    let server = Server::start(&pool).await;
    let (olive, paul, event) = stage(&server).await;
    let (theirs, own) =
        (id_of(&server, &olive, &event, "a.jpg").await, id_of(&server, &olive, &event, "c.jpg").await);
    for body in
        [json!({"action": "delete", "photo_ids": [own, theirs]}), json!({"action": "delete", "filter": {}})]
    {
        let refused = act(&server, &paul, &event, &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, "not_your_photo"));
    }
    assert_eq!(names(&server, &olive, &event, "").await.1, 5, "nothing was changed");
    assert_eq!(server.search(&event, &["cyd"]).await.json()["matches"].as_array().unwrap().len(), 1);
    let mine = json!({"action": "delete", "filter": {"mine": true}});
    assert_eq!(act(&server, &paul, &event, &mine).await.json(), json!({"changed": 2}));
    assert_eq!(names(&server, &olive, &event, "").await, ("a b none".to_owned(), 3));
    let found = server.search(&event, &["ann"]).await.json();
    let thumb = found["matches"][0]["thumb_url"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&thumb).await.status, StatusCode::OK);
    let all = json!({"action": "delete", "filter": {"faces": "some"}});
    assert_eq!(act(&server, &olive, &event, &all).await.json(), json!({"changed": 2}));
    assert_eq!(server.search(&event, &["ann"]).await.json()["faces_searched"], 0);
    assert_eq!(server.get(&thumb).await.code(), "photo_not_found", "although the file is still there");
    let event_id = event_id(&pool).await;
    server.work().await;
    assert_eq!(server.web.blobs.list_event(event_id).await.unwrap().len(), 3 * 4 + 1, "not before its time");
    sqlx::query("update photo_purge set run_at = now()").execute(&pool).await.unwrap();
    server.work().await;
    assert_eq!(
        server.web.blobs.list_event(event_id).await.unwrap().len(),
        3,
        "the photo without faces stays"
    );
    let purges: i64 = sqlx::query_scalar("select count(*) from photo_purge").fetch_one(&pool).await.unwrap();
    assert_eq!(purges, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_same_photo_may_come_again_before_and_while_its_files_are_deleted(pool: PgPool) {
    let server = Server::start(&pool).await;
    let (olive, _, event) = stage(&server).await;
    let event_id = event_id(&pool).await;
    let delete = async || {
        let photo = id_of(&server, &olive, &event, "a.jpg").await;
        act(&server, &olive, &event, &json!({"action": "delete", "photo_ids": [photo]})).await;
        sqlx::query("update photo_purge set run_at = now()").execute(&pool).await.unwrap();
    };
    let is_whole = async || {
        server.work().await;
        assert_eq!(server.search(&event, &["ann"]).await.json()["matches"].as_array().unwrap().len(), 2);
        for rendition in [Rendition::Original, Rendition::Preview, Rendition::Thumb] {
            assert!(
                server.web.blobs.get(&key(event_id, &["ann"], rendition)).await.unwrap().is_some(),
                "{rendition}"
            );
        }
    };
    delete().await;
    server.upload_as(&olive, &event, &[("a.jpg", &["ann"])]).await;
    is_whole().await;

    // A worker is at the very files when they come again: the upload waits, and writes them anew.
    delete().await;
    let mut purging = pool.begin().await.unwrap();
    sqlx::query("select from photo_purge for update").execute(&mut *purging).await.unwrap();
    let again = server.upload_as(&olive, &event, &[("a.jpg", &["ann"])]);
    let purge = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        for rendition in [Rendition::Original, Rendition::Preview, Rendition::Thumb] {
            server.web.blobs.delete(&key(event_id, &["ann"], rendition)).await.unwrap();
        }
        sqlx::query("delete from photo_purge").execute(&mut *purging).await.unwrap();
        purging.commit().await.unwrap();
    };
    let (again, ()) = futures::future::join(again, purge).await;
    assert_eq!(
        again.json()["results"][0]["outcome"],
        "accepted",
        "{}",
        String::from_utf8_lossy(&again.bytes)
    );
    is_whole().await;

    // An upload that ends after its bytes were written and before its row leaves nothing for ever.
    delete().await;
    let mut tx = server.web.store.begin().await.unwrap();
    store::photo_purge::put_off(&mut tx, event_id, Digest::of(&Fake::photo_of(&["ann"]))).await.unwrap();
    tx.commit().await.unwrap();
    server.work().await;
    assert!(server.web.blobs.get(&key(event_id, &["ann"], Rendition::Original)).await.unwrap().is_some());
    sqlx::query("update photo_purge set run_at = now()").execute(&pool).await.unwrap();
    server.work().await;
    assert!(server.web.blobs.get(&key(event_id, &["ann"], Rendition::Original)).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../../migrations")]
async fn files_that_cannot_be_deleted_keep_no_others_from_going(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    server.upload_as(&ada, &event, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await;
    let event_id = event_id(&pool).await;
    let folder = tempfile::tempdir().unwrap();
    let mut worker = server.worker();
    worker.blobs = blobs::Blobs::open(&blobs::Settings::Folder(folder.path().to_owned())).unwrap();
    let place = |people: &[&str]| folder.path().join(key(event_id, people, Rendition::Original).to_string());
    // Where a file should be there is a folder, which is not deleted as one.
    std::fs::create_dir_all(place(&["ann"])).unwrap();
    worker.blobs.put(&key(event_id, &["bob"], Rendition::Original), "bob".into()).await.unwrap();
    act(&server, &ada, &event, &json!({"action": "delete", "filter": {}})).await;
    sqlx::query(
        "update photo_purge set run_at = now() - interval '1 hour' * case sha256 when $1 then 2 else 1 end",
    )
    .bind(Digest::of(&Fake::photo_of(&["ann"])).0.as_slice())
    .execute(&pool)
    .await
    .unwrap();
    worker.purge_until_idle().await.unwrap();
    assert!(place(&["ann"]).exists() && !place(&["bob"]).exists());
    let left: Vec<(Vec<u8>, bool)> =
        sqlx::query_as("select sha256, run_at between now() + interval '4 minutes' and now() + interval '5 minutes' from photo_purge")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(left, [(Digest::of(&Fake::photo_of(&["ann"])).0.to_vec(), true)], "it comes again");
    server.call(Some(&ada.access), "DELETE", &format!("/api/events/{event}"), None).await;
    std::fs::remove_dir(place(&["ann"])).unwrap();
    worker.purge_until_idle().await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from photo_purge").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_comes_or_changes_after_the_filter_was_asked_for_stays(pool: PgPool) {
    let server = Server::start(&pool).await;
    let (olive, _, event) = stage(&server).await;
    sqlx::query(
        "update photo set uploaded_at = uploaded_at + interval '1 second' where file_name = 'late.jpg'",
    )
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("update photo set published = false").execute(&pool).await.unwrap();
    // A colleague publishes a photo while others that are not published are being deleted.
    let mut colleague = pool.begin().await.unwrap();
    sqlx::query("select from event for update").execute(&mut *colleague).await.unwrap();
    let unpublished = json!({"action": "delete", "filter": {"published": false}});
    let deleting = act(&server, &olive, &event, &unpublished);
    let publishing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sqlx::query("update photo set published = true where file_name = 'a.jpg'")
            .execute(&mut *colleague)
            .await
            .unwrap();
        colleague.commit().await.unwrap();
    };
    let (deleted, ()) = futures::future::join(deleting, publishing).await;
    assert_eq!(deleted.json(), json!({"changed": 3}));
    assert_eq!(names(&server, &olive, &event, "").await.0, "a late");
    let publish = json!({"action": "publish", "filter": {}});
    assert_eq!(act(&server, &olive, &event, &publish).await.json(), json!({"changed": 0}));
    server.pass(1);
    assert_eq!(act(&server, &olive, &event, &publish).await.json(), json!({"changed": 1}));
}
