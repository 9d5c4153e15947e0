//! Indexing: photos in, faces with embeddings and renditions out.

use std::time::Duration;

use domain::{BoxPx, Embedding, Face, PointPx, Quality, Rendition};
use rayon::prelude::*;

use crate::PhotoError;
use crate::engine::{Bench, Engine, fenced};
use crate::faces::decode::{Decoded, decode};
use crate::faces::detect::Detection;
use crate::faces::embed::{BATCH, Embedded};
use crate::faces::renditions::{Renditions, render};
use crate::faces::{align, quality};
use crate::picture::Picture;
use crate::privacy::private_parts;
use crate::stages::{Stages, timed};

/// What is known of a photo after indexing.
#[derive(Clone, Debug)]
pub struct IndexedPhoto {
    /// Width of the original as a person sees it.
    pub width_px: u32,
    /// Height of the original as a person sees it.
    pub height_px: u32,
    /// When it was taken, `YYYY-MM-DDTHH:MM:SS` in the camera's local time, from EXIF.
    pub taken_at: Option<String>,
    /// The camera's maker and model, from EXIF.
    pub camera: Option<String>,
    /// Its faces, surest first; at most 500.
    pub faces: Vec<IndexedFace>,
    /// JPEG without metadata, longer side at most [`Rendition::PREVIEW_LONG_SIDE_PX`].
    pub preview: Vec<u8>,
    /// JPEG without metadata, longer side at most [`Rendition::THUMB_LONG_SIDE_PX`].
    pub thumb: Vec<u8>,
    /// The binary form of the [`crate::privacy::Patches`] with which the original is delivered.
    pub private_parts: Vec<u8>,
    /// What indexing it took.
    pub stages: Stages,
}

/// A face and the vector by which it is found.
#[derive(Clone, Debug)]
pub struct IndexedFace {
    /// Where it is, in pixels of the oriented original, and how much it can be trusted.
    pub face: Face,
    /// Its embedding.
    pub embedding: Embedding,
}

/// Longer side to which a photo is decoded at least. JPEG decodes at halves only, and a preview may be a little smaller
/// than [`Rendition::PREVIEW_LONG_SIDE_PX`]: with a sixteenth less, photos of 12 and 48 megapixels (4000 and 8000 pixels
/// wide) are decoded at one scale less, to a quarter of the pixels. Their previews are then
/// what was decoded, and need no resizing.
pub(crate) const DECODE_LONG_SIDE_PX_LEAST: u32 = Rendition::PREVIEW_LONG_SIDE_PX / 16 * 15;

/// A face before its embedding is known.
pub(crate) struct Cut {
    pub(crate) detection: Detection,
    pub(crate) crop: Picture,
    sharpness: f32,
}

/// A photo before the embeddings of its faces are known.
struct Looked {
    decoded_size: (u32, u32),
    taken_at: Option<String>,
    camera: Option<String>,
    renditions: Renditions,
    private_parts: Vec<u8>,
    cuts: Vec<Cut>,
    stages: Stages,
}

impl Engine {
    /// Indexes `photos`, in parallel, and gives the outcomes in their order. A photo that cannot be read costs its own
    /// outcome only; nothing panics.
    ///
    /// First each photo is decoded once, and from these pixels come its faces and its renditions. Then the faces of all
    /// photos go through the recogniser in batches. In memory at a time: the pixels of one photo per thread, the
    /// renditions and crops (37 kB a face) of all.
    pub fn index(&self, photos: &[&[u8]]) -> Vec<Result<IndexedPhoto, PhotoError>> {
        self.install(|| {
            let looks = photos.par_iter().with_max_len(1);
            let looked: Vec<_> = looks.map(|bytes| fenced(|| self.look(bytes))).collect();
            let cuts = looked.iter().flatten().flat_map(|photo| &photo.cuts);
            let crops: Vec<&Picture> = cuts.map(|cut| &cut.crop).collect();
            let mut embedded = self.embed(&crops).into_iter();
            looked.into_iter().map(|photo| photo.and_then(|photo| photo.with(embedded.by_ref()))).collect()
        })
    }

    /// Everything about one photo but the embeddings.
    fn look(&self, bytes: &[u8]) -> Result<Looked, PhotoError> {
        self.with_bench(|bench| {
            let mut stages = Stages::default();
            let decode = || decode(bytes, DECODE_LONG_SIDE_PX_LEAST, &self.room, &mut bench.resizer);
            let decoded = timed(&mut stages.decode, decode)?;
            let cuts = self.cut(&decoded, self.detect_long_side_px, bench, &mut stages)?;
            let renditions = timed(&mut stages.render, || render(&decoded.picture, &mut bench.resizer))?;
            let private_parts = timed(&mut stages.private_parts, || private_parts(bytes))?.to_bytes();
            let Decoded { width_px, height_px, taken_at, camera, .. } = decoded;
            let decoded_size = (width_px, height_px);
            Ok(Looked { decoded_size, taken_at, camera, renditions, private_parts, cuts, stages })
        })
    }

    /// The faces of a decoded photo seen at `long_side_px`, cut out, with their places in the original.
    pub(crate) fn cut(
        &self,
        decoded: &Decoded,
        long_side_px: u32,
        bench: &mut Bench,
        stages: &mut Stages,
    ) -> Result<Vec<Cut>, PhotoError> {
        let Decoded { picture, width_px, height_px, .. } = decoded;
        let detections =
            timed(&mut stages.detect, || bench.detector.detect(picture, long_side_px, &mut bench.resizer))?;
        let scale = (ratio(*width_px, picture.width), ratio(*height_px, picture.height));
        let cuts = detections.into_iter().filter_map(|detection| {
            let (template, size_px) = (&self.recogniser.template, self.recogniser.size_px);
            let crop = align::crop(picture, &detection.landmarks, template, size_px)?;
            let sharpness = quality::sharpness(&crop);
            Some(Cut { detection: in_original(detection, scale), crop, sharpness })
        });
        Ok(timed(&mut stages.align, || cuts.collect()))
    }

    /// The embeddings of `crops`, in batches spread over the threads. Must run on them.
    pub(crate) fn embed(&self, crops: &[&Picture]) -> Vec<Result<Embedded, PhotoError>> {
        let batch = crops.len().div_ceil(self.threads()).clamp(1, BATCH);
        let batches = crops.par_chunks(batch);
        batches.flat_map_iter(|batch| self.embed_batch(batch)).collect()
    }

    /// When a batch fails, its crops go one by one, so that only the guilty face's photo suffers.
    fn embed_batch(&self, batch: &[&Picture]) -> Vec<Result<Embedded, PhotoError>> {
        let run = |crops: &[&Picture]| fenced(|| self.with_bench(|bench| bench.recogniser.embed(crops)));
        match run(batch) {
            Ok(embedded) => embedded.into_iter().map(Ok).collect(),
            Err(error) if batch.len() == 1 => vec![Err(error)],
            Err(_) => batch.iter().flat_map(|crop| self.embed_batch(&[crop])).collect(),
        }
    }
}

impl Looked {
    /// Takes the next embedding for each face.
    fn with(
        self,
        embedded: &mut impl Iterator<Item = Result<Embedded, PhotoError>>,
    ) -> Result<IndexedPhoto, PhotoError> {
        // All of the photo's embeddings are taken, even after a failed one: the next belong to the next photo.
        let own: Vec<_> = embedded.take(self.cuts.len()).collect();
        let mut stages = self.stages;
        stages.embed += own.iter().flatten().map(|embedded| embedded.took).sum::<Duration>();
        let faces = self.cuts.into_iter().zip(own);
        let faces = faces.map(|(cut, embedded)| embedded.map(|embedded| cut.into_face(embedded)));
        let (width_px, height_px) = self.decoded_size;
        Ok(IndexedPhoto {
            width_px,
            height_px,
            taken_at: self.taken_at,
            camera: self.camera,
            faces: faces.collect::<Result<_, _>>()?,
            preview: self.renditions.preview,
            thumb: self.renditions.thumb,
            private_parts: self.private_parts,
            stages,
        })
    }
}

impl Cut {
    /// The finished face.
    pub(crate) fn into_face(self, embedded: Embedded) -> IndexedFace {
        let Detection { bounds, landmarks, confidence } = self.detection;
        let quality = Quality {
            size_px: quality::size_px(&bounds),
            sharpness: self.sharpness,
            yaw: quality::yaw(&landmarks),
            embedding_norm: embedded.norm,
        };
        IndexedFace { face: Face { bounds, landmarks, confidence, quality }, embedding: embedded.embedding }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sides have at most 17 bits")]
fn ratio(original: u32, decoded: u32) -> f32 {
    original as f32 / decoded as f32
}

/// A detection in pixels of the original instead of the decoded picture.
fn in_original(detection: Detection, (across, down): (f32, f32)) -> Detection {
    let BoxPx { x, y, width, height } = detection.bounds;
    Detection {
        bounds: BoxPx { x: x * across, y: y * down, width: width * across, height: height * down },
        landmarks: detection.landmarks.map(|PointPx { x, y }| PointPx { x: x * across, y: y * down }),
        ..detection
    }
}
