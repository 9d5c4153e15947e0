//! People who asked for it are told of new photos, and templates outlive another model pack as far as they can.

use domain::{Clock, Email, Language, PersonName, UserId, VisitorId};
use recognizer::Fake;
use store::attendee::{self, NewAttendee};
use store::template::{self, NewTemplate};
use time::{Duration, OffsetDateTime};

use super::*;

const BEGIN: OffsetDateTime = datetime!(2026-11-20 20:00 UTC);

/// Somebody with an account, and perhaps an address, who leaves a template.
async fn keep_posted(
    worker: &Worker,
    pool: &PgPool,
    event_id: EventId,
    name: &str,
    language: Language,
) -> VisitorId {
    let (user_id, visitor_id) =
        (UserId::from_entropy(&worker.entropy), VisitorId::from_entropy(&worker.entropy));
    let email = Email::parse(&format!("{name}@example.org")).unwrap();
    let mut tx = worker.store.begin().await.unwrap();
    let new = NewAttendee {
        user_id,
        name: &PersonName::parse(name).unwrap(),
        email: Some(&email),
        username: None,
        password_hash: None,
        created_by: None,
        created_at: BEGIN,
    };
    attendee::insert(&mut tx, event_id, &new).await.unwrap();
    tx.commit().await.unwrap();
    sqlx::query("insert into visitor (event_id, visitor_id, user_id, created_at, last_seen_at) values ($1, $2, $3, $4, $4)")
        .bind(event_id.0)
        .bind(visitor_id.0)
        .bind(user_id.0)
        .bind(BEGIN)
        .execute(pool)
        .await
        .unwrap();
    let read = crate::read(worker, "fake", name).await;
    let new = NewTemplate {
        visitor_id,
        pack: "fake",
        embedding: read.faces[0].embedding.as_ref().unwrap(),
        consent_version: "1",
        given_at: BEGIN,
        notify: true,
        language,
    };
    let mut tx = worker.store.begin().await.unwrap();
    store::event::next_change(&mut tx, event_id).await.unwrap().unwrap();
    template::replace(&mut tx, event_id, &new).await.unwrap();
    tx.commit().await.unwrap();
    visitor_id
}

/// Subjects and recipients in the outbox, oldest first.
async fn mails(pool: &PgPool) -> Vec<(String, String)> {
    sqlx::query_as("select recipient, subject from outbox order by created_at, recipient")
        .fetch_all(pool)
        .await
        .unwrap()
}

fn at(worker: &Worker, minutes: i64) -> Worker {
    Worker { clock: Clock::fixed(BEGIN + Duration::minutes(minutes)), ..worker.clone() }
}

fn mail(name: &str, subject: &str) -> (String, String) {
    (format!("{name}@example.org"), subject.to_owned())
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_asked_for_it_is_told_of_new_photos_but_not_too_often(pool: PgPool) {
    let worker = worker(&pool).await;
    let event_id = event(&worker, "fake").await;
    keep_posted(&worker, &pool, event_id, "ann", Language::En).await;
    keep_posted(&worker, &pool, event_id, "bob", Language::Fr).await;
    assert_eq!(at(&worker, 0).tell_of_new_photos().await.unwrap(), 0, "nothing is new");
    for people in [&["ann", "bob"][..], &["ann"], &["carl"]] {
        upload(&worker, event_id, &Fake::photo_of(people), true).await;
    }
    worker.run_until_idle().await.unwrap();
    assert_eq!(at(&worker, 0).tell_of_new_photos().await.unwrap(), 2);
    let mut expected = vec![
        mail("ann", "2 new photos of you at “Gala”"),
        mail("bob", "1 nouvelle photo de vous à «\u{a0}Gala\u{a0}»"),
    ];
    assert_eq!(mails(&pool).await, expected);
    let body: String =
        sqlx::query_scalar("select body from outbox where language = 'fr'").fetch_one(&pool).await.unwrap();
    assert!(body.contains("\nhttps://photos.example.org/e/gala\n"), "{body}");

    upload(&worker, event_id, &Fake::photo_of(&["ann", "dora"]), true).await;
    worker.run_until_idle().await.unwrap();
    for minutes in [1, 29] {
        assert_eq!(at(&worker, minutes).tell_of_new_photos().await.unwrap(), 0, "after {minutes} minutes");
    }
    assert_eq!(at(&worker, 30).tell_of_new_photos().await.unwrap(), 1);
    expected.push(mail("ann", "1 new photo of you at “Gala”"));
    assert_eq!(mails(&pool).await, expected);
    assert_eq!(at(&worker, 100).tell_of_new_photos().await.unwrap(), 0, "once each");
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_is_told_of_what_they_may_not_see_or_did_not_ask_for(pool: PgPool) {
    let worker = worker(&pool).await;
    let event_id = event(&worker, "fake").await;
    let ann = keep_posted(&worker, &pool, event_id, "ann", Language::En).await;
    let bob = keep_posted(&worker, &pool, event_id, "bob", Language::En).await;
    let both = upload(&worker, event_id, &Fake::photo_of(&["ann", "bob"]), true).await;
    worker.run_until_idle().await.unwrap();
    let after = async |change: &'static str, visitor: VisitorId| {
        sqlx::query(change).bind(visitor.0).execute(&pool).await.unwrap();
        let told = at(&worker, 0).tell_of_new_photos().await.unwrap();
        assert_eq!(told, mails(&pool).await.len(), "{change}");
        told
    };
    after("update template set notify = false where visitor_id = $1", bob).await;
    sqlx::query("delete from outbox").execute(&pool).await.unwrap();
    sqlx::query("update template_match set told_at = null").execute(&pool).await.unwrap();
    sqlx::query("update template set notified_at = null").execute(&pool).await.unwrap();
    for (keeps, undo) in [
        ("update photo set published = $1 is null", "update photo set published = true"),
        ("update visitor set hidden = visitor_id <> $1", "update visitor set hidden = false"),
        ("update event set recognition_enabled = $1 is null", "update event set recognition_enabled = true"),
        (
            "update template set notify = $1 is null",
            "update template set notify = visitor_id <> $1 or $1 is null",
        ),
        ("update attendee set email = null, username = name where $1::uuid is not null", ""),
    ] {
        assert_eq!(after(keeps, ann).await, 0);
        if undo.contains("$1") {
            sqlx::query(undo).bind(bob.0).execute(&pool).await.unwrap();
        } else {
            sqlx::raw_sql(undo).execute(&pool).await.unwrap();
        }
    }
    sqlx::query("update attendee set email = 'ann@example.org' where name = 'ann'")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("insert into verdict (event_id, visitor_id, photo_id, is_me, given_at) values ($1, $2, $3, false, now())")
        .bind(event_id.0)
        .bind(ann.0)
        .bind(both.0)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(at(&worker, 0).tell_of_new_photos().await.unwrap(), 0, "she said it is somebody else");
    assert_eq!(
        after("delete from verdict where visitor_id = $1", ann).await,
        1,
        "now nothing stands in the way"
    );
}
