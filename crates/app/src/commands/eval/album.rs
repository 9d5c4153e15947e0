//! A labelled event, read: the photos in a gallery, and the selfies that ask.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use domain::{BoxPx, Embedding, FaceId, PhotoId};
use engine::{Engine, Gallery, IndexedPhoto, PhotoError};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::labels::Label;
use super::{FILES_AT_ONCE, bar, read};

/// The photos of an event.
#[derive(Debug)]
pub(super) struct Album<'a> {
    pub(super) gallery: Gallery,
    pub(super) photos: BTreeMap<PhotoId, Photo<'a>>,
    /// Where each face is, in pixels of its photo.
    pub(super) faces: BTreeMap<FaceId, BoxPx>,
    /// Photos that could not be read, with the reason.
    pub(super) unreadable: Vec<String>,
}

/// A photo of the gallery, and who is on it.
#[derive(Debug)]
pub(super) struct Photo<'a> {
    /// As the labels name it.
    pub(super) file: String,
    pub(super) label: &'a Label,
    /// To be looked at; none where it could not be read or nobody will look.
    pub(super) picture: Option<Picture>,
}

/// A small copy of a photo.
#[derive(Debug)]
pub(super) struct Picture {
    /// Of the original as a person sees it, in pixels.
    pub(super) size: (u32, u32),
    pub(super) jpeg: Vec<u8>,
}

/// A selfie.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pub(super) file: String,
    pub(super) person: &'a str,
    pub(super) label: &'a Label,
    /// What is searched for, or why that cannot be.
    pub(super) embedding: Result<Embedding, String>,
    pub(super) picture: Option<Picture>,
}

/// Reads the labelled photos of `folder`; keeps small copies where `keeps_pictures`.
pub(super) fn photos<'a>(
    engine: &Engine,
    folder: &Path,
    labels: &'a BTreeMap<String, Label>,
    keeps_pictures: bool,
) -> anyhow::Result<Album<'a>> {
    let files = labelled(folder, labels)?;
    let mut album = Album {
        gallery: Gallery::new(engine.dimension()),
        photos: BTreeMap::new(),
        faces: BTreeMap::new(),
        unreadable: Vec::new(),
    };
    let bar = bar("photos", files.len());
    for part in files.chunks(FILES_AT_ONCE) {
        let bytes = part.iter().map(|(path, _)| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
        let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        for ((path, label), indexed) in part.iter().zip(engine.index(&slices)) {
            album.add(path, label, indexed, keeps_pictures)?;
        }
        bar.inc(part.len() as u64);
    }
    bar.finish_and_clear();
    Ok(album)
}

impl<'a> Album<'a> {
    fn add(
        &mut self,
        path: &Path,
        label: &'a Label,
        indexed: Result<IndexedPhoto, PhotoError>,
        keeps_picture: bool,
    ) -> anyhow::Result<()> {
        let entropy = crate::system::entropy();
        let photo_id = PhotoId::from_entropy(&entropy);
        let mut photo = Photo { file: labelled_name(path), label, picture: None };
        match indexed {
            Ok(indexed) => {
                for face in &indexed.faces {
                    let face_id = FaceId::from_entropy(&entropy);
                    self.gallery.append(face_id, photo_id, &face.embedding)?;
                    self.faces.insert(face_id, face.face.bounds);
                }
                photo.picture = keeps_picture.then(|| Picture::of(indexed));
            }
            Err(error) => self.unreadable.push(format!("{}: {error}", path.display())),
        }
        self.photos.insert(photo_id, photo);
        Ok(())
    }
}

impl Picture {
    fn of(photo: IndexedPhoto) -> Self {
        Self { size: (photo.width_px, photo.height_px), jpeg: photo.thumb }
    }
}

/// Reads the labelled selfies of `folder`; each shows one person.
pub(super) fn selfies<'a>(
    engine: &Engine,
    folder: &Path,
    labels: &'a BTreeMap<String, Label>,
    keeps_pictures: bool,
) -> anyhow::Result<Vec<Query<'a>>> {
    let files = labelled(folder, labels)?;
    let bar = bar("selfies", files.len());
    let queries = files.par_iter().map(|(path, label)| {
        let bytes = read(path)?;
        let person = label.identities.first().with_context(|| format!("{} has no label", path.display()))?;
        let embedding =
            engine.selfie(&bytes).map(|selfie| selfie.embedding).map_err(|error| error.to_string());
        let seen = if keeps_pictures { engine.index(&[&bytes]).pop() } else { None };
        let picture = seen.and_then(Result::ok).map(Picture::of);
        bar.inc(1);
        Ok(Query { file: labelled_name(path), person, label, embedding, picture })
    });
    let queries = queries.collect();
    bar.finish_and_clear();
    queries
}

/// The labelled files below `folder`, with their labels.
fn labelled<'a>(
    folder: &Path,
    labels: &'a BTreeMap<String, Label>,
) -> anyhow::Result<Vec<(PathBuf, &'a Label)>> {
    let parent = name_of(folder);
    let mut files = Vec::new();
    for (file, label) in labels {
        if let Some(name) = file.strip_prefix(&format!("{parent}/")) {
            files.push((folder.join(name), label));
        }
    }
    if files.is_empty() {
        bail!("no file of {} has a label: the column file must read {parent}/NAME", folder.display());
    }
    Ok(files)
}

/// A file as the labels name it: with the folder that it is in.
fn labelled_name(path: &Path) -> String {
    let folder = path.parent().map(name_of).unwrap_or_default();
    format!("{folder}/{}", name_of(path))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
