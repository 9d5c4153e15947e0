//! `findme reindex`: the photos of an event are read anew with another model pack, with a progress bar.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::{EventId, EventName, Slug};
use indicatif::{ProgressBar, ProgressStyle};
use recognizer::Recognizer;
use store::event::Event;
use store::reindex::{Begun, Progress};
use tokio::sync::{Notify, watch};

use crate::cli::Reindex;
use crate::config::Config;
use crate::{Installation, say};

/// Exit code when some photos could not be read, so that the event keeps its pack.
const SOME_FAILED: u8 = 2;

pub(crate) async fn run(arguments: Reindex, config: &Config) -> anyhow::Result<ExitCode> {
    let installation = Installation::open(config).await?;
    let read = reindex(&installation, &arguments).await;
    installation.close().await?;
    let outcome = read?;
    outcome.say(&arguments);
    Ok(match outcome {
        Outcome::Switched | Outcome::SamePack => ExitCode::SUCCESS,
        Outcome::Failed { .. } => ExitCode::from(SOME_FAILED),
    })
}

/// How it ended.
enum Outcome {
    /// The event is searched with the new pack.
    Switched,
    /// It was before.
    SamePack,
    /// So many photos were tried too often.
    Failed { photos: i64 },
}

async fn reindex(installation: &Installation, arguments: &Reindex) -> anyhow::Result<Outcome> {
    let event = event_named(installation, &arguments.event).await?;
    let recognizer = installation.recognizer()?;
    recognizer.check_pack(&arguments.pack)?;
    if let Recognizer::Local(local) = &recognizer {
        local.open_ingest(&arguments.pack)?;
    }
    match installation.store.begin_reindex(event.event_id, &arguments.pack).await? {
        Begun::Begun | Begun::Revived => {}
        Begun::SamePack => return Ok(Outcome::SamePack),
        Begun::FacesKeptHere => bail!(
            "people keep their face at the event {:?}, to be told of photos or to be hidden on them, which Amazon \
             Rekognition cannot do: choose another pack, or ask them to delete their kept face on the event's page first",
            arguments.event
        ),
        Begun::NoEvent => bail!("the event {:?} was deleted", arguments.event),
        // Begun before, here or elsewhere: this goes on with it.
        Begun::Running => {
            go_on_only_with(&arguments.pack, progress(installation, event.event_id).await?, &event)?;
        }
    }
    let (wake, (stop, stopped)) = (Arc::new(Notify::new()), watch::channel(false));
    let worker = installation.worker(&recognizer, Arc::clone(&wake));
    let working = tokio::spawn(async move { worker.run(stopped).await });
    let waited = wait(installation, &event, &arguments.pack).await;
    stop.send_replace(true);
    wake.notify_waiters();
    working.await?;
    waited
}

/// The event with this name, or else with this slug.
async fn event_named(installation: &Installation, text: &str) -> anyhow::Result<Event> {
    let name = EventName::parse(text).context("--event")?;
    let mut tx = installation.store.begin().await?;
    if let Some(event) = store::event::by_name(&mut tx, &name).await? {
        return Ok(event);
    }
    if let Ok(slug) = Slug::parse(text)
        && let Some(event) = store::event::by_slug(&mut tx, &slug).await?
    {
        return Ok(event);
    }
    bail!("there is no event named {text:?}")
}

async fn progress(installation: &Installation, event_id: EventId) -> anyhow::Result<Option<Progress>> {
    let mut tx = installation.store.begin().await?;
    Ok(store::reindex::progress_of(&mut tx, &[event_id]).await?.pop().flatten())
}

fn go_on_only_with(pack: &str, running: Option<Progress>, event: &Event) -> anyhow::Result<()> {
    match running {
        Some(other) if other.pack != pack => bail!(
            "the event is being indexed with the pack {}: wait until that is done, or cancel it with \
             DELETE /api/events/{}/reindex",
            other.pack,
            event.slug
        ),
        Some(_) | None => Ok(()),
    }
}

/// Waits until the event has switched, or nothing is left but photos that were tried too often.
async fn wait(installation: &Installation, event: &Event, pack: &str) -> anyhow::Result<Outcome> {
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} photos  {per_sec}  {eta} left")
        .expect("the template is right");
    let bar = ProgressBar::new(0).with_style(style);
    loop {
        let Some(Progress { done, total, failed, .. }) = progress(installation, event.event_id).await? else {
            bar.finish_and_clear();
            return ended(installation, event, pack).await;
        };
        bar.set_length(u64::try_from(total).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
        if failed > 0 && done + failed == total {
            bar.finish_and_clear();
            return Ok(Outcome::Failed { photos: failed });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn ended(installation: &Installation, event: &Event, pack: &str) -> anyhow::Result<Outcome> {
    let mut tx = installation.store.begin().await?;
    match store::event::by_id(&mut tx, event.event_id).await? {
        Some(now) if now.pack == pack => Ok(Outcome::Switched),
        Some(now) => bail!("it was cancelled elsewhere; the event keeps the pack {}", now.pack),
        None => bail!("the event was deleted"),
    }
}

impl Outcome {
    fn say(&self, Reindex { event, pack }: &Reindex) {
        match self {
            Self::Switched => say(format_args!("{event}: searches use the pack {pack} from now on.")),
            Self::SamePack => say(format_args!("{event}: it has the pack {pack} already.")),
            Self::Failed { photos } => say(format_args!(
                "{event}: {photos} photos could not be read anew, so it keeps its pack. The log says why; run the same \
                 again to try them again."
            )),
        }
    }
}
