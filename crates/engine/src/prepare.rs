//! Photos and selfies made ready for somebody else who finds the faces: no model is needed.

use crate::engine::fenced;
use crate::faces::decode::{Decoded, Room, decode};
use crate::faces::renditions::{at_most, encode, render};
use crate::picture::Resizer;
use crate::privacy::private_parts;
use crate::stages::{Stages, timed};
use crate::{IndexedPhoto, PhotoError};

/// Longer side of what is made, in pixels.
const LONG_SIDE_PX: u32 = domain::Rendition::PREVIEW_LONG_SIDE_PX;

/// Decodes photos and makes their renditions, on the caller's thread.
#[derive(Debug, Default)]
pub struct Preparer {
    room: Room,
}

/// A picture to be sent: a JPEG without metadata, its longer side at most
/// [`domain::Rendition::PREVIEW_LONG_SIDE_PX`] pixels.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The file.
    pub jpeg: Vec<u8>,
    /// Width of the original as a person sees it.
    pub width_px: u32,
    /// Height of the original as a person sees it.
    pub height_px: u32,
}

impl Preparer {
    /// Everything about a photo but its faces: [`IndexedPhoto::faces`] is empty. Nothing panics.
    ///
    /// # Errors
    /// When the photo cannot be read.
    pub fn photo(&self, bytes: &[u8]) -> Result<IndexedPhoto, PhotoError> {
        fenced(|| {
            let (mut stages, mut resizer) = (Stages::default(), Resizer::default());
            let decoded =
                timed(&mut stages.decode, || decode(bytes, LONG_SIDE_PX, &self.room, &mut resizer))?;
            let renditions = timed(&mut stages.render, || render(&decoded.picture, &mut resizer))?;
            let private_parts = timed(&mut stages.private_parts, || private_parts(bytes))?.to_bytes();
            let Decoded { width_px, height_px, taken_at, camera, .. } = decoded;
            Ok(IndexedPhoto {
                width_px,
                height_px,
                taken_at,
                camera,
                faces: Vec::new(),
                preview: renditions.preview,
                thumb: renditions.thumb,
                private_parts,
                stages,
            })
        })
    }

    /// A smaller copy of a selfie, without whatever else its file says. Nothing panics.
    ///
    /// # Errors
    /// When the selfie cannot be read as a photo.
    pub fn selfie(&self, bytes: &[u8]) -> Result<Prepared, PhotoError> {
        fenced(|| {
            let mut resizer = Resizer::default();
            let Decoded { picture, width_px, height_px, .. } =
                decode(bytes, LONG_SIDE_PX, &self.room, &mut resizer)?;
            let smaller = at_most(&picture, LONG_SIDE_PX, &mut resizer)?;
            let jpeg = encode(smaller.as_ref().unwrap_or(&picture))?;
            Ok(Prepared { jpeg, width_px, height_px })
        })
    }
}
