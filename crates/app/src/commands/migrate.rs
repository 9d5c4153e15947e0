//! `findme migrate`: brings the database's shape up to date.

use crate::config::Config;
use crate::{Installation, say};

pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    // Opening migrates.
    Installation::open(config).await?.close().await?;
    say("The database is up to date.");
    Ok(())
}
