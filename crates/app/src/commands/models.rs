//! `findme models list | pull | verify`.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::Models;
use crate::config::Config;
use crate::models::{FileState, folder, packs, pull, state_of, unknown_pack};
use crate::say;

pub(crate) async fn run(arguments: Models, config: &Config) -> anyhow::Result<ExitCode> {
    match arguments {
        Models::List => list(config),
        Models::Pull { pack } => {
            let packs = packs();
            let name = pack.or_else(|| config.pack.clone());
            let pack = match &name {
                Some(name) => packs.get(name).with_context(|| unknown_pack(name, &packs))?,
                None => packs.default_pack(),
            };
            pull(pack, &folder(config), config.model_mirror.as_deref()).await?;
            say(format_args!("The pack {} is in {}.", pack.name, folder(config).display()));
            Ok(ExitCode::SUCCESS)
        }
        Models::Verify => verify(config),
    }
}

fn list(config: &Config) -> anyhow::Result<ExitCode> {
    let packs = packs();
    for pack in packs.iter() {
        let states = pack.files().map(|file| state_of(file, &folder(config)));
        let here = states.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let here = if here.iter().all(|state| *state == FileState::Good) { "here" } else { "not here" };
        let default = if pack.name == packs.default_pack().name { ", default" } else { "" };
        let commercial = if pack.commercial_use { "commercial use allowed" } else { "NO COMMERCIAL USE" };
        let mebibytes: u64 = pack.files().iter().map(|file| file.bytes).sum::<u64>().div_ceil(1024 * 1024);
        say(format_args!("{} ({here}{default}): {mebibytes} MiB, {}; {commercial}", pack.name, pack.licence));
        say(format_args!("    {}", pack.notice));
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let (mut wrong, mut seen) = (0, Vec::new());
    for pack in packs().iter() {
        for file in pack.files() {
            if seen.contains(&file.file_name) {
                continue;
            }
            match state_of(file, &folder(config))? {
                FileState::Good => say(format_args!("{}: good", file.file_name)),
                FileState::Missing => continue,
                FileState::Wrong { actual } => {
                    wrong += 1;
                    say(format_args!(
                        "{}: WRONG, SHA-256 is {actual} instead of {}; delete it and run findme models pull {}",
                        file.file_name, file.sha256, pack.name
                    ));
                }
            }
            seen.push(file.file_name.clone());
        }
    }
    if seen.is_empty() {
        say("No model file is here; run findme models pull.");
    }
    Ok(if wrong == 0 && !seen.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
