//! Templates when an event gets another model pack.
//!
//! Embeddings of two packs do not compare. But where the old pack has surely found a person, the new one has found a face
//! at the same place of the same photo, and that face is theirs: it becomes their template. So whoever is hidden stays so
//! on photos to come. Where no such face is, the template stays as it is and is of no use until its owner gives another.

use std::collections::HashMap;

use domain::{Embedding, EventId};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Result;
use crate::bulk::{Param, Transaction};
use crate::sql::parse;
use crate::template_match::dot;

/// A face may score so much less than the match that it is taken for.
const SCORE_SLACK: f32 = 1e-3;

/// A template that another pack than the event's has made.
struct Stale {
    visitor_id: Uuid,
    embedding: Embedding,
}

/// A face of the old pack and one of the new at the same place of a photo.
struct Pair {
    old_id: Uuid,
    new_id: Uuid,
    old: Embedding,
    new: Embedding,
    /// How alike the photo's best face was.
    score: f32,
}

/// Gives templates of other packs a face of the event's pack, where one is known. The event has just switched, and the
/// faces of the old pack are still there.
pub(crate) async fn carry_over(tx: &Transaction<'_>, event_id: EventId) -> Result<()> {
    for stale in stale(tx, event_id).await? {
        let pairs = pairs(tx, event_id, stale.visitor_id).await?;
        let Some(face) = face_of(&stale.embedding, &pairs) else { continue };
        tx.execute_typed(
            "update template set pack = event.pack, embedding = $3 from event \
             where template.event_id = $1 and visitor_id = $2 and event.event_id = $1",
            &[(&event_id.0, Type::UUID), (&stale.visitor_id, Type::UUID), (&face.to_le_bytes(), Type::BYTEA)],
        )
        .await?;
    }
    Ok(())
}

async fn stale(tx: &Transaction<'_>, event_id: EventId) -> Result<Vec<Stale>> {
    let params: [Param<'_>; 1] = [(&event_id.0, Type::UUID)];
    // Whoever withdraws in this moment is waited for.
    let rows = tx
        .query_typed(
            "select visitor_id, embedding from template where event_id = $1 \
             and pack <> (select pack from event where event_id = $1) order by visitor_id for no key update",
            &params,
        )
        .await?;
    let stale = |row: &tokio_postgres::Row| {
        Ok(Stale {
            visitor_id: row.try_get(0)?,
            embedding: parse("template", Embedding::from_le_bytes(row.try_get(1)?))?,
        })
    };
    rows.iter().map(stale).collect()
}

/// The faces of both packs that share most of their place, on the photos on which the person was found most surely.
async fn pairs(tx: &Transaction<'_>, event_id: EventId, visitor_id: Uuid) -> Result<Vec<Pair>> {
    let rows = tx
        .query_typed(
            "select old_id, new_id, old_embedding, new_embedding, score from ( \
               select old.face_id as old_id, new.face_id as new_id, old.embedding as old_embedding, \
                 new.embedding as new_embedding, best.score, \
                 old.width_px * old.height_px + new.width_px * new.height_px as areas, \
                 greatest(0, least(old.x_px + old.width_px, new.x_px + new.width_px) - greatest(old.x_px, new.x_px)) \
                 * greatest(0, least(old.y_px + old.height_px, new.y_px + new.height_px) \
                   - greatest(old.y_px, new.y_px)) as shared \
               from (select photo_id, score from template_match where event_id = $1 and visitor_id = $2 \
                   and band = 'sure' and not exists (select from verdict where verdict.event_id = $1 \
                     and verdict.visitor_id = $2 and verdict.photo_id = template_match.photo_id and not is_me) \
                   order by score desc limit 5) as best \
               join template on template.event_id = $1 and template.visitor_id = $2 \
               join event on event.event_id = $1 \
               join face as old on old.event_id = $1 and old.photo_id = best.photo_id and old.pack = template.pack \
                 and old.embedding is not null \
               join face as new on new.event_id = $1 and new.photo_id = best.photo_id and new.pack = event.pack \
                 and new.embedding is not null) as both_found \
             where shared >= 0.5 * (areas - shared)",
            &[(&event_id.0, Type::UUID), (&visitor_id, Type::UUID)],
        )
        .await?;
    let pair = |row: &tokio_postgres::Row| {
        Ok(Pair {
            old_id: row.try_get(0)?,
            new_id: row.try_get(1)?,
            old: parse("face", Embedding::from_le_bytes(row.try_get(2)?))?,
            new: parse("face", Embedding::from_le_bytes(row.try_get(3)?))?,
            score: row.try_get(4)?,
        })
    };
    rows.iter().map(pair).collect()
}

/// The new pack's face of the person: where the old pack saw the very face that made the match, and no other face of either
/// pack is there too.
fn face_of<'a>(template: &Embedding, pairs: &'a [Pair]) -> Option<&'a Embedding> {
    let mut seen = HashMap::<Uuid, usize>::new();
    for pair in pairs {
        for id in [pair.old_id, pair.new_id] {
            *seen.entry(id).or_default() += 1;
        }
    }
    let alone = |pair: &&Pair| seen[&pair.old_id] == 1 && seen[&pair.new_id] == 1;
    let theirs = |pair: &&Pair| {
        template.dimension() == pair.old.dimension() && dot(template, &pair.old).0 >= pair.score - SCORE_SLACK
    };
    let best = pairs.iter().filter(alone).filter(theirs).max_by(|a, b| a.score.total_cmp(&b.score));
    best.map(|pair| &pair.new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_face_that_made_the_match_and_stands_alone_is_taken() {
        let face = |x: f32, y: f32| Embedding::normalised(&[x, y]).unwrap();
        let pair = |old: u128, new: u8, of: Embedding, score: f32| {
            let (old_id, new_id) = (Uuid::from_u128(old), Uuid::from_u128(100 + u128::from(new)));
            Pair {
                old_id,
                new_id,
                old: of,
                new: Embedding::normalised(&[1.0, f32::from(new)]).unwrap(),
                score,
            }
        };
        let ann = face(1.0, 0.0);
        let taken = |pairs: &[Pair]| face_of(&ann, pairs).map(|face| face.as_slice()[1] / face.as_slice()[0]);
        assert_eq!(taken(&[]), None);
        assert_eq!(taken(&[pair(1, 1, face(1.0, 0.0), 1.0)]), Some(1.0));
        assert_eq!(taken(&[pair(1, 1, face(0.0, 1.0), 1.0)]), None, "somebody else's face on her photo");
        let crowd = [pair(1, 1, face(1.0, 0.0), 1.0), pair(1, 2, face(1.0, 0.0), 1.0)];
        assert_eq!(taken(&crowd), None, "two faces at one place");
        let crowd = [pair(1, 1, face(1.0, 0.0), 1.0), pair(2, 1, face(0.0, 1.0), 1.0)];
        assert_eq!(taken(&crowd), None, "and the other way round");
    }
}
