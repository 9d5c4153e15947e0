//! What a person is told when face data of theirs was deleted.

use domain::{AuditId, Role, Slug};
use serde::Serialize;
use store::audit::NewEntry;
use store::template::{self, Deleted};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::Attendee;

/// How the audit log calls it; the receipt's id is what it is about.
const ACTION: &str = "face data deleted";

/// What was deleted, where and when. The audit log has a line under the same id.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Receipt {
    receipt_id: Uuid,
    event: EventName,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    deleted: DeletedFaceData,
}

/// An event, by its names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NamedEvent)]
pub struct EventName {
    #[schema(value_type = String)]
    slug: Slug,
    name: String,
}

/// How much was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletedFaceData {
    /// Faces that were kept: one or none.
    templates: u64,
    /// Photos that it was found in.
    matches: u64,
    /// Photos of which the person had said whether they are on them.
    verdicts: u64,
}

impl EventName {
    pub(super) fn of(event: &store::event::Event) -> Self {
        Self { slug: event.slug.clone(), name: event.name.clone() }
    }
}

/// Deletes the face that is kept of the attendee, what it was found in, and the wish to be hidden; with `verdicts` also
/// what they said of photos. The line of the audit log is written with it, or nothing is done.
pub(super) async fn delete_faces(
    web: &Web,
    attendee: &Attendee,
    context: &Context,
    verdicts: bool,
) -> Result<Receipt, Problem> {
    let (event_id, at) = (attendee.event_id, web.clock.now());
    let receipt_id = Uuid::from_bytes(web.entropy.bytes());
    let mut tx = web.store.begin().await?;
    store::event::next_change(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let event = store::event::by_id(&mut tx, event_id).await?.ok_or(Code::EventNotFound)?;
    let (mut deleted, mut verdicts_deleted) = (Deleted::default(), 0);
    if let Some(visitor) = store::visitor::by_user(&mut tx, event_id, attendee.user_id).await? {
        deleted = template::delete(&mut tx, event_id, visitor.visitor_id).await?;
        if verdicts {
            verdicts_deleted = store::verdict::delete_all(&mut tx, event_id, visitor.visitor_id).await?;
        }
        store::hidden::set(&mut tx, event_id, visitor.visitor_id, false).await?;
        store::listen::tell(&mut tx, event_id).await?;
    }
    context.about(receipt_id);
    let line = NewEntry {
        audit_id: AuditId::from_entropy(&web.entropy),
        at,
        actor_id: Some(attendee.user_id),
        actor_role: Role::Attendee.as_str(),
        action: ACTION,
        event_id: Some(event_id),
        target_id: Some(receipt_id),
        status: 200,
        address: context.address(),
        request_id: context.request_id(),
    };
    store::audit::insert(&mut tx, &line).await?;
    commit(tx).await?;
    let Deleted { templates, matches } = deleted;
    let deleted = DeletedFaceData { templates, matches, verdicts: verdicts_deleted };
    Ok(Receipt { receipt_id, event: EventName::of(&event), at, deleted })
}
