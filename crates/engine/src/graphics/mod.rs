//! Pictures that are not photos of anybody: an event's logo and cover, and what is drawn over its photos.

mod image;
mod text;
mod watermark;

pub use image::{Graphic, cover, logo};
pub use watermark::{Mark, mark};

use crate::faces::decode::Room;

/// Lets only one huge picture of all these be decoded at a time.
static ROOM: std::sync::LazyLock<Room> = std::sync::LazyLock::new(Room::default);
