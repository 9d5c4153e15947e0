//! Photos on their way to people: signed, expiring addresses.

pub mod serve;
pub mod sign;
