//! `GET /api/attendee/events/{event}`: what the event's page needs before a search.

use axum::Json;
use axum::extract::State;
use domain::{AccessMode, Slug};
use serde::Serialize;
use store::event_image::{self, Kind};
use time::Date;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{TEMPLATE_CONSENT_VERSION, consent_version, is_kept_elsewhere};
use crate::Web;
use crate::error::{Code, Problem};
use crate::extract::Guest;
use crate::organiser::{Image, day, image};

/// An event, as everybody may see it.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of a document")]
pub struct PublicEvent {
    #[schema(value_type = String)]
    slug: Slug,
    name: String,
    #[serde(with = "day::option")]
    #[schema(value_type = Option<String>, example = "2026-11-20")]
    held_on: Option<Date>,
    recognition_enabled: bool,
    /// Photos that whoever asks may see; 0 until they are let in.
    photos_ready: i64,
    /// Whether selfies are sent to Amazon Rekognition, which keeps the faces of the event's photos. The consent must say
    /// so, and a search cannot be asked again without a selfie.
    uses_rekognition: bool,
    /// The version of the consent that a search needs.
    consent_version: &'static str,
    /// The version of the consent that keeping one's face needs.
    template_consent_version: &'static str,
    /// What lets in: `open`, `code` or `invitation`.
    #[schema(value_type = String, example = "open")]
    access: AccessMode,
    /// Whether whoever asks is let in.
    entered: bool,
    /// What visitors read first; null until they are let in.
    welcome: Option<String>,
    /// A colour of the event's own.
    #[schema(example = "#c2185b")]
    accent: Option<String>,
    logo: Option<Image>,
    cover: Option<Image>,
    /// Whether all photos can be looked through; false until they are let in.
    browse_enabled: bool,
    /// The account at the event of whoever asks.
    account: Option<VisitorAccount>,
}

/// The account at the event of whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitorAccount {
    name: String,
    /// Whether they are told of new photos.
    keep_posted: bool,
    /// Whether photos that show them are kept from others.
    hidden: bool,
}

/// What the event's page shows before a search.
#[utoipa::path(get, path = "/api/attendee/events/{event}", tag = "attendees", params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, body = PublicEvent)),
    operation_id = "show_public_event")]
pub async fn show_event(guest: Guest, State(web): State<Web>) -> Result<Json<PublicEvent>, Problem> {
    let account = account(&web, &guest).await?;
    let photos_ready = if guest.entered { photos_ready(&web, &guest).await? } else { 0 };
    let Guest { event, entered, .. } = guest;
    let (consent_version, uses_rekognition) = (consent_version(&event), is_kept_elsewhere(&event));
    let images = event_image::of(&mut *web.store.begin().await?, &[event.event_id]).await?;
    let image = |kind| image(&images, event.event_id, kind);
    Ok(Json(PublicEvent {
        slug: event.slug,
        name: event.name,
        held_on: event.held_on,
        recognition_enabled: event.recognition_enabled,
        photos_ready,
        consent_version,
        uses_rekognition,
        template_consent_version: TEMPLATE_CONSENT_VERSION,
        access: event.access.mode,
        entered,
        welcome: event.welcome.filter(|_| entered),
        accent: event.accent,
        logo: image(Kind::Logo),
        cover: image(Kind::Cover),
        browse_enabled: entered && event.browse_enabled,
        account,
    }))
}

async fn account(web: &Web, guest: &Guest) -> Result<Option<VisitorAccount>, Problem> {
    let Some(account) = &guest.account else { return Ok(None) };
    let (mut keep_posted, mut hidden) = (false, false);
    if let Some(visitor) = &guest.visitor {
        let mut tx = web.store.begin().await?;
        keep_posted =
            store::visitor::is_kept_posted(&mut tx, guest.event.event_id, visitor.visitor_id).await?;
        hidden = visitor.hidden;
    }
    Ok(Some(VisitorAccount { name: account.name.clone(), keep_posted, hidden }))
}

async fn photos_ready(web: &Web, guest: &Guest) -> Result<i64, Problem> {
    let visitor = guest.visitor.as_ref();
    let look = web.looks.look(&web.store, guest.event.event_id, visitor, Instant::now()).await?;
    Ok(look.ok_or(Code::EventNotFound)?.count.photos)
}
