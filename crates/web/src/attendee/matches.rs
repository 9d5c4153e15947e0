//! `POST /api/attendee/events/{event}/matches`: the same search again, for pages that stay open while photos come.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::finding::{SearchAnswer, Wanted, find};
use super::must_be_kept_here;
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem};
use crate::extract::{Body, Guest, Visiting};
use crate::limits::Limited;

/// Whose photos.
#[derive(Deserialize, ToSchema)]
pub struct SameSearch {
    /// From the answer to a search; without it, the face that the account keeps is searched for.
    sealed: Option<String>,
}

/// The same search again, without another selfie.
#[utoipa::path(post, path = "/api/attendee/events/{event}/matches", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id")), request_body = SameSearch,
    responses((status = 200, body = SearchAnswer)))]
pub async fn matches(
    Visiting(guest): Visiting,
    State(web): State<Web>,
    context: Context,
    Body(form): Body<SameSearch>,
) -> Result<Json<SearchAnswer>, Problem> {
    let web = guest.addresses(web);
    let key = guest.visitor_id().map(|id| web.pseudonyms.of("visitor", &id.to_string()));
    web.limits().check(Limited::SearchAgain, &context, key, web.clock.now()).await?;
    let event = &guest.event;
    if !event.recognition_enabled {
        return Err(Code::RecognitionOff.into());
    }
    must_be_kept_here(event)?;
    let wanted = wanted(&web, &guest, form.sealed.as_deref()).await?;
    let found = find(&web, event.event_id, guest.visitor_id(), &wanted).await?;
    // The seal stays the one of the selfie, so that asking again does not make it last.
    let sealed = form.sealed.or_else(|| found.sealed(&web, event.event_id));
    Ok(Json(found.answer(event, &web, sealed)))
}

/// Whom the seal is of; without one, whose account it is.
async fn wanted(web: &Web, guest: &Guest, sealed: Option<&str>) -> Result<Wanted, Problem> {
    let Some(sealed) = sealed else { return kept(web, guest).await };
    let event = &guest.event;
    let embedding = web.seals.open(event.event_id, &event.pack, sealed, web.clock.unix_seconds());
    let embedding = embedding.ok_or(Code::SealExpired)?;
    Ok(Wanted::Face { pack: event.pack.clone(), embedding, outdated: Code::SealExpired })
}

/// The face that the account keeps at the event. One that another pack has made cannot be compared any more.
async fn kept(web: &Web, guest: &Guest) -> Result<Wanted, Problem> {
    let (Some(visitor_id), Some(_)) = (guest.visitor_id(), &guest.account) else {
        return Err(Code::TemplateNeeded.into());
    };
    let mut tx = web.store.begin().await?;
    let kept = store::template::embedding(&mut tx, guest.event.event_id, visitor_id).await?;
    let (pack, embedding) = kept.ok_or(Code::TemplateNeeded)?;
    Ok(Wanted::Face { pack, embedding, outdated: Code::TemplateNeeded })
}
