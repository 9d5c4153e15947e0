//! Photos in: one call per photo.

use domain::{BoxPx, EventId, Face, FaceId, PhotoId, PointPx, Quality};
use engine::IndexedPhoto;
use futures::StreamExt as _;

use aws_sdk_rekognition::operation::index_faces::IndexFacesOutput;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{
    Attribute, BoundingBox, FaceDetail, FaceRecord, Image, ImageQuality, LandmarkType, Pose, QualityFilter,
};

use super::trouble::Trouble;
use super::{Operation, Rekognition, SENT_BYTES_MAX, SENT_SIDE_PX_LEAST, Unavailable};
use crate::{Indexed, NotRead, PhotoError, Read, ReadFace, ToRead};

/// Most faces that one call keeps (Rekognition's limit); the largest are taken.
const FACES_MAX: i32 = 100;
/// Photos under way at once. Rekognition allows between 5 and 50 calls a second, by region.
const AT_ONCE: usize = 4;

impl Rekognition {
    /// Reads the photos and has their faces kept; one outcome per photo, in the same order.
    pub(super) async fn index_there(
        &self,
        event_id: EventId,
        photos: Vec<ToRead>,
    ) -> Result<Vec<Indexed>, Unavailable> {
        let before: Vec<PhotoId> =
            photos.iter().filter(|photo| photo.sent_before).map(|photo| photo.photo_id).collect();
        self.delete_photos(event_id, &before).await?;
        let read = photos.into_iter().map(|photo| self.index_one(event_id, photo));
        let read: Vec<_> = futures::stream::iter(read).buffered(AT_ONCE).collect().await;
        self.judge(read).await
    }

    /// Tells the photos on which Rekognition fails from those that it had no chance to fail on. Those of the others that
    /// were read are done, whatever came of these; when there is nothing but the latter, all of it is unavailable.
    async fn judge(
        &self,
        read: Vec<Result<Result<Read, PhotoError>, Unavailable>>,
    ) -> Result<Vec<Indexed>, Unavailable> {
        let may_be_ours = read.iter().any(|one| one.as_ref().is_err_and(|error| error.may_be_ours));
        // An outage looks the same for one photo; but during an outage it does not answer other calls either.
        let answers = may_be_ours && self.probe().await.is_ok();
        let of_one = |one: Result<Result<Read, PhotoError>, Unavailable>| match one {
            Ok(read) => read.map_err(NotRead::Photo),
            Err(error) if answers && error.may_be_ours => Err(NotRead::Fails(error)),
            Err(error) => Err(NotRead::Later(error)),
        };
        let read: Vec<Indexed> = read.into_iter().map(of_one).collect();
        match read.first() {
            Some(Err(NotRead::Later(error))) if read.iter().all(is_for_later) => Err(error.clone()),
            Some(_) | None => Ok(read),
        }
    }

    async fn index_one(
        &self,
        event_id: EventId,
        photo: ToRead,
    ) -> Result<Result<Read, PhotoError>, Unavailable> {
        let ToRead { photo_id, bytes, .. } = photo;
        let ticket = self.ingest_lane.wait_for_place().await;
        let preparer = std::sync::Arc::clone(&self.preparer);
        let prepared = ticket.run(move || preparer.photo(&bytes)).await.value;
        drop(ticket);
        let photo = match prepared {
            Ok(photo) => photo,
            Err(error) => return Ok(Err(error)),
        };
        if !may_be_sent(&photo) {
            tracing::warn!(%photo_id, "a photo is too small or too large for Rekognition; nobody is found on it");
            return Ok(Ok(Read { photo, faces: Vec::new() }));
        }
        match self.keep_faces(event_id, photo_id, &photo.preview).await {
            Ok(answer) => {
                log_left_out(photo_id, &answer);
                let faces = faces_of(&answer, &photo);
                Ok(Ok(Read { photo, faces }))
            }
            Err(Trouble::NoFace) => Ok(Ok(Read { photo, faces: Vec::new() })),
            Err(Trouble::Picture(detail)) => Ok(Err(PhotoError::Internal { detail })),
            Err(other) => Err(other.unexpected()),
        }
    }

    /// Has the faces of a picture kept. The collection is made when there is none.
    async fn keep_faces(
        &self,
        event_id: EventId,
        photo_id: PhotoId,
        jpeg: &[u8],
    ) -> Result<IndexFacesOutput, Trouble> {
        match self.index_faces(event_id, photo_id, jpeg).await {
            Err(Trouble::NoCollection) => {
                let made = self.make_collection(event_id).await;
                // Whatever is wrong with the collection: it is not the picture.
                made.map_err(|error| Trouble::Unavailable(Unavailable { may_be_ours: false, ..error }))?;
                self.index_faces(event_id, photo_id, jpeg).await
            }
            answer => answer,
        }
    }

    async fn index_faces(
        &self,
        event_id: EventId,
        photo_id: PhotoId,
        jpeg: &[u8],
    ) -> Result<IndexFacesOutput, Trouble> {
        let sent = self
            .bulk
            .index_faces()
            .collection_id(self.collection(event_id))
            .external_image_id(photo_id.to_string())
            .image(Image::builder().bytes(Blob::new(jpeg)).build())
            .detection_attributes(Attribute::Default)
            .max_faces(FACES_MAX)
            .quality_filter(QualityFilter::Auto)
            .send();
        self.call(Operation::IndexFaces, sent).await
    }
}

fn is_for_later(indexed: &Indexed) -> bool {
    matches!(indexed, Err(NotRead::Later(_)))
}

/// Whether the preview keeps Rekognition's limits. Its longer side, at most 2048 pixels, does.
fn may_be_sent(photo: &IndexedPhoto) -> bool {
    let (long, short) = (photo.width_px.max(photo.height_px), photo.width_px.min(photo.height_px));
    let sent_long = long.min(domain::Rendition::PREVIEW_LONG_SIDE_PX);
    let sent_short = u64::from(short) * u64::from(sent_long) / u64::from(long.max(1));
    photo.preview.len() <= SENT_BYTES_MAX && sent_short >= u64::from(SENT_SIDE_PX_LEAST)
}

fn log_left_out(photo_id: PhotoId, answer: &IndexFacesOutput) {
    for face in answer.unindexed_faces() {
        tracing::info!(%photo_id, reasons = ?face.reasons(), "a face was seen but not kept");
    }
}

/// The faces that were kept, in pixels of the original.
fn faces_of(answer: &IndexFacesOutput, photo: &IndexedPhoto) -> Vec<ReadFace> {
    answer.face_records().iter().filter_map(|record| face_of(record, photo)).collect()
}

fn face_of(record: &FaceRecord, photo: &IndexedPhoto) -> Option<ReadFace> {
    let face_id = record.face()?.face_id()?.parse::<FaceId>().ok()?;
    let detail = record.face_detail()?;
    let bounds = bounds(detail.bounding_box()?, (photo.width_px, photo.height_px));
    let confidence = detail.confidence().unwrap_or(0.0) / 100.0;
    let face = Face {
        bounds,
        landmarks: landmarks(detail, photo, &bounds),
        confidence,
        quality: Quality {
            size_px: bounds.width.min(bounds.height),
            // In units of its own, 0 to 100, and nothing is decided on it.
            sharpness: detail.quality().and_then(ImageQuality::sharpness).unwrap_or(0.0),
            yaw: detail.pose().and_then(Pose::yaw).map_or(0.0, |degrees| degrees.abs() / 90.0),
            embedding_norm: 0.0,
        },
    };
    Some(ReadFace { face, face_id: Some(face_id), embedding: None })
}

/// A box in pixels, from shares of the picture's sides.
pub(super) fn bounds(shares: &BoundingBox, (width, height): (u32, u32)) -> BoxPx {
    let (width, height) = (side(width), side(height));
    BoxPx {
        x: shares.left().unwrap_or(0.0) * width,
        y: shares.top().unwrap_or(0.0) * height,
        width: shares.width().unwrap_or(0.0) * width,
        height: shares.height().unwrap_or(0.0) * height,
    }
}

/// The five points; the middle of the face stands for one that is not told.
fn landmarks(detail: &FaceDetail, photo: &IndexedPhoto, bounds: &BoxPx) -> domain::Landmarks {
    let wanted = [
        LandmarkType::EyeLeft,
        LandmarkType::EyeRight,
        LandmarkType::Nose,
        LandmarkType::MouthLeft,
        LandmarkType::MouthRight,
    ];
    let middle = PointPx { x: bounds.x + bounds.width / 2.0, y: bounds.y + bounds.height / 2.0 };
    wanted.map(|kind| {
        let point = detail.landmarks().iter().find(|point| point.r#type() == Some(&kind));
        point.map_or(middle, |point| PointPx {
            x: point.x().unwrap_or(0.0) * side(photo.width_px),
            y: point.y().unwrap_or(0.0) * side(photo.height_px),
        })
    })
}

#[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
fn side(pixels: u32) -> f32 {
    pixels as f32
}
