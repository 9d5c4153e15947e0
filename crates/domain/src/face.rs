//! What is known of one face in one photo, in pixels of the original photo as a person sees it (after its EXIF
//! orientation is applied).

use serde::{Deserialize, Serialize};

use crate::{Embedding, FaceId, PhotoId};

/// A point, in pixels of the oriented original.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointPx {
    /// From the left edge.
    pub x: f32,
    /// From the top edge.
    pub y: f32,
}

/// An upright rectangle, in pixels of the oriented original.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxPx {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Extent to the right.
    pub width: f32,
    /// Extent downwards.
    pub height: f32,
}

impl BoxPx {
    /// Its area, in square pixels.
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// Intersection over union with `other`, in [0, 1].
    pub fn iou(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        let both = width.max(0.0) * height.max(0.0);
        let either = self.area() + other.area() - both;
        if either > 0.0 { both / either } else { 0.0 }
    }
}

/// Five points, in this order: the eye on the picture's left, the eye on its right, the tip of the nose, the
/// mouth's corner on the left, the one on the right.
pub type Landmarks = [PointPx; 5];

/// How much a face can be trusted for recognition.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The shorter side of the face's box, in pixels of the original.
    pub size_px: f32,
    /// Variance of the Laplacian over the aligned crop's grey values (0–255): below about 50 it is blurred.
    pub sharpness: f32,
    /// How far the head is turned to a side, estimated from the landmarks: 0 is frontal, 1 is a full profile.
    pub yaw: f32,
    /// The length of the recogniser's output before normalisation; models of the ArcFace family give good faces
    /// longer vectors.
    pub embedding_norm: f32,
}

/// One detected face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    /// Where it is.
    pub bounds: BoxPx,
    /// Its five points.
    pub landmarks: Landmarks,
    /// The detector's confidence, in [0, 1].
    pub confidence: f32,
    /// How much it can be trusted.
    pub quality: Quality,
}

/// A face as a gallery holds it.
#[derive(Clone, Debug)]
pub struct GalleryFace {
    /// Its id.
    pub face_id: FaceId,
    /// The photo it is in.
    pub photo_id: PhotoId,
    /// Its embedding.
    pub embedding: Embedding,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_known_boxes() {
        let a = BoxPx { x: 0.0, y: 0.0, width: 2.0, height: 2.0 };
        let b = BoxPx { x: 1.0, ..a };
        assert!((a.iou(&a) - 1.0).abs() < 1e-6);
        assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-6);
        assert!(a.iou(&BoxPx { x: 5.0, ..a }).abs() < 1e-6);
    }
}
