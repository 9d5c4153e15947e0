//! Uploading photos and watching them being read.

pub mod create_attendee;
pub mod list_photos;
pub mod progress;
pub mod receive;
pub mod retry_photo;
pub mod upload_photos;
