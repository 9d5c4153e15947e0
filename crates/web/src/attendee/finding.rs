//! A face in, the photos of that person out: what a search and the same search asked again have in common.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use domain::{Band, Embedding, EventId, PhotoId, REKOGNITION_PACK, VisitorId};
use recognizer::{FindError, Found, GalleryVersion, Known, Match, SelfieError};
use serde::Serialize;
use store::StoreError;
use store::event::Event;
use store::visible::{self, SeenPhoto};
use utoipa::ToSchema;

use super::photo::FoundPhoto;
use crate::Web;
use crate::error::{Code, Problem};

/// Galleries that may be replaced in a row before a search is told to come back.
const TRIES_MAX: usize = 4;
/// The score of a photo that only the person's own word puts among theirs.
const OWN_WORD: f32 = 1.0;
/// Verdicts that a search learns from, the latest.
const VERDICTS_MAX: i64 = 200;

/// The photos that the person is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchAnswer {
    /// Those that are surely theirs first, the most alike first; with all of which they said that it is them.
    matches: Vec<FoundPhoto>,
    /// Those that look like them, but of which they said that it is not them.
    not_me: Vec<FoundPhoto>,
    /// How many faces were compared.
    faces_searched: usize,
    timing: Timing,
    /// Asks the same search again, for twelve hours, without another selfie: only this server can read it. It is the
    /// page's to keep, in memory only. Null at events whose faces are kept elsewhere: there only a selfie asks again.
    sealed: Option<String>,
}

/// Where the time went.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub struct Timing {
    /// Waiting for others.
    queue_ms: f64,
    /// From the selfie's bytes to its embedding.
    embed_ms: f64,
    /// Bringing the gallery up to date and comparing.
    search_ms: f64,
}

/// Who is looked for.
pub(crate) enum Wanted {
    /// The person on this picture.
    Selfie {
        /// The picture.
        picture: Bytes,
        /// The face of an earlier search, to which it is added, and the pack that made it.
        earlier: Option<(String, Embedding)>,
        /// Whether the person agreed that it goes to Amazon.
        may_leave: bool,
    },
    /// The person whose face gave an embedding.
    Face {
        /// The pack that made it.
        pack: String,
        /// The embedding.
        embedding: Embedding,
        /// What is told when the event is searched with another pack now.
        outdated: Code,
    },
}

/// What was found, and the photos of it that may be shown.
pub(crate) struct Finding {
    found: Found,
    /// The pack that the event is searched with.
    pack: String,
    photos: Vec<SeenPhoto>,
}

/// The photos of the person. When the event was given another gallery while this one was loaded or searched, some of the
/// old one's faces may have been gone already: then it is asked again.
pub(crate) async fn find(
    web: &Web,
    event_id: EventId,
    visitor: Option<VisitorId>,
    wanted: &Wanted,
) -> Result<Finding, Problem> {
    for _ in 0..TRIES_MAX {
        // Read here: photos that became ready while the selfie was under way are found too.
        let mut tx = web.store.begin().await?;
        let version = current_version(&mut tx, event_id).await?;
        let known = known_of(&mut tx, event_id, visitor).await?;
        drop(tx);
        let found = match ask(web, &version, wanted, known).await? {
            Err(FindError::Outdated) => continue,
            found => found.map_err(problem)?,
        };
        let mut tx = web.store.begin().await?;
        let now = current_version(&mut tx, event_id).await?;
        if (&now.pack, now.epoch) == (&version.pack, version.epoch) {
            let ids: Vec<PhotoId> = found.matches.iter().map(|found| found.photo_id).collect();
            let photos = visible::found(&mut tx, event_id, visitor, &ids).await?;
            return Ok(Finding { found, pack: version.pack, photos });
        }
    }
    Err(Problem::busy(2))
}

async fn ask(
    web: &Web,
    version: &GalleryVersion,
    wanted: &Wanted,
    known: Known,
) -> Result<Result<Found, FindError>, Problem> {
    match wanted {
        Wanted::Selfie { earlier: Some((pack, _)), .. } if *pack != version.pack => {
            Err(Code::SealExpired.into())
        }
        // The event was given to Amazon after the page had asked.
        Wanted::Selfie { may_leave: false, .. } if version.pack == REKOGNITION_PACK => {
            Err(Code::ConsentOutdated.into())
        }
        Wanted::Selfie { picture, earlier, .. } => {
            let earlier = earlier.as_ref().map(|(_, embedding)| embedding.clone());
            Ok(web.recognizer.find(version, picture.clone(), &Known { earlier, ..known }).await)
        }
        Wanted::Face { pack, outdated, .. } if *pack != version.pack => Err((*outdated).into()),
        Wanted::Face { embedding, .. } => Ok(web.recognizer.find_again(version, embedding, &known).await),
    }
}

/// What the visitor said of the event's photos.
async fn known_of(
    db: &mut store::Connection,
    event_id: EventId,
    visitor: Option<VisitorId>,
) -> Result<Known, Problem> {
    let Some(visitor) = visitor else { return Ok(Known::default()) };
    let said = store::verdict::of_visitor(db, event_id, visitor, VERDICTS_MAX).await?;
    let (mine, not_mine): (Vec<_>, Vec<_>) = said.into_iter().partition(|(_, is_me)| *is_me);
    let photos = |said: Vec<(PhotoId, bool)>| said.into_iter().map(|(photo_id, _)| photo_id).collect();
    Ok(Known { earlier: None, mine: photos(mine), not_mine: photos(not_mine) })
}

pub(super) async fn current_version(
    db: &mut store::Connection,
    event_id: EventId,
) -> Result<GalleryVersion, Problem> {
    let event = store::event::by_id(db, event_id).await?.ok_or(Code::EventNotFound)?;
    Ok(GalleryVersion {
        event_id,
        pack: event.pack,
        version: event.gallery_version,
        epoch: event.gallery_epoch,
    })
}

impl Finding {
    /// The face that was searched for, sealed; none when it has no embedding here.
    pub(crate) fn sealed(&self, web: &Web, event_id: EventId) -> Option<String> {
        let now = web.clock.unix_seconds();
        let embedding = self.found.embedding.as_ref()?;
        Some(web.seals.seal(event_id, &self.pack, embedding, now, &web.entropy))
    }

    /// The answer for a visitor. What they said of a photo goes before what the search says.
    pub(crate) fn answer(self, event: &Event, web: &Web, sealed: Option<String>) -> SearchAnswer {
        let Self { found, photos, .. } = self;
        let mut photos: HashMap<PhotoId, SeenPhoto> =
            photos.into_iter().map(|photo| (photo.photo_id, photo)).collect();
        let (mut matches, mut not_me) = (Vec::new(), Vec::new());
        for Match { photo_id, score, band } in &found.matches {
            // A photo that was removed or hidden in this very moment is left out.
            let Some(photo) = photos.remove(photo_id) else { continue };
            let (list, band) = match photo.is_me {
                Some(false) => (&mut not_me, *band),
                Some(true) => (&mut matches, Band::Sure),
                None => (&mut matches, *band),
            };
            list.push(FoundPhoto::new(&photo, band, score.0, event, web));
        }
        let mut told: Vec<SeenPhoto> =
            photos.into_values().filter(|photo| photo.is_me == Some(true)).collect();
        told.sort_by_key(|photo| (photo.at, photo.photo_id));
        matches.extend(told.iter().map(|photo| FoundPhoto::new(photo, Band::Sure, OWN_WORD, event, web)));
        matches.sort_by_key(|found| found.band == Band::Maybe);
        SearchAnswer {
            matches,
            not_me,
            faces_searched: found.faces_searched,
            timing: Timing::from(found.timing),
            sealed,
        }
    }
}

impl From<recognizer::Timing> for Timing {
    fn from(timing: recognizer::Timing) -> Self {
        let ms = |duration: Duration| (duration.as_secs_f64() * 1e4).round() / 10.0;
        Self { queue_ms: ms(timing.queue), embed_ms: ms(timing.embed), search_ms: ms(timing.search) }
    }
}

pub(super) fn problem(error: FindError) -> Problem {
    match error {
        FindError::Busy(busy) => Problem::busy(busy.retry_after_s),
        FindError::Selfie(SelfieError::NoFace) => Code::SelfieNoFace.into(),
        FindError::Selfie(SelfieError::SeveralFaces) => Code::SelfieSeveralFaces.into(),
        FindError::Selfie(SelfieError::FaceTooSmall) => Code::SelfieFaceTooSmall.into(),
        FindError::Selfie(SelfieError::Photo(_)) => Code::SelfieUnreadable.into(),
        FindError::Elsewhere(unavailable) => {
            tracing::warn!(error = %unavailable, "a search was not answered");
            Code::RecognitionAway.into()
        }
        FindError::KeptElsewhere => Code::FacesKeptElsewhere.into(),
        FindError::OtherPerson => Code::SelfieOtherPerson.into(),
        FindError::Gallery(error) => match error.0.downcast::<StoreError>() {
            Ok(error) => Problem::from(*error),
            Err(error) => Problem::internal(error.as_ref()),
        },
        FindError::Pack(refused) => Problem::models_missing(&refused),
        FindError::Outdated => Problem::busy(2),
    }
}
