//! One type per identifier, so that a photo's id cannot stand where an event's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id made of 128 bits of randomness (a version 4 UUID).
            pub fn from_entropy(entropy: &crate::Entropy) -> Self {
                Self(uuid::Builder::from_random_bytes(entropy.bytes()).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One event.
    EventId
);
id!(
    /// One uploaded photo of one event.
    PhotoId
);
id!(
    /// What somebody uploads in one go.
    BatchId
);
id!(
    /// One file on its way in.
    UploadId
);
id!(
    /// One detected face in one photo.
    FaceId
);
id!(
    /// One person with an account.
    UserId
);
id!(
    /// One piece of background work.
    JobId
);
id!(
    /// One log-in and what followed from it, until it ends.
    SignInId
);
id!(
    /// Somebody who looks at an event, with or without an account.
    VisitorId
);
id!(
    /// One access pack: seats at an event.
    PackId
);
id!(
    /// One invitation to become a member of staff.
    InvitationId
);
id!(
    /// One message in the outbox.
    MessageId
);
id!(
    /// One line of the audit log.
    AuditId
);

/// Whose account: a member of staff's, or an attendee's at one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountId {
    /// Staff are known to the whole installation.
    Staff(UserId),
    /// Attendees are known to one event.
    Attendee(EventId, UserId),
}

impl AccountId {
    /// The person's id.
    pub fn user_id(self) -> UserId {
        match self {
            Self::Staff(user_id) | Self::Attendee(_, user_id) => user_id,
        }
    }

    /// The event that the account belongs to.
    pub fn event_id(self) -> Option<EventId> {
        match self {
            Self::Staff(_) => None,
            Self::Attendee(event_id, _) => Some(event_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = EventId::from_entropy(&crate::Entropy::fixed(7));
        assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        assert!("not-an-id".parse::<EventId>().is_err());
    }
}
