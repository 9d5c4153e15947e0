//! What can go wrong, grouped by who is at fault: the photo, the selfie, or the installation.

use std::path::PathBuf;

use domain::Digest;

/// Why a photo cannot be read. Each cause has a name that a person understands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The content is no picture, whatever the file's name says.
    #[error("the file is not a photo")]
    NotAPhoto,
    /// A picture, but of a kind that is not read.
    #[error("{format} files are not supported; send JPEG, PNG, WebP, HEIC, AVIF or a camera's RAW file")]
    UnsupportedFormat {
        /// The kind, as people call it: `GIF`, `TIFF`.
        format: String,
    },
    /// The machine lacks what decodes this format.
    #[error(
        "{format} files need libheif, which is missing here or lacks the codec: install the package libheif1 \
         (from Debian 13 and Ubuntu 24.04 on also {plugin}; elsewhere libheif), start FindMe again, and retry"
    )]
    CodecMissing {
        /// `HEIC` or `AVIF`.
        format: &'static str,
        /// The package with the codec, where it is one of its own.
        plugin: &'static str,
        /// What the loader said, for the log; nothing may be decided on it.
        detail: String,
    },
    /// A RAW file in which no picture lies that could stand for it.
    #[error(
        "the RAW file holds no JPEG preview of at least 640 pixels; let the camera or a converter embed one, or \
         export the photo as JPEG"
    )]
    RawWithoutPreview,
    /// The header announces more pixels than are allowed; none was decoded.
    #[error(
        "the photo has {width_px} × {height_px} pixels; the limit for its format is {megapixels_max} megapixels"
    )]
    TooManyPixels {
        /// Announced width.
        width_px: u32,
        /// Announced height.
        height_px: u32,
        /// Most that is allowed for this format, in millions.
        megapixels_max: u32,
    },
    /// The file ends before the picture does.
    #[error("the file is incomplete: its end is missing")]
    Truncated,
    /// The file is whole but its content is not what its format demands.
    #[error("the file is damaged")]
    Damaged {
        /// What the decoder said, for the log; nothing may be decided on it.
        detail: String,
    },
    /// The engine failed; the photo may be good.
    #[error("the photo could not be processed because of an internal error")]
    Internal {
        /// What failed, for the log; nothing may be decided on it.
        detail: String,
    },
}

impl PhotoError {
    /// Its stable name in the database and in answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::NotAPhoto => "not_a_photo",
            Self::UnsupportedFormat { .. } => "unsupported_format",
            Self::CodecMissing { .. } => "codec_missing",
            Self::RawWithoutPreview => "raw_without_preview",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::Truncated => "truncated",
            Self::Damaged { .. } => "damaged",
            Self::Internal { .. } => "internal",
        }
    }

    /// What the decoder or the runtime said, for the log; otherwise the message.
    pub fn detail(&self) -> String {
        match self {
            Self::CodecMissing { detail, .. } | Self::Damaged { detail } | Self::Internal { detail } => {
                detail.clone()
            }
            Self::Empty
            | Self::NotAPhoto
            | Self::UnsupportedFormat { .. }
            | Self::RawWithoutPreview
            | Self::TooManyPixels { .. }
            | Self::Truncated => self.to_string(),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "made to stand in `map_err`")]
    pub(crate) fn damaged(detail: impl ToString) -> Self {
        Self::Damaged { detail: detail.to_string() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "made to stand in `map_err`")]
    pub(crate) fn internal(detail: impl ToString) -> Self {
        Self::Internal { detail: detail.to_string() }
    }
}

/// Why a selfie cannot be searched with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelfieError {
    /// It cannot be read as a photo.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// No face was found.
    #[error("no face was found in the selfie")]
    NoFace,
    /// More than one face could be meant.
    #[error("several faces were found in the selfie")]
    SeveralFaces,
    /// The face has too few pixels to tell people apart.
    #[error("the face in the selfie is too small")]
    FaceTooSmall,
}

impl SelfieError {
    /// Its stable name in answers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Photo(error) => error.code(),
            Self::NoFace => "no_face",
            Self::SeveralFaces => "several_faces",
            Self::FaceTooSmall => "face_too_small",
        }
    }
}

/// Why the engine cannot start. The message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// ONNX Runtime's shared library cannot be loaded, or is too old.
    #[error("ONNX Runtime cannot be loaded from {}: {reason}; ./start.sh fetches it, or let ORT_DYLIB_PATH name libonnxruntime.so 1.17 or later", library.display())]
    Runtime {
        /// Where it was looked for.
        library: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// A model file cannot be read.
    #[error("the model {} cannot be read: {reason}; `findme models pull` fetches it", path.display())]
    ModelUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A model file has other content than the pack names.
    #[error("the model {} has the SHA-256 {found}, not {expected}; delete it and run `findme models pull`", path.display())]
    WrongModel {
        /// The file.
        path: PathBuf,
        /// What `models.toml` says.
        expected: Digest,
        /// What the file has.
        found: Digest,
    },
    /// ONNX Runtime refuses a model, or the model does not do what the pack says.
    #[error("the model {model} cannot be used: {reason}")]
    ModelRefused {
        /// The file's name.
        model: String,
        /// What ONNX Runtime said, or what was expected.
        reason: String,
    },
    /// The thread pool cannot be started.
    #[error("the compute threads cannot be started: {0}")]
    Threads(String),
}
