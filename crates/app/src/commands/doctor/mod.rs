//! `findme doctor`: every part, and the mend for each that does not work.

pub mod deep;
mod parts;
mod rekognition;

use std::process::ExitCode;

use domain::Language;
use web::{Check, Health};

use crate::cli::Doctor;
use crate::config::Config;
use crate::{Installation, say};

pub(crate) use parts::while_serving;

pub(crate) async fn run(arguments: Doctor, config: &Config) -> anyhow::Result<ExitCode> {
    if arguments.deep { deep::run(arguments.dry_run, config).await } else { every_part(config).await }
}

async fn every_part(config: &Config) -> anyhow::Result<ExitCode> {
    let language = Language::En;
    let mut checks = parts::of_machine(config, language);
    checks.iter().for_each(say_check);
    let rest = match Installation::open(config).await {
        Ok(installation) => {
            let mut rest =
                parts::of_installation(config, &installation.store, &installation.blobs, language).await;
            let closed = installation.close().await.map(|()| parts::Finding::ok("clean".to_owned()));
            rest.push(parts::check("stopping", closed));
            rest
        }
        Err(error) => vec![parts::check("database and photo store", Err(error))],
    };
    rest.iter().for_each(say_check);
    checks.extend(rest);
    let failed = checks.iter().filter(|check| check.ok == Health::Error).count();
    say(if failed == 0 { "All is well.".to_owned() } else { format!("{failed} failed.") });
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say_check(check: &Check) {
    let word = match check.ok {
        Health::Ok => "ok     ",
        Health::Warning => "warning",
        Health::Error => "FAILED ",
    };
    let mend = check.mend.as_ref().map(|mend| format!("; {mend}")).unwrap_or_default();
    say(format_args!("{word} {}: {}{mend}", check.name, check.detail));
}
