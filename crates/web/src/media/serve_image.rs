//! `GET /media/{event_id}/images/{sha256}`: an event's logo or cover, for everybody.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use blobs::{Blobs, ImageKey};
use domain::{Digest, EventId};
use store::Store;

use crate::error::{Code, Problem};

/// The logo or the cover of an event. The address changes with the picture, so browsers keep it for good.
#[utoipa::path(get, path = "/media/{event_id}/images/{sha256}", tag = "media",
    params(("event_id" = String, Path), ("sha256" = String, Path)),
    responses((status = 200, content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg")))))]
pub async fn serve_image(
    State(store): State<Store>,
    State(blobs): State<Blobs>,
    Path((event_id, sha256)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let ids = event_id.parse::<EventId>().ok().zip(sha256.parse::<Digest>().ok());
    let (event_id, sha256) = ids.ok_or(Code::ImageNotFound)?;
    let mut tx = store.begin().await?;
    let image = store::event_image::by_sha256(&mut tx, event_id, sha256).await?.ok_or(Code::ImageNotFound)?;
    drop(tx);
    let bytes = blobs.image(&ImageKey::new(event_id, sha256)).await?.ok_or(Code::ImageNotFound)?;
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(&image.media_type);
    headers.insert(header::CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("image/png")));
    let for_good = "public, max-age=31536000, immutable";
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(for_good));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let no_page = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, no_page);
    Ok(response)
}
