//! `findme doctor`: every part, and the mend for each that does not work.

pub mod deep;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use engine::OnnxRuntime;
use store::StoreError;

use crate::cli::Doctor;
use crate::config::Config;
use crate::installation::chosen_pack;
use crate::{Installation, models, say};

/// Less free space than this is a complaint: a thousand photos of 12 MB.
const FREE_BYTES_LEAST: u64 = 12 * 1000 * 1000 * 1000;

pub(crate) async fn run(arguments: Doctor, config: &Config) -> anyhow::Result<ExitCode> {
    if arguments.deep { deep::run(arguments.dry_run, config).await } else { every_part(config).await }
}

async fn every_part(config: &Config) -> anyhow::Result<ExitCode> {
    let mut failed = 0;
    let mut check = |part: &str, outcome: anyhow::Result<String>| match outcome {
        Ok(fine) => say(format_args!("ok      {part}: {fine}")),
        Err(error) => {
            failed += 1;
            say(format_args!("FAILED  {part}: {error:#}"));
        }
    };
    check("ONNX Runtime", onnx_runtime(config));
    check("models", model_files(config));
    check("disk", disk(config));
    match Installation::open(config).await {
        Ok(installation) => {
            check("database", database(&installation).await);
            check("connections", connections(&installation).await);
            check("news", news(&installation).await);
            check("background work", background_work(&installation).await);
            check("photo store", photo_store(&installation).await);
            check("stopping", installation.close().await.map(|()| "clean".to_owned()));
        }
        Err(error) => check("database and photo store", Err(error)),
    }
    say(if failed == 0 { "All is well.".to_owned() } else { format!("{failed} failed.") });
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn onnx_runtime(config: &Config) -> anyhow::Result<String> {
    let library = models::onnx_runtime(config)?;
    OnnxRuntime::load(&library)?;
    Ok(library.display().to_string())
}

fn model_files(config: &Config) -> anyhow::Result<String> {
    let pack = chosen_pack(config)?;
    models::check_present(&pack, &models::folder(config))?;
    Ok(format!("pack {}, {}", pack.name, pack.licence))
}

fn disk(config: &Config) -> anyhow::Result<String> {
    let folder =
        config.data.ancestors().find(|folder| folder.exists()).context("the data folder has no parent")?;
    let free =
        rustix::fs::statvfs(folder).with_context(|| format!("{} cannot be examined", folder.display()))?;
    let free_bytes = free.f_bavail * free.f_frsize;
    let gigabytes = free_bytes / 1_000_000_000;
    if free_bytes < FREE_BYTES_LEAST {
        bail!("only {gigabytes} GB are free at {}: make room, or move FINDME_DATA", folder.display());
    }
    Ok(format!("{gigabytes} GB free at {}", folder.display()))
}

async fn database(installation: &Installation) -> anyhow::Result<String> {
    installation.store.ping().await?;
    match installation.store.migrations_missing().await? {
        0 => Ok("answers, shape up to date".to_owned()),
        missing => bail!("{missing} migrations are missing: run findme migrate"),
    }
}

async fn connections(installation: &Installation) -> anyhow::Result<String> {
    let sizes = installation.store.pool_sizes();
    let (web, jobs, bulk, total) = (sizes.web, sizes.jobs, sizes.bulk, sizes.total());
    let allowed = if installation.store.is_pooled_elsewhere() {
        "of PgBouncer's max_client_conn".to_owned()
    } else {
        format!("of {} that the server allows", installation.store.connection_room().await?)
    };
    Ok(format!("web {web} + jobs {jobs} + bulk {bulk} = {total} {allowed}"))
}

/// Nothing is wrong without news; everything is only noticed a little later.
async fn news(installation: &Installation) -> anyhow::Result<String> {
    if installation.store.hears_news().await? {
        return Ok("the database tells of changes at once".to_owned());
    }
    Ok(format!("changes are noticed seconds later; {}", StoreError::NotDirect))
}

async fn background_work(installation: &Installation) -> anyhow::Result<String> {
    let mut tx = installation.store.begin().await?;
    let open = store::job::open_count(&mut tx, None).await?;
    let dead = store::job::dead_count(&mut tx).await?;
    if dead > 0 {
        bail!(
            "{dead} photos were tried too often: look at the failed ones on the event's page and retry them there; for \
             those of an event that is being read with another pack, run findme reindex again"
        );
    }
    Ok(format!("{open} photos wait to be read"))
}

async fn photo_store(installation: &Installation) -> anyhow::Result<String> {
    let mend = "check that it exists, is writable and is not full; for S3, the S3_ settings";
    installation.blobs.probe().await.with_context(|| format!("{}: {mend}", installation.blobs.place()))?;
    Ok(installation.blobs.place().to_owned())
}
