//! What handlers take from a request: who asks, and about which event.

mod in_event;
mod in_language;
mod staff;

pub use in_event::InEvent;
pub use in_language::InLanguage;
pub use staff::Staff;
pub(crate) use staff::refuse_forged;
