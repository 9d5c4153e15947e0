//! From aligned crops to embeddings.

use std::time::{Duration, Instant};

use domain::Embedding;

use super::letterbox::write_row;
use super::onnx::{Model, ModelBytes, OnnxRuntime};
use crate::pack::Recogniser;
use crate::picture::Picture;
use crate::{OpenError, PhotoError};

/// Crops that go through the recogniser at once. On one thread a face costs the same in batches of one to four, a tenth
/// more in eight and twice as much in 32, whose activations no longer fit in the caches.
pub(crate) const BATCH: usize = 4;

/// An embedding and the length it had before normalisation.
#[derive(Clone, Debug)]
pub(crate) struct Embedded {
    pub(crate) embedding: Embedding,
    pub(crate) norm: f32,
    /// Its share of what its batch took.
    pub(crate) took: Duration,
}

impl Embedded {
    /// The recogniser's output as it was before normalisation.
    pub(crate) fn raw(&self) -> impl Iterator<Item = f32> {
        self.embedding.as_slice().iter().map(|number| number * self.norm)
    }
}

/// A recogniser, ready to run.
pub(crate) struct FaceRecogniser {
    model: Model,
    description: Recogniser,
    output: [String; 1],
    planes: Vec<f32>,
}

impl FaceRecogniser {
    /// Opens a session for `description` and tries it on a black crop.
    pub(crate) fn open(
        runtime: &OnnxRuntime,
        bytes: &ModelBytes,
        description: &Recogniser,
    ) -> Result<Self, OpenError> {
        let model = bytes.open(runtime)?;
        let output = [description.output.clone()];
        let mut recogniser = Self { model, description: description.clone(), output, planes: Vec::new() };
        let black = Picture::black(description.size_px, description.size_px);
        recogniser.embed(&[&black]).map_err(|error| bytes.refused(error.detail()))?;
        Ok(recogniser)
    }

    /// The embeddings of `crops`, which are squares of the recogniser's size.
    pub(crate) fn embed(&mut self, crops: &[&Picture]) -> Result<Vec<Embedded>, PhotoError> {
        let began = Instant::now();
        let Self { model, description, output, planes } = self;
        let side = description.size_px as usize;
        let plane_len = side * side;
        planes.resize(crops.len() * 3 * plane_len, 0.0);
        for (crop, planes) in crops.iter().zip(planes.chunks_exact_mut(3 * plane_len)) {
            write_row(&crop.rgb, description.normalisation, planes, 0, plane_len);
        }
        let shape = [crops.len(), 3, side, side];
        let mut embedded = model.run(&description.input, shape, planes, output, |tensors| {
            let [numbers] = *tensors else { return Err(PhotoError::internal("one output expected")) };
            if numbers.len() != crops.len() * description.dimension {
                return Err(PhotoError::internal("the recogniser's output has an unexpected size"));
            }
            numbers.chunks_exact(description.dimension).map(embedded).collect::<Result<Vec<_>, _>>()
        })?;
        let share = began.elapsed() / u32::try_from(embedded.len()).unwrap_or(u32::MAX).max(1);
        for one in &mut embedded {
            one.took = share;
        }
        Ok(embedded)
    }
}

fn embedded(raw: &[f32]) -> Result<Embedded, PhotoError> {
    let norm = raw.iter().map(|number| number * number).sum::<f32>().sqrt();
    let embedding = Embedding::normalised(raw).map_err(PhotoError::internal)?;
    Ok(Embedded { embedding, norm, took: Duration::ZERO })
}
