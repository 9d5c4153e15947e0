//! `POST /media/zip`: selected photos in one archive, by their signed addresses.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::RequestExt as _;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::{Digest, EventId, Rendition};
use futures::{StreamExt as _, stream};
use serde::Deserialize;
use store::Store;
use store::event::Event;
use store::event_hour::Kind;
use store::photo_by_time::{self, TimedPhoto};
use utoipa::ToSchema;

use super::delivery::Source;
use super::marked::{Marking, audience_rendition};
use super::sign::{Claim, MadeFor, SignedUrls, parse_address};
use super::zip_stream::{Archive, Wanted};
use crate::Web;
use crate::error::{Code, Problem};
use crate::extract::InLanguage;
use crate::figures;

/// Most photos in one archive.
const PHOTOS_MAX: usize = 2000;
/// Largest request: that many addresses, as a form writes them, with the site's own address before each.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long a request may take to arrive: it holds a place meanwhile.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);
/// When a place may be free again.
const RETRY_AFTER_S: u32 = 10;

/// Which photos.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct Selection {
    /// Signed addresses of photos of one event, as a search answers them in `download_url`.
    #[schema(min_items = 1, max_items = 2000)]
    photos: Vec<String>,
    /// Only says whether the archive could be sent now: 204 if so.
    #[serde(default)]
    check: bool,
}

/// Photos of one event in one ZIP archive, by the time they were taken.
///
/// Send the signed addresses as JSON or as a form, in which `photos` comes once per address. It is made while it is sent;
/// should it break off, the connection does too. A photo that the store has lost is left out and named in `MISSING.txt`.
///
/// Like the addresses themselves, this needs no log-in and nothing against forged requests: whoever has an address may
/// fetch it, whoever has none gets nothing, and nothing is changed.
#[utoipa::path(post, path = "/media/zip", tag = "media",
    request_body(content((Selection = "application/json"), (Selection = "application/x-www-form-urlencoded"))),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>),
        (status = 204, description = "It could be sent now")))]
pub async fn zip_selection(
    State(web): State<Web>,
    InLanguage(language): InLanguage,
    request: Request,
) -> Result<Response, Problem> {
    let places = Arc::clone(&web.settings.selection_zips);
    let place = places.try_acquire_owned().map_err(|_| Problem::later(Code::DownloadsBusy, RETRY_AFTER_S))?;
    let read = tokio::time::timeout(ARRIVES_WITHIN, read(request)).await;
    let selection = read.map_err(|_| Code::BadRequest)??;
    let now = web.clock.unix_seconds();
    let (event_id, claims) = verified(&selection.photos, &web.urls, now)?;
    let Found { event, marking, wanted, missing } = find(&web.store, event_id, &claims).await?;
    if selection.check {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let is_marked = wanted.iter().any(|wanted| wanted.rendition == Rendition::Marked);
    let drawing = match marking.filter(|_| is_marked) {
        Some(marking) => Some(marking.drawing(&web.store, &web.blobs).await?),
        None => None,
    };
    let photos = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
    figures::count(&web, event_id, Kind::Download, photos).await;
    let archive = Archive {
        source: Source { blobs: web.blobs, painter: web.marked.painter, drawing },
        event_id,
        file_stem: event.slug.to_string(),
        language,
        place,
        pages: stream::once(std::future::ready(Ok(wanted))).boxed(),
        missing,
    };
    Ok(archive.send())
}

async fn read(mut request: Request) -> Result<Selection, Problem> {
    DefaultBodyLimit::apply(DefaultBodyLimit::max(BODY_BYTES_MAX), &mut request);
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" {
        let crate::extract::Body(selection) = request.extract().await?;
        return Ok(selection);
    }
    if kind != "application/x-www-form-urlencoded" {
        return Err(Code::UnsupportedMediaType.into());
    }
    let body: Bytes =
        request.extract().await.map_err(|rejection: axum::extract::rejection::BytesRejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            Problem::new(if too_large { Code::TooLarge } else { Code::BadRequest })
        })?;
    let mut selection = Selection::default();
    for (name, value) in form_urlencoded::parse(&body) {
        match (&*name, &*value) {
            ("photos", address) => selection.photos.push(address.to_owned()),
            ("check", "true") => selection.check = true,
            ("check", "false") => selection.check = false,
            ("check", _) => return Err(Problem::field("check")),
            _ => {}
        }
    }
    Ok(selection)
}

/// A copy of a photo.
type Copy = (Digest, Rendition);

/// The event and what the addresses say, when every one of them is good.
fn verified(addresses: &[String], urls: &SignedUrls, now: i64) -> Result<(EventId, Vec<Claim>), Problem> {
    if addresses.len() > PHOTOS_MAX {
        return Err(Problem::field("photos"));
    }
    let claims: Vec<Claim> = addresses
        .iter()
        .map(|address| {
            let (claim, signature) = parse_address(address).ok_or_else(|| Problem::field("photos"))?;
            let is_good = claim.expires >= now && urls.is_good(claim, &signature);
            if is_good { Ok(claim) } else { Err(Code::LinkExpired.into()) }
        })
        .collect::<Result<_, Problem>>()?;
    let event_id = claims.first().ok_or_else(|| Problem::field("photos"))?.event_id;
    if claims.iter().any(|claim| claim.event_id != event_id) {
        return Err(Problem::field("photos"));
    }
    Ok((event_id, claims))
}

struct Found {
    event: Event,
    marking: Option<Marking>,
    wanted: Vec<Wanted>,
    missing: Vec<String>,
}

async fn find(store: &Store, event_id: EventId, claims: &[Claim]) -> Result<Found, Problem> {
    let mut tx = store.begin().await?;
    let event = store::event::by_id(&mut tx, event_id).await?.ok_or(Code::PhotoNotFound)?;
    let copies = shown(&mut tx, &event, claims).await?;
    let marking = Marking::named(&mut tx, &event).await?;
    let digests: HashSet<Digest> = copies.iter().map(|(sha256, _)| *sha256).collect();
    let digests: Vec<Digest> = digests.into_iter().collect();
    let photos = photo_by_time::by_sha256(&mut tx, event_id, &digests).await?;
    if photos.is_empty() {
        return Err(Code::PhotoNotFound.into());
    }
    let mut lost: HashSet<Digest> = claims.iter().map(|claim| claim.sha256).collect();
    let mut wanted = Vec::with_capacity(copies.len());
    for photo in photos {
        lost.remove(&photo.photo.sha256);
        wanted.extend(copies_of(photo, &copies).filter(Wanted::may_leave));
    }
    // Of a photo that was removed or hidden since its address was made, nothing but this is told.
    let missing = lost.iter().map(ToString::to_string).collect();
    Ok(Found { event, marking, wanted, missing })
}

/// The copies that are still to be seen by whom their addresses were made for, each once.
async fn shown(
    db: &mut store::Connection,
    event: &Event,
    claims: &[Claim],
) -> Result<HashSet<Copy>, Problem> {
    let event_id = event.event_id;
    let audiences: HashSet<MadeFor> = claims.iter().map(|claim| claim.made_for).collect();
    let mut copies = HashSet::new();
    for audience in audiences {
        let theirs = claims.iter().filter(|claim| claim.made_for == audience);
        let digests: Vec<Digest> = theirs.clone().map(|claim| claim.sha256).collect();
        let shown: HashSet<Digest> = match audience {
            MadeFor::Staff => digests.into_iter().collect(),
            MadeFor::Visitor(visitor_id) => {
                let viewer = Some(visitor_id);
                store::hidden::shown(db, event_id, viewer, &digests).await?.into_iter().collect()
            }
            MadeFor::Everybody => {
                store::hidden::shown(db, event_id, None, &digests).await?.into_iter().collect()
            }
        };
        copies.extend(
            theirs
                .filter(|claim| shown.contains(&claim.sha256))
                .map(|claim| (claim.sha256, audience_rendition(event, *claim))),
        );
    }
    Ok(copies)
}

fn copies_of(photo: TimedPhoto, copies: &HashSet<Copy>) -> impl Iterator<Item = Wanted> {
    let sha256 = photo.photo.sha256;
    [Rendition::Original, Rendition::Preview, Rendition::Thumb, Rendition::Marked]
        .into_iter()
        .filter(move |rendition| copies.contains(&(sha256, *rendition)))
        .map(move |rendition| Wanted { photo: photo.clone(), rendition })
}
