//! The watermark among an event's settings: as it is shown, put and changed.

use domain::Corner;
use serde::{Deserialize, Serialize};
use store::event;
use utoipa::ToSchema;

use crate::error::Problem;
use crate::given::Given;

/// Longest text of a watermark, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 80;

/// What is drawn over the photos that visitors get.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Watermark {
    enabled: bool,
    /// A line of text, at most 80 characters.
    #[serde(default)]
    text: Option<String>,
    /// Whether the event's logo is drawn, if it has one.
    logo: bool,
    /// `top_left`, `top_right`, `bottom_left`, `bottom_right` or `centre`.
    #[schema(value_type = String, example = "bottom_right")]
    corner: Corner,
    /// How much of the photo it covers: 0.1 to 1.
    opacity: f32,
}

/// What is to change of it; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct WatermarkChange {
    enabled: Option<bool>,
    /// A line of text, at most 80 characters; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    text: Given<String>,
    /// Whether the event's logo is drawn, if it has one.
    logo: Option<bool>,
    /// `top_left`, `top_right`, `bottom_left`, `bottom_right` or `centre`.
    #[schema(value_type = Option<String>, example = "bottom_right")]
    corner: Option<Corner>,
    /// How much of the photo it covers: 0.1 to 1.
    opacity: Option<f32>,
}

impl From<event::Watermark> for Watermark {
    fn from(stored: event::Watermark) -> Self {
        let event::Watermark { enabled, text, logo, corner, opacity } = stored;
        Self { enabled, text, logo, corner, opacity }
    }
}

impl Watermark {
    /// As it is stored.
    pub(crate) fn checked(self) -> Result<event::Watermark, Problem> {
        let Self { enabled, text, logo, corner, opacity } = self;
        let text = text.map(|text| checked_text(&text)).transpose()?.flatten();
        Ok(event::Watermark { enabled, text, logo, corner, opacity: checked_opacity(opacity)? })
    }
}

impl WatermarkChange {
    /// What it makes of what there was.
    pub(crate) fn over(self, before: event::Watermark) -> Result<event::Watermark, Problem> {
        let changed = Watermark {
            enabled: self.enabled.unwrap_or(before.enabled),
            text: self.text.over(before.text),
            logo: self.logo.unwrap_or(before.logo),
            corner: self.corner.unwrap_or(before.corner),
            opacity: self.opacity.unwrap_or(before.opacity),
        };
        changed.checked()
    }
}

/// The text on one line, without what cannot be seen; nothing when nothing is left.
pub(crate) fn checked_text(text: &str) -> Result<Option<String>, Problem> {
    let text = text.trim();
    if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Problem::field("watermark"));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

pub(crate) fn checked_opacity(opacity: f32) -> Result<f32, Problem> {
    if (0.1..=1.0).contains(&opacity) { Ok(opacity) } else { Err(Problem::field("watermark")) }
}
