//! What goes into reading photos, and what comes out.

use bytes::Bytes;
use domain::{Embedding, Face, FaceId, PhotoId};
use engine::{IndexedFace, IndexedPhoto, PhotoError};

use crate::{PackRefused, Unavailable};

/// A photo to be read.
#[derive(Clone, Debug)]
pub struct ToRead {
    /// Its id.
    pub photo_id: PhotoId,
    /// Its original.
    pub bytes: Bytes,
    /// Whether it may have been read before, so that faces of it may be kept elsewhere already.
    pub sent_before: bool,
}

/// What became of one photo.
pub type Indexed = Result<Read, NotRead>;

/// Why a photo was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// It cannot be read.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// Whoever keeps the faces answers, but not about this photo. Trying again a few times may help.
    #[error(transparent)]
    Fails(Unavailable),
    /// Whoever keeps the faces cannot be used now. Nothing is said about the photo.
    #[error(transparent)]
    Later(Unavailable),
}

/// A photo that was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// Everything but its faces, which have been taken out.
    pub photo: IndexedPhoto,
    /// Its faces.
    pub faces: Vec<ReadFace>,
}

/// A face, and by what it is found: an embedding, or an id at whoever keeps it.
#[derive(Clone, Debug)]
pub struct ReadFace {
    /// Where it is and how good.
    pub face: Face,
    /// Its embedding; none when it is kept elsewhere.
    pub embedding: Option<Embedding>,
    /// Its id where it is kept; none when that is here, so that it has none yet.
    pub face_id: Option<FaceId>,
}

impl From<IndexedPhoto> for Read {
    fn from(mut photo: IndexedPhoto) -> Self {
        let faces = std::mem::take(&mut photo.faces);
        let read =
            |IndexedFace { face, embedding }| ReadFace { face, embedding: Some(embedding), face_id: None };
        Self { faces: faces.into_iter().map(read).collect(), photo }
    }
}

/// Why photos were not read. Nothing is said about them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// The pack cannot be used here.
    #[error(transparent)]
    Pack(#[from] PackRefused),
    /// Whoever keeps the faces cannot be used now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
