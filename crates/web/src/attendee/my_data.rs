//! `GET /api/attendee/me/data`: all that is kept of a person at their event.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::attendee::Attendee as StoredAttendee;
use store::event::Event;
use store::my_data::Kept;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use super::receipt::EventName;
use crate::Web;
use crate::error::{Code, Problem};
use crate::extract::Attendee;
use crate::organiser::day;

/// All that is kept of a person at their event. The face itself never leaves.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyData {
    account: MyAccount,
    event: EventName,
    /// The face that is kept, if one is.
    template: Option<MyTemplate>,
    /// Whether the person is hidden from all others.
    hidden: bool,
    /// Photos that they marked.
    favourites: i64,
    /// Photos of which they said whether they are on them.
    verdicts: i64,
    /// Photos that their face was found in.
    matches: i64,
    /// The day on which all of it goes, if the event ends by itself.
    #[serde(with = "day::option")]
    #[schema(value_type = Option<String>, example = "2026-12-31")]
    delete_on: Option<Date>,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyAccount {
    name: String,
    email: Option<String>,
    username: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A face that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyTemplate {
    #[serde(with = "time::serde::rfc3339")]
    given_at: OffsetDateTime,
    /// The wording that the person agreed to.
    consent_version: String,
    /// Whether they get mails about new photos.
    notify: bool,
    /// The model pack that made it.
    pack: String,
    /// Whether new photos are compared with it: not any more once the event has another pack.
    usable: bool,
}

/// All that is kept of the person.
#[utoipa::path(get, path = "/api/attendee/me/data", tag = "attendees",
    responses((status = 200, body = MyData)))]
pub async fn my_data(attendee: Attendee, State(web): State<Web>) -> Result<Json<MyData>, Problem> {
    let event_id = attendee.event_id;
    let mut tx = web.store.begin().await?;
    let event = store::event::by_id(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let account = store::attendee::by_id(&mut tx, event_id, attendee.user_id).await?;
    let account = MyAccount::of(account.ok_or(Code::NotLoggedIn)?);
    let visitor = store::visitor::by_user(&mut tx, event_id, attendee.user_id).await?;
    let (mut template, mut kept, mut hidden) = (None, Kept::default(), false);
    if let Some(visitor) = visitor {
        template = store::template::of(&mut tx, event_id, visitor.visitor_id).await?;
        kept = store::my_data::count(&mut tx, event_id, visitor.visitor_id).await?;
        hidden = visitor.hidden;
    }
    let Kept { favourites, verdicts, matches } = kept;
    Ok(Json(MyData {
        account,
        template: template.map(|template| MyTemplate::of(template, &event)),
        hidden,
        favourites,
        verdicts,
        matches,
        delete_on: event.delete_on,
        event: EventName::of(&event),
    }))
}

impl MyAccount {
    fn of(account: StoredAttendee) -> Self {
        let StoredAttendee { name, email, username, created_at, .. } = account;
        Self { name, email, username, created_at }
    }
}

impl MyTemplate {
    fn of(template: store::template::Template, event: &Event) -> Self {
        let store::template::Template { pack, consent_version, given_at, notify } = template;
        let usable = pack == event.pack;
        Self { given_at, consent_version, notify, pack, usable }
    }
}
