//! `GET /api/events/{event}/statistics.csv`: what happened at the event, hour by hour.

use axum::extract::State;
use axum::response::Response;
use store::{Store, event_hour};

use super::event_statistics::EventHour;
use crate::csv_file;
use crate::error::Problem;
use crate::extract::EventStaff;

/// Every hour of the event in which something happened, as CSV: when it began (UTC), searches, downloads, visitors,
/// photos uploaded.
#[utoipa::path(get, path = "/api/events/{event}/statistics.csv", tag = "events",
    params(("event" = String, Path, description = "Slug or id")),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn export_statistics(
    EventStaff { event, .. }: EventStaff,
    State(store): State<Store>,
) -> Result<Response, Problem> {
    let mut tx = store.begin().await?;
    // A photo may have come before the first search, and never before the event.
    let hours = event_hour::since(&mut tx, event.event_id, event.created_at - time::Duration::HOUR).await?;
    drop(tx);
    let mut writer = csv_file::writer();
    let head = ["hour", "searches", "downloads", "visitors", "photos"];
    writer.write_record(head).map_err(|error| Problem::internal(&error))?;
    for hour in hours {
        writer.serialize(EventHour::from(hour)).map_err(|error| Problem::internal(&error))?;
    }
    let text = csv_file::text(writer)?;
    Ok(csv_file::answer(&format!("{}-statistics.csv", event.slug), text.into()))
}
