//! Photos that templates were found in, and who is to be told of them.
//!
//! ## Why
//! - Whoever writes the faces of a pack compares them, in the same transaction, with the event's templates of that pack
//!   ([`compare`]): a photo of somebody who wants to be hidden is never ready without that being known.
//! - A photo that is read again keeps what is known of its matches, so that nobody is told of it twice.

use domain::{
    Band, Email, Embedding, EventId, Language, PhotoId, Score, Slug, Thresholds, UserId, VisitorId,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Result;
use crate::bulk::{NewFace, Param, Transaction};
use crate::hidden::not_hidden_from;
use crate::sql::{parse, query, query_as, query_scalar};

/// A photo that a template was found in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewMatch {
    /// The photo.
    pub photo_id: PhotoId,
    /// What the score means.
    pub band: Band,
    /// The score of its face that is most alike.
    pub score: Score,
}

/// Writes what a new template was found in; what its owner may see now as told, since they have just seen it. The rest is
/// news when it is published, or when nobody wants to be hidden on it any more. With the event's row locked. A photo that
/// is gone is left out.
///
/// # Errors
/// When there is no such template, or the database fails.
pub async fn insert_told(
    db: &mut PgConnection,
    event_id: EventId,
    visitor_id: VisitorId,
    matches: &[NewMatch],
    now: OffsetDateTime,
) -> Result<()> {
    let photos: Vec<Uuid> = matches.iter().map(|found| found.photo_id.0).collect();
    let bands: Vec<&str> = matches.iter().map(|found| band_text(found.band)).collect();
    let scores: Vec<f32> = matches.iter().map(|found| found.score.0).collect();
    query(concat!(
        "insert into template_match (event_id, visitor_id, photo_id, band, score, found_at, told_at) \
         select $1, $2, photo_id, found.band, found.score, $6, \
           case when photo.state = 'ready' and photo.published and ",
        not_hidden_from!("$2"),
        " then $6::timestamptz end \
         from unnest($3::uuid[], $4::text[], $5::real[]) as found (photo_id, band, score) \
         join photo using (photo_id) where photo.event_id = $1 on conflict do nothing",
    ))
    .bind(event_id.0)
    .bind(visitor_id.0)
    .bind(photos)
    .bind(bands)
    .bind(scores)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Somebody who may have to be told of new photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// At which event.
    pub event_id: EventId,
    /// Who.
    pub visitor_id: VisitorId,
}

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Whose account.
    pub user_id: UserId,
    /// Where the mail goes.
    pub email: Email,
    /// In which language.
    pub language: Language,
    /// The event's title.
    pub event_name: String,
    /// The part of its address that names it.
    pub slug: Slug,
    /// How many new photos there are.
    pub photos: u64,
}

/// A condition on `template_match` and its `photo`: the person does not know of it, may see it, and is surely on it.
macro_rules! new_to_its_owner {
    () => {
        concat!(
            "template_match.told_at is null and template_match.band = 'sure' and photo.state = 'ready' \
             and photo.published and ",
            not_hidden_from!("template_match.visitor_id"),
            " and not exists (select from verdict where verdict.event_id = template_match.event_id \
             and verdict.visitor_id = template_match.visitor_id and verdict.photo_id = template_match.photo_id \
             and not verdict.is_me)"
        )
    };
}

/// People who want mails, have an address, have new photos, and were last told at or before `told_until`.
///
/// # Errors
/// When the database fails.
pub async fn due(db: &mut PgConnection, told_until: OffsetDateTime, limit: i64) -> Result<Vec<Due>> {
    let rows: Vec<(Uuid, Uuid)> = query_as(concat!(
        "select template.event_id, template.visitor_id from template join event using (event_id) \
         join visitor using (event_id, visitor_id) join attendee using (event_id, user_id) \
         where template.notify and event.recognition_enabled and attendee.email is not null \
         and (template.notified_at is null or template.notified_at <= $1) \
         and exists (select from template_match join photo using (event_id, photo_id) \
           where template_match.event_id = template.event_id and template_match.visitor_id = template.visitor_id and ",
        new_to_its_owner!(),
        ") order by template.notified_at nulls first limit $2"
    ))
    .bind(told_until)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let due = |(event_id, visitor_id)| Due { event_id: EventId(event_id), visitor_id: VisitorId(visitor_id) };
    Ok(rows.into_iter().map(due).collect())
}

/// Marks a person's new photos as told, if they are still due, and says what to tell them. Nobody else tells them
/// meanwhile: whoever comes second passes over them.
///
/// # Errors
/// When the database fails.
pub async fn tell(
    db: &mut PgConnection,
    due: Due,
    told_until: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Option<News>> {
    // The account first, as whoever deletes it takes it first too.
    let account: Option<(Uuid, String)> = query_as(
        "select user_id, email from attendee where event_id = $1 and email is not null and user_id = \
           (select user_id from visitor where visitor.event_id = $1 and visitor_id = $2) \
         for key share skip locked",
    )
    .bind(due.event_id.0)
    .bind(due.visitor_id.0)
    .fetch_optional(&mut *db)
    .await?;
    let Some((user_id, email)) = account else { return Ok(None) };
    let language: Option<String> = query_scalar(
        "select language from template where event_id = $1 and visitor_id = $2 and notify \
         and (notified_at is null or notified_at <= $3) for no key update skip locked",
    )
    .bind(due.event_id.0)
    .bind(due.visitor_id.0)
    .bind(told_until)
    .fetch_optional(&mut *db)
    .await?;
    let Some(language) = language else { return Ok(None) };
    let photos = mark_told(&mut *db, due, now).await?;
    if photos == 0 {
        return Ok(None);
    }
    let (event_name, slug): (String, String) = query_as("select name, slug from event where event_id = $1")
        .bind(due.event_id.0)
        .fetch_one(db)
        .await?;
    Ok(Some(News {
        user_id: UserId(user_id),
        email: parse("attendee", Email::parse(&email))?,
        language: if language == "fr" { Language::Fr } else { Language::En },
        event_name,
        slug: parse("event", Slug::parse(&slug))?,
        photos,
    }))
}

async fn mark_told(db: &mut PgConnection, due: Due, now: OffsetDateTime) -> Result<u64> {
    let told = query(concat!(
        "update template_match set told_at = $3 from photo where template_match.event_id = $1 \
         and template_match.visitor_id = $2 and photo.event_id = $1 and photo.photo_id = template_match.photo_id and ",
        new_to_its_owner!()
    ))
    .bind(due.event_id.0)
    .bind(due.visitor_id.0)
    .bind(now)
    .execute(&mut *db)
    .await?;
    query("update template set notified_at = $3 where event_id = $1 and visitor_id = $2")
        .bind(due.event_id.0)
        .bind(due.visitor_id.0)
        .bind(now)
        .execute(db)
        .await?;
    Ok(told.rows_affected())
}

/// What was found of whom on photos that were just read.
#[derive(Default)]
struct Found {
    visitors: Vec<Uuid>,
    photos: Vec<Uuid>,
    bands: Vec<&'static str>,
    scores: Vec<f32>,
}

/// Compares the faces that `pack` has found on `photos` with the event's templates of that pack, and writes down on which
/// photos whose owners are. The event's row is locked.
pub(crate) async fn compare(
    tx: &Transaction<'_>,
    event_id: EventId,
    pack: &str,
    thresholds: Thresholds,
    photos: &[Uuid],
    faces: &[(PhotoId, &NewFace)],
) -> Result<()> {
    let templates = templates_of(tx, event_id, pack).await?;
    if templates.is_empty() {
        return Ok(());
    }
    let faces =
        faces.iter().filter_map(|(photo_id, face)| Some((photo_id.0, face.embedding.clone()?))).collect();
    #[expect(
        clippy::disallowed_methods,
        reason = "milliseconds, one batch per event at a time: in a lane, others would wait for the event's row"
    )]
    let compared = tokio::task::spawn_blocking(move || found(&templates, faces, thresholds)).await;
    let mut found = compared.map_err(|_| sqlx::Error::WorkerCrashed)?;
    keep_existing(tx, event_id, &mut found).await?;
    write(tx, event_id, pack, photos, &found).await
}

async fn templates_of(tx: &Transaction<'_>, event_id: EventId, pack: &str) -> Result<Vec<(Uuid, Embedding)>> {
    let rows = tx
        .query_typed(
            "select visitor_id, embedding from template where event_id = $1 and pack = $2",
            &[(&event_id.0, Type::UUID), (&pack, Type::TEXT)],
        )
        .await?;
    let template = |row: &tokio_postgres::Row| {
        Ok((row.try_get(0)?, parse("template", Embedding::from_le_bytes(row.try_get(1)?))?))
    };
    rows.iter().map(template).collect()
}

/// Each template with each photo on which its owner may be, by the photo's face that is most alike.
fn found(templates: &[(Uuid, Embedding)], faces: Vec<(Uuid, Embedding)>, thresholds: Thresholds) -> Found {
    let mut best = std::collections::HashMap::<(Uuid, Uuid), Score>::new();
    for (photo_id, face) in faces {
        for (visitor_id, template) in templates {
            let score = dot(template, &face);
            if thresholds.band(score).is_some() {
                let known = best.entry((*visitor_id, photo_id)).or_insert(score);
                known.0 = known.0.max(score.0);
            }
        }
    }
    let mut found = Found::default();
    for ((visitor_id, photo_id), score) in best {
        let Some(band) = thresholds.band(score) else { continue };
        found.visitors.push(visitor_id);
        found.photos.push(photo_id);
        found.bands.push(band_text(band));
        found.scores.push(score.0);
    }
    found
}

/// The dot product in eight sums, which the compiler turns into wide instructions.
pub(crate) fn dot(a: &Embedding, b: &Embedding) -> Score {
    let (a, a_rest) = a.as_slice().as_chunks::<8>();
    let (b, b_rest) = b.as_slice().as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    Score(sums.iter().sum::<f32>() + rest)
}

/// Drops what was found of people who withdraw in this moment, and keeps the others from doing so until this is written.
async fn keep_existing(tx: &Transaction<'_>, event_id: EventId, found: &mut Found) -> Result<()> {
    let rows = tx
        .query_typed(
            "select visitor_id from template where event_id = $1 and visitor_id = any($2) \
             order by visitor_id for key share",
            &[(&event_id.0, Type::UUID), (&found.visitors, Type::UUID_ARRAY)],
        )
        .await?;
    let mut existing = std::collections::HashSet::<Uuid>::new();
    for row in rows {
        existing.insert(row.try_get(0)?);
    }
    let all = std::mem::take(found);
    let each = all.visitors.into_iter().zip(all.photos).zip(all.bands).zip(all.scores);
    for (((visitor_id, photo_id), band), score) in each {
        if existing.contains(&visitor_id) {
            found.visitors.push(visitor_id);
            found.photos.push(photo_id);
            found.bands.push(band);
            found.scores.push(score);
        }
    }
    Ok(())
}

/// Writes what was found on `photos`; what the same pack had found there before and does not find again goes.
async fn write(
    tx: &Transaction<'_>,
    event_id: EventId,
    pack: &str,
    photos: &[Uuid],
    found: &Found,
) -> Result<()> {
    let event: Param<'_> = (&event_id.0, Type::UUID);
    let (visitors, on): (Param<'_>, Param<'_>) =
        ((&found.visitors, Type::UUID_ARRAY), (&found.photos, Type::UUID_ARRAY));
    tx.execute_typed(
        "delete from template_match using template where template_match.event_id = $1 \
         and template_match.photo_id = any($2) and template.event_id = $1 \
         and template.visitor_id = template_match.visitor_id and template.pack = $3 \
         and not exists (select from unnest($4::uuid[], $5::uuid[]) as found (visitor_id, photo_id) \
           where found.visitor_id = template_match.visitor_id and found.photo_id = template_match.photo_id)",
        &[event.clone(), (&photos, Type::UUID_ARRAY), (&pack, Type::TEXT), visitors.clone(), on.clone()],
    )
    .await?;
    tx.execute_typed(
        "insert into template_match (event_id, visitor_id, photo_id, band, score, found_at) \
         select $1, visitor_id, photo_id, band, score, now() \
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::real[]) as found (visitor_id, photo_id, band, score) \
         on conflict (event_id, visitor_id, photo_id) do update set band = excluded.band, score = excluded.score",
        &[event, visitors, on, (&found.bands, Type::TEXT_ARRAY), (&found.scores, Type::FLOAT4_ARRAY)],
    )
    .await?;
    Ok(())
}

fn band_text(band: Band) -> &'static str {
    match band {
        Band::Sure => "sure",
        Band::Maybe => "maybe",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_product_is_the_cosine() {
        for length in [1_u16, 3, 8, 24, 511, 512] {
            let numbers = |seed: f32| {
                let raw: Vec<f32> = (0..length).map(|n| ((f32::from(n) + seed) * 0.7).sin() + 0.01).collect();
                Embedding::normalised(&raw).unwrap()
            };
            let (a, b) = (numbers(1.0), numbers(2.3));
            assert!((dot(&a, &b).0 - a.cosine(&b).0).abs() < 1e-5, "{length}");
            assert!((dot(&a, &a).0 - 1.0).abs() < 1e-5, "{length}");
        }
    }

    #[test]
    fn each_person_has_one_match_per_photo_by_their_best_face() {
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (one, two) = (Uuid::from_u128(11), Uuid::from_u128(12));
        let face = |x: f32, y: f32| Embedding::normalised(&[x, y]).unwrap();
        let templates = [(ann, face(1.0, 0.0)), (bob, face(0.0, 1.0))];
        let faces = vec![(one, face(1.0, 0.1)), (one, face(1.0, 0.6)), (two, face(-1.0, 0.0))];
        let found = found(&templates, faces, Thresholds { sure: 0.9, maybe: 0.5 });
        let mut bands: Vec<_> = found.visitors.iter().zip(&found.photos).zip(&found.bands).collect();
        bands.sort();
        assert_eq!(bands, [((&ann, &one), &"sure"), ((&bob, &one), &"maybe")]);
    }
}
