//! The face that somebody leaves: to be kept posted, to be hidden, and to be taken back.

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use recognizer::Fake;
use serde_json::{Value, json};
use sqlx::PgPool;
use store::reindex::Begun;

use crate::deletion::{grown, rows};
use crate::harness::{Answer, Server, form};
use crate::people::Person;

const TEMPLATE: &str = "/api/attendee/me/template";
const HIDDEN: &str = "/api/attendee/me/hidden";
const DATA: &str = "/api/attendee/me/data";

impl Server {
    /// Searches with a selfie of `name`, as this person.
    async fn search_as(&self, who: &Person, event: &str, name: &str) -> Value {
        let selfie = Fake::photo_of(&[name]);
        let consent = web::attendee::CONSENT_VERSION.as_bytes();
        let parts = [("consent_version", None, consent), ("selfie", Some("s.jpg"), selfie.as_ref())];
        let mut request = form(Method::POST, &format!("/api/events/{event}/search"), &parts);
        let bearer = format!("Bearer {}", who.access).parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let answer = self.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.bytes));
        answer.json()
    }

    async fn as_person(&self, who: &Person, method: &str, uri: &str, json: &Value) -> Answer {
        self.call(Some(&who.access), method, uri, Some(json)).await
    }

    /// Leaves the face of `name`.
    async fn keep_template(&self, who: &Person, event: &str, name: &str) -> Answer {
        let sealed = self.search_as(who, event, name).await["sealed"].clone();
        self.as_person(who, "PUT", TEMPLATE, &template(&sealed)).await
    }

    async fn hide(&self, who: &Person, hidden: bool) -> Answer {
        self.as_person(who, "PUT", HIDDEN, &json!({ "hidden": hidden })).await
    }

    /// The photos that `who` finds of `name`, by their ids, in the order of the ids.
    async fn found_by(&self, who: &Person, event: &str, name: &str) -> Vec<String> {
        ids(&self.search_as(who, event, name).await["matches"])
    }

    async fn data(&self, who: &Person) -> Value {
        let answer = self.call(Some(&who.access), "GET", DATA, None).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()
    }

    /// Uploads photos as staff, reads them, and returns their ids.
    async fn photos(&self, staff: &Person, event: &str, photos: &[(&str, &[&str])]) -> Vec<String> {
        let uploaded = self.upload_as(staff, event, photos).await.json();
        self.work().await;
        let results = uploaded["results"].as_array().unwrap();
        results.iter().map(|result| result["photo_id"].as_str().unwrap().to_owned()).collect()
    }
}

fn template(sealed: &Value) -> Value {
    json!({"sealed": sealed, "consent_version": web::attendee::TEMPLATE_CONSENT_VERSION, "notify": true})
}

fn ids(photos: &Value) -> Vec<String> {
    let mut ids: Vec<String> = photos
        .as_array()
        .unwrap()
        .iter()
        .map(|photo| photo["photo_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// An admin, an event of theirs, and two attendees.
async fn gala(pool: &PgPool) -> (Server, Person, String, Person, Person) {
    let server = Server::start(pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let (ann, bob) = (server.attendee(&event, "ann").await, server.attendee(&event, "bob").await);
    (server, ada, event, ann, bob)
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_face_is_kept_searched_for_changed_and_shown(pool: PgPool) {
    let (server, ada, event, ann, _) = gala(&pool).await;
    let photos = server.photos(&ada, &event, &[("1.jpg", &["ann"]), ("2.jpg", &["bob"])]).await;
    let data = server.data(&ann).await;
    assert_eq!(
        (&data["template"], &data["hidden"], &data["matches"]),
        (&json!(null), &json!(false), &json!(0))
    );
    assert_eq!(data["account"]["email"], "ann@example.org");
    assert_eq!(data["event"], json!({"slug": "gala", "name": "Gala"}));
    let again = format!("/api/attendee/events/{event}/matches");
    assert_eq!(server.as_person(&ann, "POST", &again, &json!({})).await.code(), "template_needed");
    let off = json!({"notify": false});
    assert_eq!(server.as_person(&ann, "PATCH", TEMPLATE, &off).await.code(), "template_needed");

    let kept = server.keep_template(&ann, &event, "ann").await;
    assert_eq!(kept.status, StatusCode::OK, "{}", String::from_utf8_lossy(&kept.bytes));
    assert_eq!(kept.json()["notify"], true);
    let same = server.as_person(&ann, "POST", &again, &json!({})).await.json();
    assert_eq!(ids(&same["matches"]), photos[..1]);
    let data = server.data(&ann).await;
    assert_eq!(data["matches"], 1);
    let expected = json!({"given_at": kept.json()["given_at"], "notify": true, "pack": "fake", "usable": true,
        "consent_version": web::attendee::TEMPLATE_CONSENT_VERSION});
    assert_eq!(data["template"], expected, "and no embedding");
    let page = format!("/api/attendee/events/{event}");
    let account = server.call(Some(&ann.access), "GET", &page, None).await.json()["account"].clone();
    assert_eq!((&account["keep_posted"], &account["hidden"]), (&json!(true), &json!(false)));
    let changed = server.as_person(&ann, "PATCH", TEMPLATE, &off).await.json();
    assert_eq!((&changed["notify"], &changed["given_at"]), (&json!(false), &kept.json()["given_at"]));

    // Somebody who takes another selfie has another face: what the first was found in is gone.
    assert_eq!(server.keep_template(&ann, &event, "carl").await.status, StatusCode::OK);
    assert_eq!(server.data(&ann).await["matches"], 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_cannot_be_kept_is_told_why(pool: PgPool) {
    let (server, ada, event, ann, _) = gala(&pool).await;
    let other = server.event_of(&ada, "Other").await;
    let bea = server.attendee(&other, "bea").await;
    let sealed = server.search_as(&ann, &event, "ann").await["sealed"].clone();
    let code = async |who: &Person, json: Value| server.as_person(who, "PUT", TEMPLATE, &json).await.code();
    assert_eq!(code(&ann, json!({"sealed": sealed, "notify": true})).await, "consent_required");
    let old = json!({"sealed": sealed, "notify": true, "consent_version": "2020-01-1"});
    assert_eq!(code(&ann, old).await, "consent_outdated");
    assert_eq!(code(&ann, template(&json!("nonsense"))).await, "seal_expired");
    assert_eq!(code(&bea, template(&sealed)).await, "seal_expired", "it is of another event");
    assert_eq!(server.hide(&ann, true).await.code(), "template_needed");
    assert_eq!(server.hide(&ann, false).await.status, StatusCode::NO_CONTENT, "nothing is to be done");
    let uri = format!("/api/events/{event}");
    let off = json!({"recognition_enabled": false});
    assert_eq!(server.as_person(&ada, "PATCH", &uri, &off).await.status, StatusCode::OK);
    assert_eq!(code(&ann, template(&sealed)).await, "recognition_off");
    let on = json!({"recognition_enabled": true});
    server.as_person(&ada, "PATCH", &uri, &on).await;
    assert_eq!(server.as_person(&ann, "PUT", TEMPLATE, &template(&sealed)).await.status, StatusCode::OK);
    server.pass(12 * 3600 + 1);
    let ann = Person::of(&server.log_in("ann@example.org", crate::people::PASSWORD, Some(&event)).await);
    assert_eq!(code(&ann, template(&sealed)).await, "seal_expired", "it lasts for twelve hours");
}

#[sqlx::test(migrations = "../../migrations")]
async fn no_event_goes_to_rekognition_where_a_face_is_kept_and_none_is_kept_where_it_goes(pool: PgPool) {
    let (server, ada, event, ann, bob) = gala(&pool).await;
    server.photos(&ada, &event, &[("1.jpg", &["ann", "bob"])]).await;
    server.keep_template(&ann, &event, "ann").await;
    let event_id: uuid::Uuid =
        sqlx::query_scalar("select event_id from event").fetch_one(&pool).await.unwrap();
    let begin = || server.web.store.begin_reindex(domain::EventId(event_id), domain::REKOGNITION_PACK);
    assert_eq!(begin().await.unwrap(), Begun::FacesKeptHere);
    assert_eq!(server.call(Some(&ann.access), "DELETE", TEMPLATE, None).await.status, StatusCode::OK);
    assert_eq!(begin().await.unwrap(), Begun::Begun);
    assert_eq!(server.keep_template(&bob, &event, "bob").await.code(), "faces_kept_elsewhere");
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_keeps_a_face_is_told_of_new_photos_once(pool: PgPool) {
    let (server, ada, event, ann, _) = gala(&pool).await;
    server.photos(&ada, &event, &[("1.jpg", &["ann"])]).await;
    server.keep_template(&ann, &event, "ann").await;
    assert_eq!(server.worker().tell_of_new_photos().await.unwrap(), 0, "what she has seen is no news");
    server.photos(&ada, &event, &[("2.jpg", &["ann", "bob"]), ("3.jpg", &["bob"])]).await;
    assert_eq!(server.worker().tell_of_new_photos().await.unwrap(), 1);
    let mail = server.newest_mail(&ada, "ann@example.org").await.unwrap();
    assert!(
        mail.contains("1 new photo of you") && mail.contains("\nhttp://localhost:8080/e/gala\n"),
        "{mail}"
    );
    assert_eq!(server.worker().tell_of_new_photos().await.unwrap(), 0);
}

/// What visitors see of an event: by search, by looking through, by favourites, by number.
async fn seen(server: &Server, who: &Person, event: &str) -> [Vec<String>; 3] {
    let browse = format!("/api/attendee/events/{event}/photos");
    let browsed = ids(&server.call(Some(&who.access), "GET", &browse, None).await.json()["photos"]);
    let favourites = format!("/api/attendee/events/{event}/favourites");
    let marked = ids(&server.call(Some(&who.access), "GET", &favourites, None).await.json()["photos"]);
    let page = format!("/api/attendee/events/{event}");
    let count = server.call(Some(&who.access), "GET", &page, None).await.json()["photos_ready"].clone();
    assert_eq!(count, browsed.len(), "the number is that of the photos");
    [server.found_by(who, event, "bob").await, browsed, marked]
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_is_hidden_is_seen_by_themselves_and_staff_only(pool: PgPool) {
    let (server, ada, event, ann, bob) = gala(&pool).await;
    sqlx::query("update event set browse_enabled = true").execute(&pool).await.unwrap();
    let photos = server.photos(&ada, &event, &[("1.jpg", &["ann", "bob"]), ("2.jpg", &["bob"])]).await;
    let mark = format!("/api/attendee/events/{event}/favourites/{}", photos[0]);
    for who in [&ann, &bob] {
        assert_eq!(server.call(Some(&who.access), "PUT", &mark, None).await.status, StatusCode::NO_CONTENT);
    }
    let all = sorted(photos.clone());
    let both = [all.clone(), all.clone(), vec![photos[0].clone()]];
    assert_eq!(seen(&server, &bob, &event).await, both);
    let found = server.search_as(&bob, &event, "bob").await;
    let with_ann = found["matches"].as_array().unwrap().iter().find(|found| found["photo_id"] == photos[0]);
    let with_ann = with_ann.unwrap().clone();
    let addresses = ["thumb_url", "preview_url", "download_url"].map(|name| with_ann[name].as_str().unwrap());

    server.keep_template(&ann, &event, "ann").await;
    assert_eq!(seen(&server, &bob, &event).await, both, "a face that is kept hides nothing by itself");
    assert_eq!(server.hide(&ann, true).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.data(&ann).await["hidden"], true);
    let only = vec![photos[1].clone()];
    assert_eq!(seen(&server, &bob, &event).await, [only.clone(), only, vec![]]);
    assert_eq!(server.call(Some(&bob.access), "PUT", &mark, None).await.code(), "photo_not_found");
    for address in addresses {
        assert_eq!(server.get(address).await.code(), "photo_not_found", "an address of before: {address}");
    }
    let zip = server.post("/media/zip", &json!({"photos": [addresses[2]], "check": true})).await;
    assert_eq!(zip.code(), "photo_not_found");
    let anybody = server.get(&format!("/api/attendee/events/{event}")).await.json();
    assert_eq!(anybody["photos_ready"], 1);

    // She sees herself, and so does staff.
    assert_eq!(seen(&server, &ann, &event).await, both);
    let hers = server.search_as(&ann, &event, "ann").await["matches"][0].clone();
    let list = format!("/api/events/{event}/photos");
    let staffs = server.call(Some(&ada.access), "GET", &list, None).await.json()["photos"].clone();
    assert_eq!(ids(&staffs), all);
    let staffs =
        staffs.as_array().unwrap().iter().find(|photo| photo["photo_id"] == photos[0]).unwrap().clone();
    for photo in [&hers, &staffs] {
        assert_eq!(server.get(photo["preview_url"].as_str().unwrap()).await.status, StatusCode::OK);
    }
    let others = hers["thumb_url"].as_str().unwrap().split_once("&for=").unwrap();
    let forged = format!("{}&for=staff{}", others.0, &others.1[36..]);
    assert_eq!(server.get(&forged).await.code(), "link_expired", "an address says for whom it was signed");

    // New photos are hidden from the moment they are ready; what she says counts.
    let new = server.photos(&ada, &event, &[("3.jpg", &["ann", "bob", "carl"])]).await;
    assert_eq!(seen(&server, &bob, &event).await[1], photos[1..]);
    let verdict = format!("/api/attendee/events/{event}/verdicts/{}", new[0]);
    let not_me = json!({"is_me": false});
    assert_eq!(server.as_person(&ann, "PUT", &verdict, &not_me).await.status, StatusCode::NO_CONTENT);
    assert_eq!(seen(&server, &bob, &event).await[1], sorted(vec![photos[1].clone(), new[0].clone()]));
    assert_eq!(server.hide(&ann, false).await.status, StatusCode::NO_CONTENT);
    assert_eq!(seen(&server, &bob, &event).await[1].len(), 3);
    assert_eq!(server.get(addresses[0]).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_who_are_hidden_do_not_see_each_other(pool: PgPool) {
    let (server, ada, event, ann, bob) = gala(&pool).await;
    let photos = server.photos(&ada, &event, &[("1.jpg", &["ann", "bob"]), ("2.jpg", &["bob"])]).await;
    for (who, name) in [(&ann, "ann"), (&bob, "bob")] {
        server.keep_template(who, &event, name).await;
        server.hide(who, true).await;
    }
    assert!(server.found_by(&ann, &event, "ann").await.is_empty());
    assert_eq!(server.found_by(&bob, &event, "bob").await, photos[1..]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_takes_it_back_leaves_nothing_behind_and_gets_a_receipt(pool: PgPool) {
    let (server, ada, event, ann, bob) = gala(&pool).await;
    let photos = server.photos(&ada, &event, &[("1.jpg", &["ann"]), ("2.jpg", &["ann", "bob"])]).await;
    server.keep_template(&bob, &event, "bob").await;
    server.search_as(&ann, &event, "ann").await;
    // Her visitor's row and a favourite are no face data, and stay.
    let mark = format!("/api/attendee/events/{event}/favourites/{}", photos[0]);
    server.call(Some(&ann.access), "PUT", &mark, None).await;
    for uri in [TEMPLATE, "/api/attendee/me/face-data"] {
        let sealed = server.search_as(&ann, &event, "ann").await["sealed"].clone();
        let before = rows(&pool).await;
        server.as_person(&ann, "PUT", TEMPLATE, &template(&sealed)).await;
        assert_eq!(grown(&before, &rows(&pool).await), ["template", "template_match"]);
        server.hide(&ann, true).await;
        let verdict = format!("/api/attendee/events/{event}/verdicts/{}", photos[0]);
        server.as_person(&ann, "PUT", &verdict, &json!({"is_me": true})).await;
        let receipt = server.call(Some(&ann.access), "DELETE", uri, None).await;
        assert_eq!(receipt.status, StatusCode::OK);
        let receipt = receipt.json();
        let verdicts = i64::from(uri != TEMPLATE);
        assert_eq!(receipt["deleted"], json!({"templates": 1, "matches": 2, "verdicts": verdicts}));
        assert_eq!(receipt["event"], json!({"slug": "gala", "name": "Gala"}));
        let data = server.data(&ann).await;
        assert_eq!((&data["template"], &data["hidden"]), (&json!(null), &json!(false)));
        assert_eq!((&data["favourites"], &data["matches"]), (&json!(1), &json!(0)));
        assert_eq!(data["verdicts"], 1 - verdicts);
        if uri != TEMPLATE {
            assert_eq!(rows(&pool).await, before, "every table has as many rows as before");
        }
        sqlx::query("delete from verdict").execute(&pool).await.unwrap();
        let lines: i64 = sqlx::query_scalar(
            "select count(*) from audit where target_id = $1::uuid and action = 'face data deleted' and actor_id = $2::uuid",
        )
        .bind(receipt["receipt_id"].as_str().unwrap().parse::<uuid::Uuid>().unwrap())
        .bind(ann.user_id.parse::<uuid::Uuid>().unwrap())
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(lines, 1);
    }
    assert_eq!(server.data(&bob).await["matches"], 1, "others keep theirs");
    let nothing = server.call(Some(&ann.access), "DELETE", TEMPLATE, None).await.json();
    assert_eq!(nothing["deleted"], json!({"templates": 0, "matches": 0, "verdicts": 0}));
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_left_of_a_kept_face_when_the_account_goes(pool: PgPool) {
    let (server, ada, event, _, _) = gala(&pool).await;
    let photos = server.photos(&ada, &event, &[("1.jpg", &["zoe"])]).await;
    server.search(&event, &["zoe"]).await;
    let before = rows(&pool).await;
    let zoe = server.attendee(&event, "zoe").await;
    let sealed = server.search_as(&zoe, &event, "zoe").await["sealed"].clone();
    server.as_person(&zoe, "PUT", TEMPLATE, &template(&sealed)).await;
    server.hide(&zoe, true).await;
    let verdict = format!("/api/attendee/events/{event}/verdicts/{}", photos[0]);
    server.as_person(&zoe, "PUT", &verdict, &json!({"is_me": true})).await;
    server.photos(&ada, &event, &[("2.jpg", &["zoe", "carl"])]).await;
    assert_eq!(server.worker().tell_of_new_photos().await.unwrap(), 1);
    assert_eq!(
        server.call(Some(&zoe.access), "DELETE", "/api/me", None).await.status,
        StatusCode::NO_CONTENT
    );
    let left = grown(&before, &rows(&pool).await);
    assert_eq!(left, ["consent", "face", "photo"], "a consent without a name, and the photographer's photo");
}

/// Holds a row that matches `select`, until it is dropped.
async fn hold(pool: &PgPool, select: &'static str, id: &str) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut tx = pool.begin().await.unwrap();
    let id: uuid::Uuid = id.parse().unwrap();
    let held = sqlx::query(select).bind(id).fetch_all(&mut *tx).await.unwrap();
    assert_eq!(held.len(), 1, "{select}");
    tx
}

async fn a_while() {
    tokio::time::sleep(Duration::from_millis(400)).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_becomes_ready_while_a_face_is_kept_is_hidden_whoever_is_first(pool: PgPool) {
    let (server, ada, event, ann, bob) = gala(&pool).await;
    // She has a face of somebody else and is hidden already, and now leaves her own.
    server.keep_template(&ann, &event, "nobody").await;
    server.hide(&ann, true).await;
    let sealed = server.search_as(&ann, &event, "ann").await["sealed"].clone();
    let keep = async || server.as_person(&ann, "PUT", TEMPLATE, &template(&sealed)).await;

    // The face is first: it waits for its visitor's row, and the photo for the event's.
    server.upload_as(&ada, &event, &[("1.jpg", &["ann", "bob"])]).await;
    let select = "select 1 from visitor where user_id = $1 for update";
    let held = hold(&pool, select, &ann.user_id).await;
    let (kept, (), ()) = tokio::join!(
        keep(),
        async {
            a_while().await;
            server.work().await;
        },
        async {
            a_while().await;
            a_while().await;
            let ready: i64 = sqlx::query_scalar("select count(*) from photo where state = 'ready'")
                .fetch_one(&pool)
                .await
                .unwrap();
            assert_eq!(ready, 0, "the photo waits");
            held.rollback().await.unwrap();
        }
    );
    assert_eq!(kept.status, StatusCode::OK);
    assert!(server.found_by(&bob, &event, "bob").await.is_empty());
    assert_eq!(server.data(&ann).await["matches"], 1);

    // The photo is first: it waits for its own row, and the face for the event's.
    server.keep_template(&ann, &event, "nobody").await;
    let uploaded = server.upload_as(&ada, &event, &[("2.jpg", &["ann", "bob", "carl"])]).await.json();
    let photo_id = uploaded["results"][0]["photo_id"].as_str().unwrap();
    let held = hold(&pool, "select 1 from photo where photo_id = $1 for update", photo_id).await;
    let (kept, (), ()) = tokio::join!(
        async {
            a_while().await;
            keep().await
        },
        server.work(),
        async {
            a_while().await;
            a_while().await;
            held.rollback().await.unwrap();
        }
    );
    assert_eq!(kept.status, StatusCode::OK);
    assert!(server.found_by(&bob, &event, "bob").await.is_empty());
    assert_eq!(server.found_by(&ann, &event, "ann").await.len(), 2);
    assert_eq!(server.data(&ann).await["matches"], 2);
}

#[sqlx::test(migrations = "../../migrations")]
async fn with_another_pack_a_face_is_of_no_use_but_hides_what_it_hid(pool: PgPool) {
    let (server, ada, event, ann, bob) = gala(&pool).await;
    server.photos(&ada, &event, &[("1.jpg", &["ann", "bob"])]).await;
    let sealed = server.search_as(&ann, &event, "ann").await["sealed"].clone();
    server.keep_template(&ann, &event, "ann").await;
    server.hide(&ann, true).await;
    let reindex = format!("/api/events/{event}/reindex");
    let switch = async |pack: &str| {
        let begun = server.as_person(&ada, "POST", &reindex, &json!({ "pack": pack })).await;
        assert!(begun.status.is_success(), "{}", String::from_utf8_lossy(&begun.bytes));
        server.work().await;
    };
    switch("fake2").await;
    let data = server.data(&ann).await;
    assert_eq!((&data["template"]["usable"], &data["template"]["pack"]), (&json!(false), &json!("fake")));
    assert!(server.found_by(&bob, &event, "bob").await.is_empty(), "what was hidden stays hidden");
    let again = format!("/api/attendee/events/{event}/matches");
    assert_eq!(server.as_person(&ann, "POST", &again, &json!({})).await.code(), "template_needed");
    assert_eq!(server.as_person(&ann, "PUT", TEMPLATE, &template(&sealed)).await.code(), "seal_expired");
    server.hide(&ann, false).await;
    assert_eq!(server.hide(&ann, true).await.code(), "template_needed", "new photos could not be hidden");
    let meanwhile = server.photos(&ada, &event, &[("2.jpg", &["ann", "bob", "carl"])]).await;
    assert_eq!(server.data(&ann).await["matches"], 1);
    // Back with the first pack, what came meanwhile is compared as it is read again.
    switch("fake").await;
    assert_eq!(server.data(&ann).await["template"]["usable"], true);
    assert_eq!(server.data(&ann).await["matches"], 2);
    assert_eq!(server.hide(&ann, true).await.status, StatusCode::NO_CONTENT);
    assert!(!server.found_by(&bob, &event, "bob").await.contains(&meanwhile[0]));
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_is_hidden_stays_so_on_new_photos_when_another_pack_knows_their_face(pool: PgPool) {
    let (server, ada, event, ann, bob) = gala(&pool).await;
    let photos = server.photos(&ada, &event, &[("1.jpg", &["ann", "bob"]), ("2.jpg", &["ann"])]).await;
    server.keep_template(&ann, &event, "ann").await;
    server.hide(&ann, true).await;
    let reindex = format!("/api/events/{event}/reindex");
    server.as_person(&ada, "POST", &reindex, &json!({"pack": "fake2"})).await;
    server.work().await;
    let kept = server.data(&ann).await["template"].clone();
    assert_eq!((&kept["usable"], &kept["pack"]), (&json!(true), &json!("fake2")));
    server.photos(&ada, &event, &[("3.jpg", &["ann", "bob", "carl"]), ("4.jpg", &["bob"])]).await;
    assert_eq!(server.found_by(&bob, &event, "bob").await.len(), 1);
    assert!(!server.found_by(&bob, &event, "bob").await.contains(&photos[0]));
    assert_eq!(server.found_by(&ann, &event, "ann").await.len(), 3);
    assert_eq!(server.data(&ann).await["matches"], 3);
    assert_eq!(server.worker().tell_of_new_photos().await.unwrap(), 1, "and she is told of it");
}
