//! Uploading photos and watching them being read.

pub mod batches;
pub mod create_attendee;
pub mod known_photos;
pub mod list_photos;
pub mod photo_actions;
pub mod progress;
pub mod retry_failed;
pub mod retry_photo;
pub mod upload_photos;
pub mod uploads;
pub mod wall;
