//! The life of a photo and its stored copies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What stands in the place of a model pack's name at events whose faces Amazon Rekognition keeps.
pub const REKOGNITION_PACK: &str = "rekognition";

/// Where a photo stands on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhotoState {
    /// Stored; its faces are not known yet.
    Waiting,
    /// Its faces are known and it can be found.
    Ready,
    /// It cannot be read; the reason stands beside it.
    Failed,
}

/// A copy of a photo. All but [`Rendition::Marked`] are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rendition {
    /// The file as it was uploaded.
    Original,
    /// Long side at most [`Rendition::PREVIEW_LONG_SIDE_PX`], JPEG.
    Preview,
    /// Long side at most [`Rendition::THUMB_LONG_SIDE_PX`], JPEG.
    Thumb,
    /// The preview with the event's watermark, for visitors: made when it is asked for.
    Marked,
}

impl Rendition {
    /// Those that are stored.
    pub const STORED: [Self; 3] = [Self::Original, Self::Preview, Self::Thumb];
    /// Long side of a preview.
    pub const PREVIEW_LONG_SIDE_PX: u32 = 2048;
    /// Long side of a thumb.
    pub const THUMB_LONG_SIDE_PX: u32 = 480;

    /// Its name in URLs and keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Preview => "preview",
            Self::Thumb => "thumb",
            Self::Marked => "marked",
        }
    }
}

impl fmt::Display for Rendition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no rendition.
#[derive(Debug, thiserror::Error)]
#[error("no rendition is called {0:?}; there are original, preview, thumb and marked")]
pub struct NotARendition(String);

impl FromStr for Rendition {
    type Err = NotARendition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Original, Self::Preview, Self::Thumb, Self::Marked]
            .into_iter()
            .find(|rendition| rendition.as_str() == text)
            .ok_or_else(|| NotARendition(text.to_owned()))
    }
}
