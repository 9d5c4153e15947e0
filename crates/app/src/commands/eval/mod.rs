//! `findme eval`: how well people are found. It uses the engine directly: no database, nothing is stored.

mod album;
mod answers;
pub(crate) mod event;
mod json;
mod labels;
pub(crate) mod pairs;
mod report;
mod roc;
mod scores;
mod sheet;

use std::path::Path;

use anyhow::Context as _;
use engine::{Engine, EngineOptions, OnnxRuntime, Pack};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;
use crate::installation::chosen_pack;
use crate::models;

/// Files read at once; their bytes are in memory together.
const FILES_AT_ONCE: usize = 16;

fn open_engine(config: &Config) -> anyhow::Result<(Engine, Pack)> {
    let pack = chosen_pack(config)?;
    models::check_present(&pack, &models::folder(config))?;
    let runtime = OnnxRuntime::load(&models::onnx_runtime(config)?)?;
    let options = EngineOptions { threads: config.threads, ..EngineOptions::default() };
    Ok((Engine::open(&runtime, &pack, &models::folder(config), options)?, pack))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn bar(what: &'static str, length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:10} {bar:32} {pos}/{len}  {per_sec}  {eta} left")
        .expect("the template is right");
    ProgressBar::new(length as u64).with_style(style).with_message(what)
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of photos are far below 2^52")]
    let share = part as f64 / whole as f64;
    format!("{share:.3}")
}
