//! What handlers take from a request: who asks, about which event, and with which words.

mod body;
mod ids;
mod in_event;
mod in_language;
mod signed_in;
mod visiting;

pub use body::{Body, Params};
pub use ids::{
    BatchInPath, ImageKindInPath, InvitationInPath, JobInPath, PackInPath, PhotoInPath, UploadInPath,
    UserInPath,
};
pub(crate) use in_event::named as event_named;
pub use in_event::{EventManager, EventStaff, InEvent};
pub use in_language::InLanguage;
pub(crate) use signed_in::refuse_forged;
pub use signed_in::{
    Admin, Attendee, EventMaker, Organiser, Photographer, Principal, SignedIn, Staff, StaffAccount,
};
pub use visiting::{Guest, Known, Visiting};
