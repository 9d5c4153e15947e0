//! What a person at an event sees and does. Searching needs no account.

pub mod delete_face_data;
pub mod enter;
pub mod favourites;
pub mod finding;
pub mod forget_visit;
pub mod hide_me;
pub mod look;
pub mod matches;
pub mod my_data;
pub mod news;
pub mod photo;
pub mod photos;
pub mod receipt;
pub mod register;
pub mod seal;
pub mod search;
pub mod show_event;
pub mod template;
pub mod verdicts;

use domain::{PhotoId, REKOGNITION_PACK};
use store::event::Event;

use crate::Web;
use crate::error::{Code, Problem};
use crate::extract::Guest;

/// The wording of the consent that the page shows. A new wording is a new version, and older consents end.
pub const CONSENT_VERSION: &str = "2026-11-1";
/// The wording at events whose faces Amazon Rekognition keeps. Whoever was shown the other one has not consented to that.
pub const REKOGNITION_CONSENT_VERSION: &str = "2026-11-1-rekognition";
/// The wording of the consent to keep a face, to be told of new photos or to be hidden.
pub const TEMPLATE_CONSENT_VERSION: &str = "2026-11-1";

/// Whether the event's faces are kept by Amazon Rekognition.
fn is_kept_elsewhere(event: &Event) -> bool {
    event.pack == REKOGNITION_PACK
}

/// The wording of the consent that a search at the event needs.
fn consent_version(event: &Event) -> &'static str {
    if is_kept_elsewhere(event) { REKOGNITION_CONSENT_VERSION } else { CONSENT_VERSION }
}

/// Refuses what needs a face's embedding where there is none.
fn must_be_kept_here(event: &Event) -> Result<(), Problem> {
    if is_kept_elsewhere(event) { Err(Code::FacesKeptElsewhere.into()) } else { Ok(()) }
}

/// Refuses to keep a face where new photos are, or soon will be, compared elsewhere, so that it would not be found on them.
fn must_stay_here(event: &Event) -> Result<(), Problem> {
    must_be_kept_here(event)?;
    if event.reindex_pack.as_deref() == Some(REKOGNITION_PACK) {
        return Err(Code::FacesKeptElsewhere.into());
    }
    Ok(())
}

/// Refuses what is about a photo that the visitor may not see: for them it does not exist.
async fn must_see(web: &Web, guest: &Guest, photo_id: PhotoId) -> Result<(), Problem> {
    let mut tx = web.store.begin().await?;
    let (event_id, visitor) = (guest.event.event_id, guest.visitor_id());
    if store::visible::may_see(&mut tx, event_id, visitor, photo_id).await? {
        Ok(())
    } else {
        Err(Code::PhotoNotFound.into())
    }
}
