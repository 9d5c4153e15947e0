//! `findme work`: background work only.

use std::sync::Arc;

use tokio::sync::Notify;

use super::serve::stop_signal;
use crate::config::Config;
use crate::{Installation, say};

pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let installation = Installation::open(config).await?;
    let worked = match installation.recognizer() {
        Ok(recognizer) => {
            say("FindMe is working.");
            installation.worker(&recognizer, Arc::new(Notify::new())).run(stop).await;
            Ok(())
        }
        Err(error) => Err(error),
    };
    installation.close().await?;
    worked
}
