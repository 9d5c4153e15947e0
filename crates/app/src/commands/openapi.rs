//! `findme openapi`: the OpenAPI document, as the pages' types are made of it.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::say;

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    say(web::openapi().to_pretty_json().context("the document is no JSON")?);
    Ok(ExitCode::SUCCESS)
}
