//! `PUT|PATCH|DELETE /api/attendee/me/template`: the face that a person with an account leaves at their event, to be told
//! of new photos or to be hidden.

use axum::Json;
use axum::extract::State;
use domain::{Embedding, Language, VisitorId};
use recognizer::{Found, GalleryVersion, Known};
use serde::{Deserialize, Serialize};
use store::template::{self, NewTemplate};
use store::template_match::{self, NewMatch};
use store::visitor::{self, KnownBy};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::finding::{current_version, problem};
use super::receipt::{Receipt, delete_faces};
use super::{TEMPLATE_CONSENT_VERSION, must_stay_here};
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Attendee, Body, InLanguage};
use crate::limits::Limited;

/// The face to keep, and for what.
#[derive(Deserialize, ToSchema)]
pub struct TemplateForm {
    /// From the answer to a search.
    sealed: String,
    /// The version of the consent that the person was shown.
    #[serde(default)]
    consent_version: String,
    /// Whether they want mails about new photos.
    notify: bool,
}

/// What may be changed.
#[derive(Deserialize, ToSchema)]
pub struct TemplateChange {
    /// Whether the person wants mails about new photos.
    notify: bool,
}

/// What is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptTemplate {
    #[serde(with = "time::serde::rfc3339")]
    given_at: OffsetDateTime,
    /// Whether the person gets mails about new photos.
    notify: bool,
}

/// Keeps the face of a search, in place of an earlier one.
///
/// Every photo that comes from now on is compared with it. The photos that it is found in and that the person may see count as
/// told.
#[utoipa::path(put, path = "/api/attendee/me/template", tag = "attendees", request_body = TemplateForm,
    responses((status = 200, body = KeptTemplate)))]
pub async fn keep_template(
    attendee: Attendee,
    State(web): State<Web>,
    context: Context,
    InLanguage(language): InLanguage,
    Body(form): Body<TemplateForm>,
) -> Result<Json<KeptTemplate>, Problem> {
    match form.consent_version.as_str() {
        "" => return Err(Code::ConsentRequired.into()),
        TEMPLATE_CONSENT_VERSION => {}
        _ => return Err(Code::ConsentOutdated.into()),
    }
    let account = web.pseudonyms.of("template", &attendee.user_id.to_string());
    web.limits().check(Limited::SearchAgain, &context, Some(account), web.clock.now()).await?;
    let (pack, embedding) = open(&web, &attendee, &form.sealed).await?;
    let given_at = web.clock.now();
    let new = New { pack, embedding, given_at, notify: form.notify, language };
    keep(&web, &attendee, &new).await?;
    Ok(Json(KeptTemplate { given_at, notify: form.notify }))
}

/// Changes whether the person gets mails about new photos.
#[utoipa::path(patch, path = "/api/attendee/me/template", tag = "attendees", request_body = TemplateChange,
    responses((status = 200, body = KeptTemplate)))]
pub async fn change_template(
    attendee: Attendee,
    State(web): State<Web>,
    InLanguage(language): InLanguage,
    Body(change): Body<TemplateChange>,
) -> Result<Json<KeptTemplate>, Problem> {
    let (event_id, notify) = (attendee.event_id, change.notify);
    let mut tx = web.store.begin().await?;
    let visitor = visitor::by_user(&mut tx, event_id, attendee.user_id).await?;
    let visitor_id = visitor.ok_or(Code::TemplateNeeded)?.visitor_id;
    if !template::set_notify(&mut tx, event_id, visitor_id, notify, language).await? {
        return Err(Code::TemplateNeeded.into());
    }
    let kept = template::of(&mut tx, event_id, visitor_id).await?.ok_or(Code::TemplateNeeded)?;
    commit(tx).await?;
    Ok(Json(KeptTemplate { given_at: kept.given_at, notify: kept.notify }))
}

/// Deletes the face that is kept and what it was found in. Whoever was hidden is hidden no longer: without a face nobody
/// can be found on new photos.
#[utoipa::path(delete, path = "/api/attendee/me/template", tag = "attendees",
    responses((status = 200, body = Receipt)))]
pub async fn delete_template(
    attendee: Attendee,
    State(web): State<Web>,
    context: Context,
) -> Result<Json<Receipt>, Problem> {
    delete_faces(&web, &attendee, &context, false).await.map(Json)
}

/// A face to keep.
struct New {
    pack: String,
    embedding: Embedding,
    given_at: OffsetDateTime,
    notify: bool,
    language: Language,
}

/// What is sealed, and the pack that made it: the event's.
async fn open(web: &Web, attendee: &Attendee, sealed: &str) -> Result<(String, Embedding), Problem> {
    let mut tx = web.store.begin().await?;
    let event = store::event::by_id(&mut tx, attendee.event_id).await?.ok_or(Code::EventNotFound)?;
    drop(tx);
    if !event.recognition_enabled {
        return Err(Code::RecognitionOff.into());
    }
    must_stay_here(&event)?;
    let embedding = web.seals.open(event.event_id, &event.pack, sealed, web.clock.unix_seconds());
    Ok((event.pack, embedding.ok_or(Code::SealExpired)?))
}

/// Keeps a face and what it is found in. No photo becomes ready meanwhile, since the event's row is locked: it is compared
/// either here or by whoever makes it ready.
async fn keep(web: &Web, attendee: &Attendee, new: &New) -> Result<(), Problem> {
    let event_id = attendee.event_id;
    // Once before, so that the gallery is in memory when others have to wait for it.
    let version = current_version(&mut *web.store.begin().await?, event_id).await?;
    find(web, &version, new).await?;
    let mut tx = web.store.begin().await?;
    store::event::next_change(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let event = store::event::by_id(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    must_stay_here(&event)?;
    let version = current_version(&mut tx, event_id).await?;
    let found = find(web, &version, new).await?;
    let known_by = KnownBy::Account(attendee.user_id);
    let (visitor_id, now) = (VisitorId::from_entropy(&web.entropy), new.given_at);
    let visitor_id = visitor::get_or_insert(&mut tx, event_id, visitor_id, known_by, now).await?.visitor_id;
    let kept = NewTemplate {
        visitor_id,
        pack: &new.pack,
        embedding: &new.embedding,
        consent_version: TEMPLATE_CONSENT_VERSION,
        given_at: now,
        notify: new.notify,
        language: new.language,
    };
    template::replace(&mut tx, event_id, &kept).await?;
    template_match::insert_told(&mut tx, event_id, visitor_id, &matches_of(&found), now).await?;
    // Of somebody who is hidden others see other photos now.
    store::listen::tell(&mut tx, event_id).await?;
    commit(tx).await
}

async fn find(web: &Web, version: &GalleryVersion, new: &New) -> Result<Found, Problem> {
    if version.pack != new.pack {
        return Err(Code::SealExpired.into());
    }
    web.recognizer.find_again(version, &new.embedding, &Known::default()).await.map_err(problem)
}

fn matches_of(found: &Found) -> Vec<NewMatch> {
    let new = |found: &recognizer::Match| NewMatch {
        photo_id: found.photo_id,
        band: found.band,
        score: found.score,
    };
    found.matches.iter().map(new).collect()
}
