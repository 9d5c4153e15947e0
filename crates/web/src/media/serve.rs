//! `GET /media/{event_id}/{sha256}/{rendition}`: the bytes of a photo, by signed address.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use blobs::{BlobKey, BlobStream};
use domain::{Digest, EventId, Rendition};
use futures::{StreamExt as _, stream};
use serde::Deserialize;
use store::Store;
use store::event_hour::Kind;
use store::photo::Photo;
use utoipa::IntoParams;

use super::delivery;
use super::marked::{Marking, audience_rendition};
use super::sign::{Claim, MadeFor};
use crate::Web;
use crate::error::{Code, Problem};
use crate::figures;

/// The signature of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Signature {
    /// Until when the address works, in seconds since 1970.
    expires: i64,
    /// HMAC-SHA256 of the address.
    signature: String,
    /// `1`: to be kept as a file.
    download: Option<String>,
    /// For whom the address was made, if not for everybody.
    #[serde(rename = "for")]
    made_for: Option<String>,
}

/// A photo's bytes. The address comes from another answer of this API and cannot be made by hand.
#[utoipa::path(get, path = "/media/{event_id}/{sha256}/{rendition}", tag = "media",
    params(("event_id" = String, Path), ("sha256" = String, Path), ("rendition" = String, Path), Signature),
    responses((status = 200, description = "JPEG; an original in its own format",
        content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
            (Vec<u8> = "image/heic"), (Vec<u8> = "image/avif"), (Vec<u8> = "image/x-canon-cr2"), (Vec<u8> = "image/x-canon-cr3"),
            (Vec<u8> = "image/x-nikon-nef"), (Vec<u8> = "image/x-sony-arw"), (Vec<u8> = "image/x-adobe-dng"),
            (Vec<u8> = "image/x-fuji-raf"), (Vec<u8> = "image/x-olympus-orf"), (Vec<u8> = "image/x-panasonic-rw2")))))]
pub async fn serve(
    State(web): State<Web>,
    Path((event_id, sha256, rendition)): Path<(String, String, String)>,
    signature: Result<Query<Signature>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(signature) = signature.map_err(|_| Code::LinkExpired)?;
    let claim = claim(&event_id, &sha256, &rendition, &signature).ok_or(Code::PhotoNotFound)?;
    if claim.expires < web.clock.unix_seconds() || !web.urls.is_good(claim, &signature.signature) {
        return Err(Code::LinkExpired.into());
    }
    let (claim, names) = Names::of(&web.store, claim).await?;
    let blob = blob(&web, claim, &names).await?.ok_or(Code::PhotoNotFound)?;
    if claim.download {
        figures::count(&web, claim.event_id, Kind::Download, 1).await;
    }
    let mut response = Body::from_stream(blob.stream).into_response();
    *response.headers_mut() = headers(claim, &names, blob.size_bytes);
    Ok(response)
}

async fn blob(web: &Web, claim: Claim, names: &Names) -> Result<Option<BlobStream>, Problem> {
    let Claim { event_id, sha256, rendition, .. } = claim;
    if let Some(photo) = &names.original {
        return Ok(delivery::original(&web.blobs, event_id, photo).await?);
    }
    if rendition != Rendition::Marked {
        return Ok(web.blobs.stream(&BlobKey::new(event_id, sha256, rendition)).await?);
    }
    let Some(marking) = &names.marking else {
        return Ok(web.blobs.stream(&BlobKey::new(event_id, sha256, Rendition::Preview)).await?);
    };
    let marked = web.marked.get(&web.store, &web.blobs, sha256, marking).await?;
    Ok(marked.map(|bytes| BlobStream {
        size_bytes: bytes.len() as u64,
        stream: stream::iter([Ok(bytes)]).boxed(),
    }))
}

fn claim(event_id: &str, sha256: &str, rendition: &str, signature: &Signature) -> Option<Claim> {
    Some(Claim {
        event_id: event_id.parse::<EventId>().ok()?,
        sha256: sha256.parse::<Digest>().ok()?,
        rendition: rendition.parse::<Rendition>().ok()?,
        expires: signature.expires,
        download: signature.download.is_some(),
        made_for: MadeFor::parse(signature.made_for.as_deref())?,
    })
}

/// How the file is called and what it is.
struct Names {
    media_type: String,
    file_name: String,
    /// The photo, when its original is asked for.
    original: Option<Photo>,
    /// What is drawn over a marked copy.
    marking: Option<Marking>,
}

impl Names {
    /// Renditions are JPEGs; what an original is, and how a kept file is called, its row tells. With them comes what is
    /// claimed, with the copy that is handed out now.
    async fn of(store: &Store, mut claim: Claim) -> Result<(Claim, Self), Problem> {
        let mut tx = store.begin().await?;
        // Of what was deleted nothing is shown, even while its files are still there.
        if !is_shown(&mut tx, claim).await? {
            return Err(Code::PhotoNotFound.into());
        }
        let mut marking = None;
        if matches!(claim.rendition, Rendition::Preview | Rendition::Marked) {
            let event = store::event::by_id(&mut tx, claim.event_id).await?.ok_or(Code::PhotoNotFound)?;
            claim.rendition = audience_rendition(&event, claim);
            if claim.rendition == Rendition::Marked {
                marking = Marking::named(&mut tx, &event).await?;
            }
        }
        let needs_row = matches!(claim.rendition, Rendition::Original | Rendition::Marked);
        if !needs_row && !claim.download {
            return Ok((claim, Self::jpeg(String::new(), None)));
        }
        let photo_id = store::photo::id_by_sha256(&mut tx, claim.event_id, claim.sha256).await?;
        let photo_id = photo_id.ok_or(Code::PhotoNotFound)?;
        let photo = store::photo::by_id(&mut tx, claim.event_id, photo_id).await?;
        // Marked copies are for visitors, who no longer get what was taken back.
        let photo = photo.filter(|photo| photo.published || claim.rendition != Rendition::Marked);
        let photo = photo.ok_or(Code::PhotoNotFound)?;
        if claim.rendition == Rendition::Original {
            let (media_type, file_name) = (photo.media_type.clone(), photo.file_name.clone());
            return Ok((claim, Self { media_type, file_name, original: Some(photo), marking: None }));
        }
        let stem = photo.file_name.rsplit_once('.').map_or(photo.file_name.as_str(), |(stem, _)| stem);
        let file_name = format!("{stem}.jpg");
        Ok((claim, Self::jpeg(file_name, marking)))
    }

    fn jpeg(file_name: String, marking: Option<Marking>) -> Self {
        Self { media_type: "image/jpeg".to_owned(), file_name, original: None, marking }
    }
}

/// Whether the photo is there, and still to be seen by whom the address was made for.
async fn is_shown(db: &mut store::Connection, claim: Claim) -> Result<bool, Problem> {
    let viewer = match claim.made_for {
        MadeFor::Staff => {
            return Ok(store::photo::id_by_sha256(db, claim.event_id, claim.sha256).await?.is_some());
        }
        MadeFor::Visitor(visitor_id) => Some(visitor_id),
        MadeFor::Everybody => None,
    };
    Ok(!store::hidden::shown(db, claim.event_id, viewer, &[claim.sha256]).await?.is_empty())
}

fn headers(claim: Claim, names: &Names, size_bytes: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        headers.insert(name, HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("")));
    };
    set(header::CONTENT_TYPE, &names.media_type);
    set(header::CONTENT_LENGTH, &size_bytes.to_string());
    // The watermark may become another.
    let lasts = match claim.rendition {
        Rendition::Marked => "private, max-age=300",
        Rendition::Original | Rendition::Preview | Rendition::Thumb => "private, max-age=3600, immutable",
    };
    set(header::CACHE_CONTROL, lasts);
    // A file that somebody uploaded must never run as a page of ours.
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    if claim.download {
        set(header::CONTENT_DISPOSITION, &attachment(&names.file_name));
    }
    headers
}

/// A Content-Disposition with the name in UTF-8 (RFC 6266, RFC 5987).
pub(crate) fn attachment(file_name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
    let mut header = "attachment; filename*=UTF-8''".to_owned();
    for byte in file_name.bytes() {
        if plain(byte) {
            header.push(byte as char);
        } else {
            header.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    header
}

fn hex_digit(value: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_encoded() {
        assert_eq!(attachment("a'b\"é.jpg"), "attachment; filename*=UTF-8''a%27b%22%C3%A9.jpg");
    }
}
