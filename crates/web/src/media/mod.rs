//! Photos on their way to people: signed, expiring addresses, and archives of many.

pub(crate) mod delivery;
pub mod marked;
pub mod serve;
pub mod serve_image;
pub mod sign;
pub mod zip_event;
mod zip_names;
pub mod zip_selection;
pub(crate) mod zip_stream;
