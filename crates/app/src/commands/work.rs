//! `findme work`: background work only.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use web::NewsFeed;

use super::serve::stop_signal;
use crate::config::Config;
use crate::{Installation, news, say};

pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let installation = Installation::open(config).await?;
    let worked = work(&installation, stop).await;
    installation.close().await?;
    worked
}

async fn work(installation: &Installation, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let recognizer = installation.recognizer()?;
    let wake = Arc::new(Notify::new());
    // Nobody here waits for news of events; work is told of at once.
    let listening =
        tokio::spawn(news::pass_on(installation.store.clone(), NewsFeed::default(), Arc::clone(&wake)));
    say("FindMe is working.");
    installation.worker(&recognizer, wake).run(stop).await;
    listening.abort();
    Ok(())
}
