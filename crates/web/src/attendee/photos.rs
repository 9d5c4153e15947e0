//! `GET /api/attendee/events/{event}/photos`: all photos of an event that visitors may look through, by time.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::visible::{self, Cursor, SeenPhoto};
use time::{OffsetDateTime, PrimitiveDateTime};
use utoipa::{IntoParams, ToSchema};

use super::photo::VisitorPhoto;
use crate::Web;
use crate::error::{Code, Problem};
use crate::extract::{Params, Visiting};
use crate::page;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// `next` of the page before.
    after: Option<String>,
    /// Photos per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A page of photos, by the time they were taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitorPhotos {
    photos: Vec<VisitorPhoto>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// The event's photos, by the time they were taken, where its organiser has opened the gallery.
#[utoipa::path(get, path = "/api/attendee/events/{event}/photos", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id"), Paging),
    responses((status = 200, body = VisitorPhotos)))]
pub async fn browse(
    Visiting(guest): Visiting,
    State(web): State<Web>,
    Params(paging): Params<Paging>,
) -> Result<Json<VisitorPhotos>, Problem> {
    let (event, web) = (&guest.event, guest.addresses(web));
    if !event.browse_enabled {
        return Err(Code::BrowseOff.into());
    }
    let after = paging.after.as_deref().map(cursor).transpose()?;
    let limit = page::limit(paging.limit);
    let mut tx = web.store.begin().await?;
    let found = visible::page(&mut tx, event.event_id, guest.visitor_id(), after.as_ref(), limit).await?;
    let is_full = i64::try_from(found.len()) == Ok(limit);
    let next = found.last().filter(|_| is_full).map(cursor_text);
    let photos = found.iter().map(|photo| VisitorPhoto::new(photo, event, &web)).collect();
    Ok(Json(VisitorPhotos { photos, next }))
}

fn cursor_text(last: &SeenPhoto) -> String {
    let Cursor { at, file_name, photo_id } = last.cursor();
    format!("{}.{}.{photo_id}", at.assume_utc().unix_timestamp(), hex::encode(file_name))
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    let read = || {
        let (seconds, rest) = text.split_once('.')?;
        let (file_name, photo_id) = rest.split_once('.')?;
        let at = OffsetDateTime::from_unix_timestamp(seconds.parse().ok()?).ok()?;
        let file_name = String::from_utf8(hex::decode(file_name).ok()?).ok()?;
        let is_good = at.year() > 0 && !file_name.contains('\0');
        let at = PrimitiveDateTime::new(at.date(), at.time());
        is_good.then_some(Cursor { at, file_name, photo_id: photo_id.parse().ok()? })
    };
    read().ok_or_else(|| Problem::field("after"))
}

#[cfg(test)]
mod tests {
    use domain::{Digest, Entropy, PhotoId};

    use super::*;

    #[test]
    fn a_page_begins_where_the_one_before_ended() {
        let moment = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        let photo = SeenPhoto {
            photo_id: PhotoId::from_entropy(&Entropy::fixed(1)),
            sha256: Digest::of(b"x"),
            file_name: "été.1.jpg".to_owned(),
            width_px: None,
            height_px: None,
            taken_at: None,
            at: PrimitiveDateTime::new(moment.date(), moment.time()),
            favourite: false,
            is_me: None,
        };
        assert_eq!(cursor(&cursor_text(&photo)).unwrap(), photo.cursor());
        for nonsense in ["", "1", "1.2", "x.00.1", "1.zz.1", "99999999999999999.61.1"] {
            assert!(cursor(nonsense).is_err(), "{nonsense}");
        }
    }
}
