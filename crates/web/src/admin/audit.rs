//! `GET /api/audit`: a page of the audit log.

use axum::Json;
use axum::extract::State;
use domain::{EventId, UserId};
use serde::{Deserialize, Serialize};
use store::Store;
use store::audit::{Entry as StoredEntry, Filter};
use store::page::Order;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::{Admin, Params};
use crate::page;

/// Which lines to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Only this action, such as `DELETE /api/staff/{user_id}`.
    action: Option<String>,
    /// Only what the person with this id did.
    actor: Option<String>,
    /// Only what happened at the event with this id.
    event: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows per page, at most 500; 50 when not given.
    limit: Option<i64>,
}

/// A line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    pub(super) audit_id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) at: OffsetDateTime,
    /// Who.
    pub(super) actor_id: Option<Uuid>,
    /// As what: a role, or `nobody` for a person without an account.
    pub(super) actor_role: String,
    /// What: method and pattern of the address.
    pub(super) action: String,
    /// At which event.
    pub(super) event_id: Option<Uuid>,
    /// To whom or what.
    pub(super) target_id: Option<Uuid>,
    /// What came of it: the HTTP status.
    pub(super) status: i32,
    /// From where: the network address.
    pub(super) address: String,
    /// The request's id, as in the logs.
    pub(super) request_id: String,
}

impl From<StoredEntry> for AuditEntry {
    fn from(stored: StoredEntry) -> Self {
        let StoredEntry {
            audit_id,
            at,
            actor_id,
            actor_role,
            action,
            event_id,
            target_id,
            status,
            address,
            request_id,
        } = stored;
        Self { audit_id, at, actor_id, actor_role, action, event_id, target_id, status, address, request_id }
    }
}

/// A page of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    entries: Vec<AuditEntry>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Lists who did what to whom, when and from where: whatever people with an account changed or tried to, and every
/// search. Lines are kept for a year.
#[utoipa::path(get, path = "/api/audit", tag = "staff", params(AuditFilter),
    responses((status = 200, body = AuditPage)))]
pub async fn list_audit(
    _: Admin,
    State(store): State<Store>,
    Params(asked): Params<AuditFilter>,
) -> Result<Json<AuditPage>, Problem> {
    let limit = page::limit(asked.limit);
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let actor = text(&asked.actor).map(|id| id.parse::<UserId>()).transpose();
    let event = text(&asked.event).map(|id| id.parse::<EventId>()).transpose();
    let action = text(&asked.action);
    if action.as_ref().is_some_and(|action| action.contains('\0')) {
        return Err(Problem::field("action"));
    }
    let filter = Filter {
        action: action.as_deref(),
        actor_id: actor.map_err(|_| Problem::field("actor"))?,
        event_id: event.map_err(|_| Problem::field("event"))?,
        after: page::after_time(asked.after.as_deref())?,
    };
    let mut tx = store.begin().await?;
    let found = store::audit::list(&mut tx, &filter, limit).await?;
    let next = page::next(&found, limit, &Order::Newest(None), |row| ("", row.at, row.audit_id));
    Ok(Json(AuditPage { entries: found.into_iter().map(AuditEntry::from).collect(), next }))
}
