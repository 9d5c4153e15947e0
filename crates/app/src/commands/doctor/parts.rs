//! Each part that is looked at: what is found, and how it is mended. The command `findme doctor` and the admin's page say
//! the same.

use std::time::Duration;

use anyhow::Context as _;
use blobs::Blobs;
use domain::Language;
use engine::OnnxRuntime;
use store::{Store, StoreError};
use web::{Check, Health};

use super::rekognition;
use crate::config::Config;
use crate::installation::chosen_pack;
use crate::models;
use crate::rekognition::RecognizerChoice;

/// Less free space than this is a complaint: a thousand photos of 12 MB.
const FREE_BYTES_LEAST: u64 = 12 * 1000 * 1000 * 1000;
/// A part that says nothing for so long does not work.
const ANSWER_WAIT: Duration = Duration::from_secs(20);

/// What was found of a part that could be looked at.
pub(super) struct Finding {
    ok: Health,
    detail: String,
    mend: Option<String>,
}

impl Finding {
    pub(super) fn ok(detail: String) -> Self {
        Self { ok: Health::Ok, detail, mend: None }
    }

    pub(super) fn warning(detail: String, mend: String) -> Self {
        Self { ok: Health::Warning, detail, mend: Some(mend) }
    }

    pub(super) fn error(detail: String, mend: String) -> Self {
        Self { ok: Health::Error, detail, mend: Some(mend) }
    }
}

/// What is said of the part `name`. An error that ended the look names its mend itself.
pub(super) fn check(name: &'static str, found: anyhow::Result<Finding>) -> Check {
    match found {
        Ok(Finding { ok, detail, mend }) => Check { name, ok, detail, mend },
        Err(error) => Check { name, ok: Health::Error, detail: format!("{error:#}"), mend: None },
    }
}

/// The same, of a part that is asked over a network or a disk that may be away.
async fn asked(
    name: &'static str,
    language: Language,
    look: impl Future<Output = anyhow::Result<Finding>>,
) -> Check {
    if let Ok(found) = tokio::time::timeout(ANSWER_WAIT, look).await {
        return check(name, found);
    }
    let seconds = ANSWER_WAIT.as_secs();
    let detail = words(
        language,
        format!("no answer within {seconds} seconds"),
        format!("pas de réponse en {seconds} secondes"),
    );
    let mend = words(
        language,
        "check that it runs and can be reached from this machine".to_owned(),
        "vérifiez qu’il fonctionne et que cette machine peut le joindre".to_owned(),
    );
    check(name, Ok(Finding::error(detail, mend)))
}

pub(super) fn words(language: Language, english: String, french: String) -> String {
    match language {
        Language::En => english,
        Language::Fr => french,
    }
}

/// What needs nothing to be open. Every byte of the models is read.
pub(super) fn of_machine(config: &Config, language: Language) -> Vec<Check> {
    machine(config, language, model_files(config))
}

/// `models`: what was found of the model files.
fn machine(config: &Config, language: Language, models: anyhow::Result<Finding>) -> Vec<Check> {
    vec![
        check("ONNX Runtime", if_needed(config, onnx_runtime(config))),
        check("models", if_needed(config, models)),
        check("disk", disk(config, language)),
    ]
}

/// Database, queue and photo store; Rekognition where it is set up or needed.
pub(super) async fn of_installation(
    config: &Config,
    store: &Store,
    blobs: &Blobs,
    language: Language,
) -> Vec<Check> {
    let mut checks = vec![
        asked("database", language, database(store, language)).await,
        asked("connections", language, connections(store, language)).await,
        asked("news", language, news(store, language)).await,
        asked("background work", language, background_work(store, language)).await,
        asked("photo store", language, photo_store(blobs, language)).await,
    ];
    if config.rekognition.is_some() || rekognition::is_needed(store).await {
        checks.push(asked("rekognition", language, rekognition::look(config, store, language)).await);
    }
    checks
}

/// All of it, in a process that serves: it has loaded ONNX Runtime and checked its models when it began, so that only
/// their presence is looked at.
pub(crate) async fn while_serving(
    config: &Config,
    store: &Store,
    blobs: &Blobs,
    language: Language,
) -> Vec<Check> {
    let mut checks = machine(config, language, model_files_are_there(config));
    checks.extend(of_installation(config, store, blobs, language).await);
    checks
}

/// Where Rekognition finds the faces of new events, models may be missing.
fn if_needed(config: &Config, found: anyhow::Result<Finding>) -> anyhow::Result<Finding> {
    match (found, config.recognizer) {
        (Err(error), RecognizerChoice::Rekognition) => {
            let mend = "only events that are indexed with a model pack need it".to_owned();
            Ok(Finding::warning(format!("{error:#}"), mend))
        }
        (found, RecognizerChoice::Rekognition | RecognizerChoice::Local) => found,
    }
}

fn onnx_runtime(config: &Config) -> anyhow::Result<Finding> {
    let library = models::onnx_runtime(config)?;
    OnnxRuntime::load(&library)?;
    Ok(Finding::ok(library.display().to_string()))
}

fn model_files(config: &Config) -> anyhow::Result<Finding> {
    let pack = chosen_pack(config)?;
    models::check_present(&pack, &models::folder(config))?;
    Ok(Finding::ok(format!("pack {}, {}", pack.name, pack.licence)))
}

fn model_files_are_there(config: &Config) -> anyhow::Result<Finding> {
    let pack = chosen_pack(config)?;
    models::check_named(&pack, &models::folder(config))?;
    Ok(Finding::ok(format!("pack {}, {}", pack.name, pack.licence)))
}

fn disk(config: &Config, language: Language) -> anyhow::Result<Finding> {
    let folder =
        config.data.ancestors().find(|folder| folder.exists()).context("the data folder has no parent")?;
    let free =
        rustix::fs::statvfs(folder).with_context(|| format!("{} cannot be examined", folder.display()))?;
    let free_bytes = free.f_bavail * free.f_frsize;
    let (gigabytes, place) = (free_bytes / 1_000_000_000, folder.display());
    if free_bytes < FREE_BYTES_LEAST {
        let detail = words(
            language,
            format!("only {gigabytes} GB are free at {place}"),
            format!("il ne reste que {gigabytes} Go libres dans {place}"),
        );
        let mend = words(
            language,
            "make room, or move FINDME_DATA".to_owned(),
            "faites de la place, ou déplacez FINDME_DATA".to_owned(),
        );
        return Ok(Finding::error(detail, mend));
    }
    let detail = words(
        language,
        format!("{gigabytes} GB free at {place}"),
        format!("{gigabytes} Go libres dans {place}"),
    );
    Ok(Finding::ok(detail))
}

async fn database(store: &Store, language: Language) -> anyhow::Result<Finding> {
    store.ping().await?;
    Ok(match store.migrations_missing().await? {
        0 => Finding::ok(words(
            language,
            "answers, shape up to date".to_owned(),
            "répond, structure à jour".to_owned(),
        )),
        missing => Finding::error(
            words(
                language,
                format!("{missing} migrations are missing"),
                format!("il manque {missing} migrations"),
            ),
            words(language, "run findme migrate".to_owned(), "lancez findme migrate".to_owned()),
        ),
    })
}

async fn connections(store: &Store, language: Language) -> anyhow::Result<Finding> {
    let sizes = store.pool_sizes();
    let (web, jobs, bulk, total) = (sizes.web, sizes.jobs, sizes.bulk, sizes.total());
    let allowed = if store.is_pooled_elsewhere() {
        words(
            language,
            "of PgBouncer's max_client_conn".to_owned(),
            "du max_client_conn de PgBouncer".to_owned(),
        )
    } else {
        let room = store.connection_room().await?;
        words(
            language,
            format!("of {room} that the server allows"),
            format!("sur {room} que permet le serveur"),
        )
    };
    Ok(Finding::ok(format!("web {web} + jobs {jobs} + bulk {bulk} = {total} {allowed}")))
}

/// Nothing is wrong without news; everything is only noticed a little later.
async fn news(store: &Store, language: Language) -> anyhow::Result<Finding> {
    if store.hears_news().await? {
        let detail = words(
            language,
            "the database tells of changes at once".to_owned(),
            "la base signale les changements aussitôt".to_owned(),
        );
        return Ok(Finding::ok(detail));
    }
    let detail = words(
        language,
        "changes are noticed seconds later".to_owned(),
        "les changements sont remarqués quelques secondes plus tard".to_owned(),
    );
    let mend = words(
        language,
        StoreError::NotDirect.to_string(),
        "un PgBouncer s’interpose : donnez à DATABASE_DIRECT_URL l’adresse de PostgreSQL lui-même".to_owned(),
    );
    Ok(Finding::warning(detail, mend))
}

async fn background_work(store: &Store, language: Language) -> anyhow::Result<Finding> {
    let mut tx = store.begin().await?;
    let open = store::job::open_count(&mut tx, None).await?;
    let dead = store::job::dead_count(&mut tx).await?;
    if dead == 0 {
        let detail = words(
            language,
            format!("{open} photos wait to be read"),
            format!("{open} photos attendent d’être lues"),
        );
        return Ok(Finding::ok(detail));
    }
    let detail = words(
        language,
        format!("{dead} photos were tried too often"),
        format!("{dead} photos ont été essayées trop souvent"),
    );
    let mend = words(
        language,
        "look at the queue on the admin's page and retry them there, or on the event's page; for those of an event that \
         is being read with another pack, run findme reindex again"
            .to_owned(),
        "consultez la file d’attente dans l’administration et relancez-les, là ou sur la page de l’événement ; pour un \
         événement en cours de relecture avec un autre pack, relancez findme reindex"
            .to_owned(),
    );
    Ok(Finding::error(detail, mend))
}

async fn photo_store(blobs: &Blobs, language: Language) -> anyhow::Result<Finding> {
    let place = blobs.place().to_owned();
    let Err(error) = blobs.probe().await else { return Ok(Finding::ok(place)) };
    let mend = words(
        language,
        "check that it exists, is writable and is not full; for S3, the S3_ settings".to_owned(),
        "vérifiez qu’il existe, qu’on peut y écrire et qu’il n’est pas plein ; pour S3, les réglages S3_"
            .to_owned(),
    );
    Ok(Finding::error(format!("{place}: {:#}", anyhow::Error::from(error)), mend))
}
