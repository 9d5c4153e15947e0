//! `POST /api/events/{event}/search`: a selfie in, the photos of that person out.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Multipart, Request, State};
use axum::http::HeaderMap;
use axum::{Json, RequestExt as _};
use bytes::Bytes;
use store::event::Event;
use store::event_hour::Kind;
use utoipa::ToSchema;
use uuid::Uuid;

use super::finding::{SearchAnswer, Wanted, find};
use super::{consent_version, is_kept_elsewhere};
use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Guest, Visiting};
use crate::figures::count;
use crate::limits::Limited;

/// Largest request: a selfie of 15 MiB, its consent, and a sealed face.
const BODY_BYTES_MAX: usize = 15 * 1024 * 1024 + 32 * 1024;
/// How long a selfie may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_mins(1);

/// The form, as the document describes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read part by part")]
pub struct SelfieForm {
    /// The version of the consent that the person was shown.
    consent_version: String,
    /// A JPEG, PNG or WebP of up to 15 MiB.
    #[schema(value_type = String, format = Binary)]
    selfie: Vec<u8>,
    /// From the answer to an earlier search by the same person: the selfie is added to it.
    sealed: Option<String>,
}

/// What the form held.
struct Sent {
    selfie: Bytes,
    sealed: Option<String>,
}

/// Finds the photos of the person on the selfie.
///
/// Send the version of the consent that the person was shown in `consent_version`, then the picture in `selfie`
/// (JPEG, PNG or WebP, up to 15 MiB). With `sealed` of an earlier answer, both selfies count together: what one of them
/// shows badly the other may show well. The selfie is never kept. A page's browser is known from then on by a cookie, for
/// favourites and for what the person says of the photos.
#[utoipa::path(post, path = "/api/events/{event}/search", tag = "attendees", params(("event" = String, Path, description = "Slug or id")),
    request_body(content_type = "multipart/form-data", content = SelfieForm),
    responses((status = 200, body = SearchAnswer)))]
pub async fn search(
    Visiting(guest): Visiting,
    State(web): State<Web>,
    context: Context,
    request: Request,
) -> Result<(HeaderMap, Json<SearchAnswer>), Problem> {
    let web = guest.addresses(web);
    let (event, now) = (&guest.event, web.clock.now());
    web.limits().check(Limited::Search, &context, None, now).await?;
    if !event.recognition_enabled {
        return Err(Code::RecognitionOff.into());
    }
    web.recognizer.check_pack(&event.pack).map_err(|refused| Problem::models_missing(&refused))?;
    let sent = {
        let _place = web.settings.selfies.try_acquire().map_err(|_| Problem::busy(2))?;
        read_form(request, consent_version(event)).await?
    };
    let wanted = wanted(&web, event, sent)?;
    let mut tx = web.store.begin().await?;
    let consent_id = Uuid::from_bytes(web.entropy.bytes());
    store::consent::insert(&mut tx, event.event_id, consent_id, consent_version(event), now).await?;
    commit(tx).await?;
    count(&web, event.event_id, Kind::Search, 1).await;
    let found = find(&web, event.event_id, guest.visitor_id(), &wanted).await?;
    // A program that has no account would not come back with the cookie.
    let headers = if guest.keeps { cookie_of(&guest, &web, &context).await } else { HeaderMap::new() };
    let sealed = found.sealed(&web, event.event_id);
    Ok((headers, Json(found.answer(event, &web, sealed))))
}

/// The person on the selfie; with a seal, whose it adds to.
fn wanted(web: &Web, event: &Event, sent: Sent) -> Result<Wanted, Problem> {
    let Sent { selfie: picture, sealed } = sent;
    let may_leave = is_kept_elsewhere(event);
    let Some(sealed) = sealed else { return Ok(Wanted::Selfie { picture, earlier: None, may_leave }) };
    let opened = web.seals.open(event.event_id, &event.pack, &sealed, web.clock.unix_seconds());
    let earlier = opened.ok_or(Code::SealExpired)?;
    Ok(Wanted::Selfie { picture, earlier: Some((event.pack.clone(), earlier)), may_leave })
}

/// The cookie by which the browser is known from now on. Without one the answer is as good: what was found is not thrown
/// away because too many others have just come.
async fn cookie_of(guest: &Guest, web: &Web, context: &Context) -> HeaderMap {
    guest.or_new(web, context).await.map_or_else(
        |problem| {
            tracing::warn!(code = problem.code().as_str(), "somebody who searched is not known again");
            HeaderMap::new()
        },
        |known| known.headers,
    )
}

/// What was sent, when the consent is right and it arrives in time: places for selfies are few.
async fn read_form(request: Request, version: &str) -> Result<Sent, Problem> {
    let read = tokio::time::timeout(ARRIVES_WITHIN, read_form_slowly(request, version)).await;
    read.unwrap_or_else(|_| Err(Code::UploadInterrupted.into()))
}

async fn read_form_slowly(mut request: Request, version: &str) -> Result<Sent, Problem> {
    DefaultBodyLimit::apply(DefaultBodyLimit::max(BODY_BYTES_MAX), &mut request);
    let mut form: Multipart = request.extract().await.map_err(|_| Code::BadRequest)?;
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        let too_large = error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE;
        Problem::new(if too_large { Code::TooLarge } else { Code::BadRequest })
    };
    let (mut consent, mut selfie, mut sealed) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("consent_version") => consent = Some(field.text().await.map_err(unreadable)?),
            Some("selfie") => selfie = Some(field.bytes().await.map_err(unreadable)?),
            Some("sealed") => sealed = Some(field.text().await.map_err(unreadable)?),
            _ => {}
        }
    }
    match consent.as_deref() {
        None | Some("") => return Err(Code::ConsentRequired.into()),
        Some(shown) if shown == version => {}
        Some(_) => return Err(Code::ConsentOutdated.into()),
    }
    let selfie = selfie.filter(|bytes| !bytes.is_empty()).ok_or_else(|| Problem::field("selfie"))?;
    Ok(Sent { selfie, sealed })
}
