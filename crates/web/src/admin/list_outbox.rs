//! `GET /api/outbox`: messages that were simulated, because no mail server is set up.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::Store;
use store::outbox::Message as StoredMessage;
use store::page::Order;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::{Admin, Params};
use crate::page;

/// Which messages to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OutboxFilter {
    /// `next` of the page before.
    after: Option<String>,
    /// Rows per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboxMessage {
    message_id: Uuid,
    /// What it is about.
    kind: String,
    recipient: String,
    subject: String,
    body: String,
    /// `simulated`: nothing was sent.
    state: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<StoredMessage> for OutboxMessage {
    fn from(stored: StoredMessage) -> Self {
        let StoredMessage { message_id, kind, recipient, subject, body, state, created_at } = stored;
        Self { message_id, kind, recipient, subject, body, state, created_at }
    }
}

/// A page of messages, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outbox {
    messages: Vec<OutboxMessage>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists messages, newest first. They go with whom they concern, and after 30 days.
#[utoipa::path(get, path = "/api/outbox", tag = "staff", params(OutboxFilter),
    responses((status = 200, body = Outbox)))]
pub async fn list_outbox(
    _: Admin,
    State(store): State<Store>,
    Params(asked): Params<OutboxFilter>,
) -> Result<Json<Outbox>, Problem> {
    let (after, limit) = (page::after_time(asked.after.as_deref())?, page::limit(asked.limit));
    let mut tx = store.begin().await?;
    let found = store::outbox::list(&mut tx, after, limit).await?;
    let next = page::next(&found, limit, &Order::Newest(None), |row| ("", row.created_at, row.message_id));
    Ok(Json(Outbox { messages: found.into_iter().map(OutboxMessage::from).collect(), next }))
}
