//! A member of staff, as admins see them.

use domain::Role;
use serde::Serialize;
use store::staff::Staff;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A member of staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    user_id: Uuid,
    #[schema(value_type = String, example = "photographer")]
    role: Role,
    name: String,
    email: String,
    username: Option<String>,
    /// Whether their log-in has a second step.
    mfa_enabled: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// At how many events they work.
    events: i64,
    /// How many bytes they may upload; null: as many as fit.
    bytes_max: Option<i64>,
}

impl From<Staff> for Member {
    fn from(staff: Staff) -> Self {
        let Staff {
            user_id, role, name, email, username, mfa_enabled, created_at, events, bytes_max, ..
        } = staff;
        Self { user_id: user_id.0, role, name, email, username, mfa_enabled, created_at, events, bytes_max }
    }
}
