//! Access packs: seats at an event that an organiser hands out by one code.

pub mod create_pack;
pub mod delete_pack;
pub mod list_packs;
pub mod show_pack;

use serde::Serialize;
use store::access_pack;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A pack.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pack {
    pack_id: Uuid,
    /// What people type in.
    code: String,
    /// How many may enter by it.
    seats: i32,
    /// How many have.
    used: i64,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// The name of who made it.
    created_by: Option<String>,
}

impl From<access_pack::Pack> for Pack {
    fn from(stored: access_pack::Pack) -> Self {
        let access_pack::Pack { pack_id, code, seats, used, created_at, created_by } = stored;
        Self { pack_id: pack_id.0, code, seats, used, created_at, created_by }
    }
}
