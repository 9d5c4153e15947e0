//! `GET /api/events/{event}/attendees.csv`: the event's accounts, as a file.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use domain::EventId;
use futures::stream;
use store::Store;
use store::attendee::{Attendee, Filter};
use store::page::{AfterName, Order};
use time::format_description::well_known::Rfc3339;

use crate::csv_file::{self, harmless};
use crate::error::Problem;
use crate::extract::EventManager;

/// Accounts read at once.
const CHUNK: i64 = 1000;

/// The accounts of the event as CSV: name, e-mail, user name, when it was made (UTC). It is streamed, so that its length
/// costs no memory.
#[utoipa::path(get, path = "/api/events/{event}/attendees.csv", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn export_attendees(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
) -> Response {
    let head = Bytes::from_static(b"name,email,username,created_at\n");
    let start = Some((Some(head), Order::Name(None)));
    let event_id = event.event_id;
    let lines = stream::try_unfold(start, move |at| {
        let store = store.clone();
        async move {
            match at {
                None => Ok(None),
                Some((Some(head), order)) => Ok(Some((head, Some((None, order))))),
                Some((None, order)) => {
                    // The connection breaks off, so that half a list is not taken for a whole one.
                    let read = chunk(&store, event_id, order).await;
                    let (text, next) =
                        read.map_err(|_| std::io::Error::other("the list could not be read"))?;
                    Ok::<_, std::io::Error>(Some((text, next.map(|order| (None, order)))))
                }
            }
        }
    });
    csv_file::answer(&format!("{}-attendees.csv", event.slug), Body::from_stream(lines))
}

/// Some lines, and where the next ones begin.
async fn chunk(store: &Store, event_id: EventId, order: Order) -> Result<(Bytes, Option<Order>), Problem> {
    let mut tx = store.begin().await?;
    let filter = Filter { text: None, order, limit: CHUNK };
    let found = store::attendee::list(&mut tx, event_id, &filter).await?;
    drop(tx);
    let is_full = i64::try_from(found.len()) == Ok(CHUNK);
    let after = |last: &Attendee| AfterName { name: last.name.clone(), id: last.user_id.0 };
    let next = found.last().filter(|_| is_full).map(|last| Order::Name(Some(after(last))));
    let mut writer = csv_file::writer();
    for attendee in found {
        let created_at = attendee.created_at.format(&Rfc3339).map_err(|error| Problem::internal(&error))?;
        let fields = [
            harmless(&attendee.name),
            harmless(attendee.email.as_deref().unwrap_or_default()),
            harmless(attendee.username.as_deref().unwrap_or_default()),
            created_at,
        ];
        writer.write_record(fields).map_err(|error| Problem::internal(&error))?;
    }
    Ok((csv_file::text(writer)?.into(), next))
}
