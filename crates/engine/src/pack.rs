//! Model packs: which detector and which recogniser work together, and under which conditions.
//!
//! The list is `models/models.toml`; this module reads its text. Fetching and checking the files is the caller's.

use std::collections::BTreeMap;

use domain::{Digest, Thresholds};
use serde::Deserialize;

/// The packs that `models.toml` defines.
#[derive(Clone, Debug)]
pub struct Packs {
    default: String,
    packs: BTreeMap<String, Pack>,
}

/// A detector and a recogniser that work together, with the terms under which they may be used.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Its name, as an operator writes it.
    pub name: String,
    /// SPDX expression of the models' licences, or a short text where there is none.
    pub licence: String,
    /// Whether the licences allow commercial use. A pack that does not is loaded only on an explicit wish.
    pub commercial_use: bool,
    /// What an operator should know before choosing it.
    pub notice: String,
    /// Finds faces.
    pub detector: Detector,
    /// Turns a face into an embedding.
    pub recogniser: Recogniser,
    /// From which score on two faces are the same person.
    pub thresholds: Thresholds,
}

impl Pack {
    /// The files it needs.
    pub fn files(&self) -> [&ModelFile; 2] {
        [&self.detector.file, &self.recogniser.file]
    }
}

/// One ONNX file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Its name in the models folder and in a mirror.
    #[serde(rename = "name")]
    pub file_name: String,
    /// SHA-256 of its content.
    pub sha256: Digest,
    /// Its length in bytes.
    pub bytes: u64,
    /// Addresses from which its makers offer exactly these bytes; empty when there are none.
    #[serde(default)]
    pub urls: Vec<String>,
}

/// How a detector's outputs are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// `YuNet` (Wu, Peng, Yu, 2023): anchor-free, class and objectness scores.
    Yunet,
    /// SCRFD (Guo et al., 2021): two anchors per cell, distances to the sides.
    Scrfd,
}

/// Order of the colour planes in a model's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How 8-bit values become a model's input: `(value − mean) / scale`, planes in `channels` order.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Order of the planes.
    pub channels: ChannelOrder,
    /// Subtracted from each value.
    pub mean: f32,
    /// Divides the difference.
    pub scale: f32,
}

/// A face detector.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// The model.
    pub file: ModelFile,
    /// How its outputs are read.
    pub family: Family,
    /// Name of its input, `[1, 3, height, width]`.
    pub input: String,
    /// How pixels become input.
    pub normalisation: Normalisation,
    /// Least confidence of a face, in [0, 1].
    pub confidence_least: f32,
}

/// A face recogniser.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recogniser {
    /// The model.
    pub file: ModelFile,
    /// Name of its input, `[batch, 3, size_px, size_px]`.
    pub input: String,
    /// Name of its output, `[batch, dimension]`.
    pub output: String,
    /// Side of the square crop it sees.
    pub size_px: u32,
    /// How pixels become input.
    pub normalisation: Normalisation,
    /// Where the five landmarks lie in the crop, in its pixels, in the order of [`domain::Landmarks`].
    pub template: [[f32; 2]; 5],
    /// How many numbers an embedding has.
    pub dimension: usize,
}

/// `models.toml` is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It is no TOML, or a field is missing, unknown or of the wrong type.
    #[error("the list of model packs cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A pack names a model that is not defined.
    #[error("pack {pack:?} names the {role} {model:?}, which is not defined")]
    Undefined {
        /// The pack.
        pack: String,
        /// `detector` or `recogniser`.
        role: &'static str,
        /// The name that leads nowhere.
        model: String,
    },
    /// The default pack is not defined.
    #[error("the default pack {0:?} is not defined")]
    NoDefault(String),
    /// A number is outside what the engine can work with.
    #[error("pack {pack:?}: {what}")]
    Unusable {
        /// The pack.
        pack: String,
        /// Which number, and its range.
        what: &'static str,
    },
}

/// `models.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    default: String,
    pack: BTreeMap<String, WrittenPack>,
    detector: BTreeMap<String, Detector>,
    recogniser: BTreeMap<String, Recogniser>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPack {
    licence: String,
    commercial_use: bool,
    notice: String,
    detector: String,
    recogniser: String,
    thresholds: Thresholds,
}

impl Packs {
    /// Reads the text of `models.toml`.
    ///
    /// # Errors
    /// When the text is malformed, a name leads nowhere, or a number cannot be worked with.
    pub fn parse(toml: &str) -> Result<Self, PackError> {
        let written: Written = toml::from_str(toml)?;
        let mut packs = BTreeMap::new();
        for (name, pack) in &written.pack {
            packs.insert(name.clone(), written.resolve(name, pack)?);
        }
        if !packs.contains_key(&written.default) {
            return Err(PackError::NoDefault(written.default));
        }
        Ok(Self { default: written.default, packs })
    }

    /// The pack called `name`.
    pub fn get(&self, name: &str) -> Option<&Pack> {
        self.packs.get(name)
    }

    /// The names of all packs, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.packs.keys().map(String::as_str)
    }

    /// All packs, in alphabetical order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Pack> {
        self.packs.values()
    }

    /// The pack that is used when nobody chooses.
    pub fn default_pack(&self) -> &Pack {
        &self.packs[&self.default]
    }
}

impl Written {
    fn resolve(&self, name: &str, pack: &WrittenPack) -> Result<Pack, PackError> {
        let undefined =
            |role, model: &String| PackError::Undefined { pack: name.to_owned(), role, model: model.clone() };
        let detector = self.detector.get(&pack.detector);
        let recogniser = self.recogniser.get(&pack.recogniser);
        let pack = Pack {
            name: name.to_owned(),
            licence: pack.licence.clone(),
            commercial_use: pack.commercial_use,
            notice: pack.notice.clone(),
            detector: detector.ok_or_else(|| undefined("detector", &pack.detector))?.clone(),
            recogniser: recogniser.ok_or_else(|| undefined("recogniser", &pack.recogniser))?.clone(),
            thresholds: pack.thresholds,
        };
        check_numbers(&pack).map_err(|what| PackError::Unusable { pack: pack.name.clone(), what })?;
        Ok(pack)
    }
}

/// Least distance of the two thresholds of a pack.
const THRESHOLDS_APART_LEAST: f32 = 0.0099;

fn check_numbers(pack: &Pack) -> Result<(), &'static str> {
    let Thresholds { sure, maybe } = pack.thresholds;
    if !(-1.0 <= maybe && sure <= 1.0) {
        return Err("thresholds must lie in [−1, 1]");
    }
    // Their distance is the step by which a search judges; see `gallery::people`.
    if sure - maybe < THRESHOLDS_APART_LEAST {
        return Err("sure must lie at least 0.01 above maybe");
    }
    if !(0.0..=1.0).contains(&pack.detector.confidence_least) {
        return Err("confidence_least must lie in [0, 1]");
    }
    if !(32..=512).contains(&pack.recogniser.size_px) {
        return Err("size_px must lie in [32, 512]");
    }
    if !(1..=4096).contains(&pack.recogniser.dimension) {
        return Err("dimension must lie in [1, 4096]");
    }
    let scales = [pack.detector.normalisation.scale, pack.recogniser.normalisation.scale];
    if !scales.iter().all(|scale| scale.is_normal()) {
        return Err("scale must not be zero");
    }
    Ok(())
}
