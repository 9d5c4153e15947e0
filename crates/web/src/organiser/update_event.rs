//! `PATCH /api/events/{event}`: the event changes.

use axum::Json;
use axum::extract::State;
use domain::{AccessCode, AccessMode, Clock, Entropy, EventName};
use serde::{Deserialize, Deserializer};
use store::Store;
use store::event::{Access, Change, Day};
use store::event_settings::{self, Settings};
use store::quota::Allowance;
use time::Date;
use utoipa::ToSchema;

use super::watermark::WatermarkChange;
use super::{Event, checked_day, day};
use crate::accounts::fields;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, EventManager};
use crate::given::Given;

/// Longest words of welcome, in characters.
const WELCOME_CHARS_MAX: usize = 1000;
/// How long a code is that nobody has chosen.
const CODE_CHARS: usize = 6;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub struct EventChange {
    /// 1 to 120 characters. The event's address stays, so that printed codes go on to work.
    name: Option<String>,
    /// The day it takes place; null forgets it.
    #[serde(default, deserialize_with = "given_day")]
    #[schema(value_type = Option<String>, example = "2026-11-20")]
    held_on: Given<Date>,
    /// Whether faces may be searched.
    recognition_enabled: Option<bool>,
    /// How many bytes its photos may have; null: as many as fit.
    #[serde(default, deserialize_with = "fields::allowance")]
    #[schema(value_type = Option<u64>)]
    bytes_max: Option<Allowance>,
    /// Who may enter. Whoever entered before has to enter again when this changes.
    access: Option<AccessChange>,
    /// Whether visitors may look through all published photos without a search.
    browse_enabled: Option<bool>,
    /// Whether new photos wait until somebody publishes them. Those that are there stay as they are.
    review_enabled: Option<bool>,
    /// On this day, which must lie after today, the event goes with all that belongs to it; null keeps it.
    #[serde(default, deserialize_with = "given_day")]
    #[schema(value_type = Option<String>, example = "2027-11-20")]
    delete_on: Given<Date>,
    /// What visitors read first, at most 1000 characters; null for nothing.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    welcome: Given<String>,
    /// A colour of the event's own, `#rrggbb`; null for the usual one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "#0a7f5a")]
    accent: Given<String>,
    watermark: Option<WatermarkChange>,
}

/// What is to change of who may enter.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AccessChange {
    /// `open`, `code` or `invitation`.
    #[schema(value_type = Option<String>, example = "code")]
    mode: Option<AccessMode>,
    /// 4 to 32 letters, digits and hyphens; null, or none in the mode `code`: a new one is made.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    code: Given<String>,
}

fn given_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Given<Date>, D::Error> {
    Ok(day::option::deserialize(deserializer)?.map_or(Given::Null, Given::Value))
}

impl AccessChange {
    fn over(self, before: Access, entropy: &Entropy) -> Result<Access, Problem> {
        let code =
            self.code.try_map(|text| AccessCode::parse(&text).map_err(|_| Problem::field("access")))?;
        let mode = self.mode.unwrap_or(before.mode);
        let code = code.try_map(|code| Ok::<_, Problem>(String::from(code)))?.over(before.code);
        let made = || String::from(AccessCode::from_entropy::<CODE_CHARS>(entropy));
        let code = if mode == AccessMode::Code { Some(code.unwrap_or_else(made)) } else { code };
        Ok(Access { mode, code, epoch: before.epoch })
    }
}

impl EventChange {
    /// What it makes of the settings that there were.
    fn settings(self, before: Settings, today: Date, entropy: &Entropy) -> Result<Settings, Problem> {
        let access = match self.access {
            Some(change) => change.over(before.access, entropy)?,
            None => before.access,
        };
        let watermark = match self.watermark {
            Some(change) => change.over(before.watermark)?,
            None => before.watermark,
        };
        let welcome = self.welcome.try_map(|text| checked_welcome(&text))?;
        Ok(Settings {
            access,
            browse_enabled: self.browse_enabled.unwrap_or(before.browse_enabled),
            review_enabled: self.review_enabled.unwrap_or(before.review_enabled),
            delete_on: self.delete_on.try_map(|day| checked_end(day, today))?.over(before.delete_on),
            welcome: welcome.over(before.welcome).filter(|text| !text.is_empty()),
            accent: self.accent.try_map(|text| checked_accent(&text))?.over(before.accent),
            watermark,
        })
    }
}

fn checked_welcome(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let is_good = text.chars().count() <= WELCOME_CHARS_MAX && !text.contains('\0');
    if is_good { Ok(text.to_owned()) } else { Err(Problem::field("welcome")) }
}

fn checked_accent(text: &str) -> Result<String, Problem> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let is_good = digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_good { Ok(text.to_ascii_lowercase()) } else { Err(Problem::field("accent")) }
}

fn checked_end(day: Date, today: Date) -> Result<Date, Problem> {
    if day > today { Ok(day) } else { Err(Problem::field("delete_on")) }
}

/// Changes the event and its settings.
#[utoipa::path(patch, path = "/api/events/{event}", tag = "events",
    params(("event" = String, Path, description = "Slug or id")), request_body = EventChange,
    responses((status = 200, body = Event)))]
pub async fn update_event(
    EventManager { event, .. }: EventManager,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(entropy): State<Entropy>,
    Body(form): Body<EventChange>,
) -> Result<Json<Event>, Problem> {
    let name = form.name.as_deref().map(EventName::parse).transpose().map_err(|_| Problem::field("name"))?;
    let held_on = match form.held_on {
        Given::Nothing => None,
        Given::Null => Some(Day::Unknown),
        Given::Value(day) => Some(Day::On(checked_day(day)?)),
    };
    let change = Change {
        name: name.as_ref(),
        held_on,
        recognition_enabled: form.recognition_enabled,
        bytes_max: fields::checked_allowance(form.bytes_max)?,
    };
    let mut tx = store.begin().await?;
    let before = store::event::lock(&mut tx, event.event_id).await?.ok_or(Code::EventNotFound)?;
    let settings = form.settings(before.into(), clock.now().date(), &entropy)?;
    event_settings::write(&mut tx, event.event_id, &settings).await?;
    let event = store::event::update(&mut tx, event.event_id, &change).await?.ok_or(Code::EventNotFound)?;
    let shown = Event::read(&mut tx, event, true).await?;
    commit(tx).await?;
    Ok(Json(shown))
}
