//! Photographs that differ from each other, made of those of the sample event.

use std::path::PathBuf;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::findme::shared;

/// People of whom the sample event has several photographs with few faces, and a selfie.
const PEOPLE: [&str; 3] = ["Scarlett_Johansson", "Hugh_Jackman", "Angelina_Jolie"];
/// Each so-many-th photo is larger than what the store takes in one piece.
const LARGE_EACH: usize = 15;
/// The payload of the longest comment in a JPEG.
const COMMENT_BYTES: usize = 65_533;

/// A photograph to upload.
#[derive(Clone)]
pub(super) struct Photo {
    pub(super) name: String,
    pub(super) bytes: Bytes,
    /// In hexadecimal digits.
    pub(super) sha256: String,
    /// Which photograph of the sample event it shows.
    pub(super) scene: usize,
}

/// An endless supply of them.
pub(super) struct Album {
    scenes: Vec<Vec<u8>>,
    /// One of each person.
    pub(super) selfies: Vec<PathBuf>,
    seed: u64,
}

impl Album {
    pub(super) fn open(seed: u64) -> Self {
        let folder = shared().join("photos/public-event");
        let labels = std::fs::read_to_string(folder.join("labels.csv")).unwrap();
        let (mut scenes, mut selfies) = (Vec::new(), Vec::new());
        for person in PEOPLE {
            let mut selfie = None;
            for fields in labels.lines().map(|line| line.split(',').collect::<Vec<_>>()) {
                let &[file, names, _, faces, ..] = fields.as_slice() else { continue };
                if !names.split(';').any(|name| name == person) {
                    continue;
                }
                let path = folder.join(file);
                if file.starts_with("selfies/") {
                    selfie.get_or_insert(path);
                } else if faces.parse().is_ok_and(|faces: u32| faces <= 3) {
                    let bytes = std::fs::read(path).unwrap();
                    scenes.extend((bytes.starts_with(b"\xFF\xD8\xFF")).then_some(bytes));
                }
            }
            selfies.push(selfie.expect("a selfie of each person"));
        }
        assert!(scenes.len() >= 12, "{} scenes", scenes.len());
        Self { scenes, selfies, seed }
    }

    /// The photo with this number: the same for the same seed, and different from all others.
    pub(super) fn photo(&self, number: usize) -> Photo {
        let scene = number % self.scenes.len();
        let (start, rest) = self.scenes[scene].split_at(2);
        let mut bytes = start.to_vec();
        comment(&mut bytes, format!("{} {number}", self.seed).as_bytes());
        if number % LARGE_EACH == LARGE_EACH - 1 {
            let blanks = vec![0x20; COMMENT_BYTES];
            (0..140).for_each(|_| comment(&mut bytes, &blanks));
        }
        bytes.extend_from_slice(rest);
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Photo { name: format!("IMG_{number:05}.jpg"), bytes: bytes.into(), sha256, scene }
    }
}

/// Appends a comment segment, which pictures are read without.
fn comment(jpeg: &mut Vec<u8>, text: &[u8]) {
    jpeg.extend_from_slice(b"\xFF\xFE");
    jpeg.extend_from_slice(&u16::try_from(text.len() + 2).unwrap().to_be_bytes());
    jpeg.extend_from_slice(text);
}
