//! Templates, what they are found in, whom that hides, and who is told.

use std::time::Duration as StdDuration;

use domain::{Band, Language, PersonName, UserId, VisitorId};
use store::attendee::{self, NewAttendee};
use store::hidden;
use store::my_data::Kept;
use store::template::{self, Deleted, NewTemplate};
use store::template_match::{self, Due, NewMatch};

use super::*;

const PACK: &str = "open";

/// A visitor with an account.
async fn visitor(store: &Store, pool: &PgPool, event_id: EventId, n: u8) -> VisitorId {
    let (user_id, visitor_id) = (UserId::from_entropy(&id(n)), VisitorId::from_entropy(&id(n)));
    let mut tx = store.begin().await.unwrap();
    let new = NewAttendee {
        user_id,
        name: &PersonName::parse("Zoe").unwrap(),
        email: Some(&format!("zoe{n}@example.org").parse_email()),
        username: None,
        password_hash: None,
        created_by: None,
        created_at: NOW,
    };
    attendee::insert(&mut tx, event_id, &new).await.unwrap();
    tx.commit().await.unwrap();
    sqlx::query("insert into visitor (event_id, visitor_id, user_id, created_at, last_seen_at) values ($1, $2, $3, $4, $4)")
        .bind(event_id.0)
        .bind(visitor_id.0)
        .bind(user_id.0)
        .bind(NOW)
        .execute(pool)
        .await
        .unwrap();
    visitor_id
}

trait ParseEmail {
    fn parse_email(&self) -> domain::Email;
}

impl ParseEmail for String {
    fn parse_email(&self) -> domain::Email {
        domain::Email::parse(self).unwrap()
    }
}

fn new<'a>(visitor_id: VisitorId, pack: &'a str, embedding: &'a Embedding) -> NewTemplate<'a> {
    let (consent_version, language) = ("1", Language::Fr);
    NewTemplate { visitor_id, pack, embedding, consent_version, given_at: NOW, notify: true, language }
}

async fn keep(store: &Store, event_id: EventId, visitor_id: VisitorId, pack: &str, direction: [f32; 2]) {
    let embedding = Embedding::normalised(&direction).unwrap();
    let mut tx = store.begin().await.unwrap();
    event::next_change(&mut tx, event_id).await.unwrap().unwrap();
    template::replace(&mut tx, event_id, &new(visitor_id, pack, &embedding)).await.unwrap();
    tx.commit().await.unwrap();
}

/// Reads all waiting photos; each has a face that points to (3, 4).
async fn read_all(store: &Store, event_id: EventId, face: u8) {
    let jobs = claim(store, LEASE, 60).await;
    let photos: Vec<ReadPhoto> = jobs.iter().map(|job| ready(job, &[face])).collect();
    let batch =
        ReadBatch { event_id, pack: PACK, thresholds: THRESHOLDS, lease_token: LEASE, photos: &photos };
    assert_eq!(store.finish_photos(&batch).await.unwrap(), photos.len());
}

async fn matches(pool: &PgPool) -> Vec<(Uuid, String, bool)> {
    sqlx::query_as(
        "select visitor_id, band, told_at is not null from template_match order by visitor_id, photo_id",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

fn photo_id(n: u8) -> PhotoId {
    PhotoId::from_entropy(&id(n))
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_that_become_ready_are_compared_with_the_templates_of_their_event_and_pack(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let (here, there) = (event(&store, 1).await.event_id, event(&store, 2).await.event_id);
    let mut people = Vec::new();
    for n in 10..13 {
        people.push(visitor(&store, &pool, here, n).await);
    }
    let elsewhere = visitor(&store, &pool, there, 13).await;
    keep(&store, here, people[0], PACK, [3.0, 4.0]).await;
    keep(&store, here, people[1], PACK, [0.0, 1.0]).await;
    keep(&store, here, people[2], PACK, [4.0, -3.0]).await;
    keep(&store, there, elsewhere, PACK, [3.0, 4.0]).await;
    let other_pack = visitor(&store, &pool, here, 14).await;
    keep(&store, here, other_pack, "another", [3.0, 4.0]).await;
    photo(&store, here, 1).await;
    read_all(&store, here, 21).await;
    let found = matches(&pool).await;
    let expected = [(people[0].0, "sure".to_owned(), false), (people[1].0, "maybe".to_owned(), false)];
    assert_eq!(found, expected, "surely, perhaps, and nobody of another event or pack");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_is_read_again_is_not_news_again(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let (ann, bob) = (visitor(&store, &pool, event_id, 10).await, visitor(&store, &pool, event_id, 11).await);
    for who in [ann, bob] {
        keep(&store, event_id, who, PACK, [3.0, 4.0]).await;
    }
    photo(&store, event_id, 1).await;
    read_all(&store, event_id, 21).await;
    sqlx::query("update template_match set told_at = found_at").execute(&pool).await.unwrap();
    // As if the second had been found on another face, which is gone.
    sqlx::query("update template set embedding = $1 where visitor_id = $2")
        .bind(Embedding::normalised(&[-3.0, -4.0]).unwrap().to_le_bytes())
        .bind(bob.0)
        .execute(&pool)
        .await
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    job::enqueue_ingest(&mut tx, event_id, JobId::from_entropy(&id(2)), photo_id(1)).await.unwrap();
    tx.commit().await.unwrap();
    read_all(&store, event_id, 22).await;
    assert_eq!(matches(&pool).await, [(ann.0, "sure".to_owned(), true)]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_withdraws_while_a_photo_is_written_leaves_nothing_and_holds_nobody_up(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let (ann, bob) = (visitor(&store, &pool, event_id, 10).await, visitor(&store, &pool, event_id, 11).await);
    for who in [ann, bob] {
        keep(&store, event_id, who, PACK, [3.0, 4.0]).await;
    }
    photo(&store, event_id, 1).await;
    // An account goes without asking for the event's row: its template is on its way out.
    let mut leaving = store.begin().await.unwrap();
    attendee::delete(&mut leaving, event_id, UserId::from_entropy(&id(10))).await.unwrap();
    let reading = tokio::spawn({
        let store = store.clone();
        async move { read_all(&store, event_id, 21).await }
    });
    tokio::time::sleep(StdDuration::from_millis(300)).await;
    assert!(!reading.is_finished(), "it waits to know whether the person goes");
    leaving.commit().await.unwrap();
    reading.await.unwrap();
    assert_eq!(matches(&pool).await, [(bob.0, "sure".to_owned(), false)]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_template_that_is_being_made_is_compared_with_the_photo_that_becomes_ready_meanwhile(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let ann = visitor(&store, &pool, event_id, 10).await;
    let embedding = Embedding::normalised(&[3.0, 4.0]).unwrap();
    photo(&store, event_id, 1).await;

    // The template is first: the photo waits.
    let mut making = store.begin().await.unwrap();
    event::next_change(&mut making, event_id).await.unwrap().unwrap();
    let reading = tokio::spawn({
        let store = store.clone();
        async move { read_all(&store, event_id, 21).await }
    });
    tokio::time::sleep(StdDuration::from_millis(300)).await;
    template::replace(&mut making, event_id, &new(ann, PACK, &embedding)).await.unwrap();
    hidden::set(&mut making, event_id, ann, true).await.unwrap();
    assert!(!reading.is_finished());
    making.commit().await.unwrap();
    reading.await.unwrap();
    assert_eq!(matches(&pool).await, [(ann.0, "sure".to_owned(), false)]);

    // The photo is first: the template waits, and then sees its faces.
    photo(&store, event_id, 2).await;
    let mut holds_photo = pool.begin().await.unwrap();
    sqlx::query("select from photo where photo_id = $1 for update")
        .bind(photo_id(2).0)
        .execute(&mut *holds_photo)
        .await
        .unwrap();
    let reading = tokio::spawn({
        let store = store.clone();
        async move { read_all(&store, event_id, 22).await }
    });
    tokio::time::sleep(StdDuration::from_millis(300)).await;
    let making = tokio::spawn({
        let store = store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            event::next_change(&mut tx, event_id).await.unwrap().unwrap();
            let mut faces = 0;
            store.gallery_faces(event_id, PACK, 0, i64::MAX, |_| faces += 1).await.unwrap();
            faces
        }
    });
    tokio::time::sleep(StdDuration::from_millis(300)).await;
    assert!(!reading.is_finished() && !making.is_finished());
    holds_photo.rollback().await.unwrap();
    assert_eq!(making.await.unwrap(), 2);
    reading.await.unwrap();
}

/// Those of the photos 1 to 3 that `viewer` may not see.
async fn hidden_from(store: &Store, event_id: EventId, viewer: Option<VisitorId>) -> Vec<PhotoId> {
    let mut tx = store.begin().await.unwrap();
    let photos: Vec<PhotoId> = (1..=3).map(photo_id).collect();
    let mut found = hidden::among(&mut tx, event_id, viewer, &photos).await.unwrap();
    found.sort();
    let digests: Vec<Digest> = (1..=3).map(|n| Digest::of(&[n])).collect();
    let mut shown = hidden::shown(&mut tx, event_id, viewer, &digests).await.unwrap();
    shown.sort();
    let mut expected: Vec<Digest> =
        (1..=3).filter(|n| !found.contains(&photo_id(*n))).map(|n| Digest::of(&[n])).collect();
    expected.sort();
    assert_eq!(shown, expected, "both ways to ask agree");
    found
}

async fn say(pool: &PgPool, event_id: EventId, who: VisitorId, photo: PhotoId, is_me: bool) {
    sqlx::query(
        "insert into verdict (event_id, visitor_id, photo_id, is_me, given_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(event_id.0)
    .bind(who.0)
    .bind(photo.0)
    .bind(is_me)
    .bind(NOW)
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn photos_of_whoever_is_hidden_are_kept_from_all_others(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let (ann, bob) = (visitor(&store, &pool, event_id, 10).await, visitor(&store, &pool, event_id, 11).await);
    for n in 1..=3 {
        photo(&store, event_id, n).await;
    }
    let found = |n, band| NewMatch { photo_id: photo_id(n), band, score: domain::Score(0.9) };
    keep(&store, event_id, ann, PACK, [3.0, 4.0]).await;
    let mut tx = store.begin().await.unwrap();
    let all = [found(1, Band::Sure), found(2, Band::Maybe), found(99, Band::Sure)];
    template_match::insert_told(&mut tx, event_id, ann, &all, NOW).await.unwrap();
    let kept = store::my_data::count(&mut tx, event_id, ann).await.unwrap();
    assert_eq!(kept, Kept { matches: 2, ..Kept::default() }, "not the photo that is gone");
    tx.commit().await.unwrap();
    assert!(hidden_from(&store, event_id, Some(bob)).await.is_empty(), "she did not ask for it");

    let set = async |hidden| {
        let mut tx = store.begin().await.unwrap();
        assert!(hidden::set(&mut tx, event_id, ann, hidden).await.unwrap());
        tx.commit().await.unwrap();
    };
    set(true).await;
    for viewer in [Some(bob), None] {
        assert_eq!(hidden_from(&store, event_id, viewer).await, [photo_id(1)], "what is only likely stays");
    }
    assert!(hidden_from(&store, event_id, Some(ann)).await.is_empty(), "her own she sees");
    say(&pool, event_id, ann, photo_id(1), false).await;
    say(&pool, event_id, ann, photo_id(2), true).await;
    say(&pool, event_id, bob, photo_id(3), true).await;
    assert_eq!(hidden_from(&store, event_id, Some(bob)).await, [photo_id(2)], "she has the last word");
    set(false).await;
    assert!(hidden_from(&store, event_id, None).await.is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_template_is_replaced_and_deleted_whole(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let ann = visitor(&store, &pool, event_id, 10).await;
    photo(&store, event_id, 1).await;
    keep(&store, event_id, ann, PACK, [3.0, 4.0]).await;
    read_all(&store, event_id, 21).await;
    assert_eq!(matches(&pool).await.len(), 1);
    keep(&store, event_id, ann, "another", [0.0, 1.0]).await;
    assert!(matches(&pool).await.is_empty(), "what the earlier one was found in is not known of this one");
    let mut tx = store.begin().await.unwrap();
    let (pack, embedding) = template::embedding(&mut tx, event_id, ann).await.unwrap().unwrap();
    assert_eq!((pack.as_str(), embedding.as_slice()), ("another", [0.0, 1.0].as_slice()));
    assert!(template::set_notify(&mut tx, event_id, ann, false, Language::En).await.unwrap());
    let kept = template::of(&mut tx, event_id, ann).await.unwrap().unwrap();
    assert_eq!((kept.notify, kept.given_at, kept.consent_version.as_str()), (false, NOW, "1"));
    let all = [NewMatch { photo_id: photo_id(1), band: Band::Sure, score: domain::Score(0.9) }];
    template_match::insert_told(&mut tx, event_id, ann, &all, NOW).await.unwrap();
    let deleted = template::delete(&mut tx, event_id, ann).await.unwrap();
    assert_eq!(deleted, Deleted { templates: 1, matches: 1 });
    assert_eq!(template::delete(&mut tx, event_id, ann).await.unwrap(), Deleted::default());
    assert!(template::of(&mut tx, event_id, ann).await.unwrap().is_none());
    assert!(!template::set_notify(&mut tx, event_id, ann, true, Language::En).await.unwrap());
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_who_tell_at_once_tell_each_person_once(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let ann = visitor(&store, &pool, event_id, 10).await;
    keep(&store, event_id, ann, PACK, [3.0, 4.0]).await;
    photo(&store, event_id, 1).await;
    read_all(&store, event_id, 21).await;
    let due = Due { event_id, visitor_id: ann };
    let mut one = store.begin_job().await.unwrap();
    assert_eq!(template_match::due(&mut one, NOW, 10).await.unwrap(), [due]);
    let news = template_match::tell(&mut one, due, NOW, NOW).await.unwrap().unwrap();
    assert_eq!((news.photos, news.language, news.slug.as_str()), (1, Language::Fr, "gala"));
    assert_eq!(news.email.as_str(), "zoe10@example.org");
    let mut two = store.begin_job().await.unwrap();
    let waited =
        tokio::time::timeout(StdDuration::from_secs(5), template_match::tell(&mut two, due, NOW, NOW));
    assert_eq!(waited.await.expect("it passes over").unwrap(), None);
    one.commit().await.unwrap();
    assert_eq!(template_match::tell(&mut two, due, NOW, NOW).await.unwrap(), None, "nothing is new");
    assert!(template_match::due(&mut two, NOW, 10).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_what_a_person_may_see_counts_as_told_when_they_leave_their_face(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let (ann, bob) = (visitor(&store, &pool, event_id, 10).await, visitor(&store, &pool, event_id, 11).await);
    for n in 1..=3 {
        photo(&store, event_id, n).await;
    }
    sqlx::query("update photo set state = 'ready', published = photo_id <> $1")
        .bind(photo_id(2).0)
        .execute(&pool)
        .await
        .unwrap();
    let found = |n| NewMatch { photo_id: photo_id(n), band: Band::Sure, score: domain::Score(0.9) };
    let leave = async |who, matches: &[NewMatch]| {
        keep(&store, event_id, who, PACK, [3.0, 4.0]).await;
        let mut tx = store.begin().await.unwrap();
        hidden::set(&mut tx, event_id, who, true).await.unwrap();
        template_match::insert_told(&mut tx, event_id, who, matches, NOW).await.unwrap();
        tx.commit().await.unwrap();
    };
    leave(bob, &[found(3)]).await;
    leave(ann, &[found(1), found(2), found(3)]).await;
    let told: Vec<Uuid> = sqlx::query_scalar(
        "select photo_id from template_match where visitor_id = $1 and told_at is not null order by photo_id",
    )
    .bind(ann.0)
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(told, [photo_id(1).0], "neither what waits for review nor what another has hidden");
    let due = Due { event_id, visitor_id: ann };
    let mut tx = store.begin_job().await.unwrap();
    assert!(template_match::due(&mut tx, NOW, 10).await.unwrap().is_empty());
    sqlx::query("update photo set published = true").execute(&pool).await.unwrap();
    assert_eq!(template_match::due(&mut tx, NOW, 10).await.unwrap(), [due]);
    let news = template_match::tell(&mut tx, due, NOW, NOW).await.unwrap().unwrap();
    assert_eq!(news.photos, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_tells_and_whoever_withdraws_wait_for_each_other_in_one_order(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let ann = visitor(&store, &pool, event_id, 10).await;
    photo(&store, event_id, 1).await;
    for replaces in [true, false] {
        keep(&store, event_id, ann, PACK, [3.0, 4.0]).await;
        let mut tx = store.begin().await.unwrap();
        let all = [NewMatch { photo_id: photo_id(1), band: Band::Sure, score: domain::Score(0.9) }];
        template_match::insert_told(&mut tx, event_id, ann, &all, NOW).await.unwrap();
        tx.commit().await.unwrap();
        // As `tell` does: the template, then its matches.
        let mut telling = pool.begin().await.unwrap();
        sqlx::query("select from template for no key update").execute(&mut *telling).await.unwrap();
        let withdrawing = tokio::spawn({
            let store = store.clone();
            async move {
                if replaces {
                    keep(&store, event_id, ann, PACK, [0.0, 1.0]).await;
                } else {
                    let mut tx = store.begin().await.unwrap();
                    template::delete(&mut tx, event_id, ann).await.unwrap();
                    tx.commit().await.unwrap();
                }
            }
        });
        tokio::time::sleep(StdDuration::from_millis(300)).await;
        assert!(!withdrawing.is_finished());
        sqlx::query("update template_match set told_at = now()")
            .execute(&mut *telling)
            .await
            .expect("no circle");
        telling.commit().await.unwrap();
        withdrawing.await.unwrap();
        assert!(matches(&pool).await.is_empty());
    }
}
