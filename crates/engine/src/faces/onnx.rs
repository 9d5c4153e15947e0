//! ONNX Runtime: the only file that knows it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use domain::Digest;
use ort::environment::Environment;
use ort::ep::CPU;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::TensorRef;

use crate::pack::ModelFile;
use crate::{OpenError, PhotoError};

/// ONNX Runtime, loaded from a shared library.
#[derive(Clone)]
pub struct OnnxRuntime {
    environment: Environment,
}

/// The process's one environment: ONNX Runtime allows no second one, not even after the first is gone.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

impl OnnxRuntime {
    /// Loads ONNX Runtime 1.17 or later from `library` (`libonnxruntime.so`). A process loads it once: later calls give
    /// the same runtime, whatever they name.
    ///
    /// # Errors
    /// [`OpenError::Runtime`] when the library is missing, is no ONNX Runtime, or is too old.
    pub fn load(library: &Path) -> Result<Self, OpenError> {
        let mut loaded = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(environment) = loaded.as_ref() {
            return Ok(Self { environment: environment.clone() });
        }
        let refused = |reason: String| OpenError::Runtime { library: library.to_owned(), reason };
        let builder = ort::init_from(library).map_err(|error| refused(error.to_string()))?;
        let environment = builder.with_name("findme").with_telemetry(false).build();
        let environment = environment.map_err(|error| refused(error.to_string()))?;
        *loaded = Some(environment.clone());
        Ok(Self { environment })
    }

    /// What sessions are made in, for those who measure ONNX Runtime without the engine around it.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }
}

impl std::fmt::Debug for OnnxRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnnxRuntime")
    }
}

/// The checked bytes of a model file, from which sessions are made.
pub(crate) struct ModelBytes {
    name: String,
    bytes: Vec<u8>,
}

impl ModelBytes {
    /// Reads `file` from `folder` and checks its SHA-256, so that what was verified is what runs.
    pub(crate) fn read(folder: &Path, file: &ModelFile) -> Result<Self, OpenError> {
        let path: PathBuf = folder.join(&file.file_name);
        let bytes = std::fs::read(&path);
        let bytes = bytes.map_err(|reason| OpenError::ModelUnreadable { path: path.clone(), reason })?;
        let found = Digest::of(&bytes);
        if found != file.sha256 {
            return Err(OpenError::WrongModel { path, expected: file.sha256, found });
        }
        Ok(Self { name: file.file_name.clone(), bytes })
    }

    /// Opens a session that computes on the calling thread only.
    pub(crate) fn open(&self, runtime: &OnnxRuntime) -> Result<Model, OpenError> {
        let session =
            build(&runtime.environment).and_then(|mut builder| builder.commit_from_memory(&self.bytes));
        let session = session.map_err(|error| self.refused(error))?;
        let outputs = session.outputs().iter().map(|output| output.name().to_owned()).collect();
        Ok(Model { session, outputs })
    }

    #[expect(clippy::needless_pass_by_value, reason = "made to stand in `map_err`")]
    pub(crate) fn refused(&self, reason: impl ToString) -> OpenError {
        OpenError::ModelRefused { model: self.name.clone(), reason: reason.to_string() }
    }
}

/// With an arena, which keeps the memory of one run for the next: without, a detection takes a tenth more time, a face two to
/// five in a hundred, and the process ends up with more memory, since the system's allocator keeps more than it needs.
#[expect(clippy::disallowed_methods, reason = "this is the one place that opens models")]
fn build(environment: &Environment) -> Result<SessionBuilder, ort::Error> {
    let builder = Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_memory_pattern(false)?
        .with_execution_providers([CPU::default().with_arena_allocator(true).build()])?;
    Ok(builder)
}

/// A model that is ready to run. One thread at a time.
pub(crate) struct Model {
    session: Session,
    outputs: Vec<String>,
}

impl Model {
    /// The names of its outputs, in the model's order.
    pub(crate) fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// Runs it on `data` of `shape` and gives the outputs called `names` to `read`, in that order.
    pub(crate) fn run<T>(
        &mut self,
        input: &str,
        shape: [usize; 4],
        data: &[f32],
        names: &[String],
        read: impl FnOnce(&[&[f32]]) -> Result<T, PhotoError>,
    ) -> Result<T, PhotoError> {
        let tensor = TensorRef::from_array_view((shape, data)).map_err(PhotoError::internal)?;
        let outputs = self.session.run(ort::inputs![input => tensor]).map_err(PhotoError::internal)?;
        let mut slices = Vec::with_capacity(names.len());
        for name in names {
            let output = outputs.get(name.as_str());
            let output = output.ok_or_else(|| PhotoError::internal(format!("the model gave no {name}")))?;
            slices.push(output.try_extract_tensor::<f32>().map_err(PhotoError::internal)?.1);
        }
        read(&slices)
    }
}
