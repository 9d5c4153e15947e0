//! The parts of an installation, opened from the settings, and closed in order.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use blobs::{Blobs, Settings};
use domain::{Clock, Digest, Entropy, REKOGNITION_PACK};
use engine::Pack;
use intake::Receiver;
use jobs::{Worker, WorkerSettings};
use recognizer::{Local, LocalOptions, Recognizer, Rekognition};
use store::Store;
use tokio::sync::Notify;

use crate::config::Config;
use crate::private_postgres::PrivatePostgres;
use crate::rekognition::RecognizerChoice;
use crate::{models, photo_store, production, secrets, system};

/// Selfies that may wait for their turn; at 30 ms each the last one waits for two seconds.
const SELFIES_WAITING_MAX: usize = 64;

/// An installation that is open.
#[derive(Debug)]
pub struct Installation {
    /// The database.
    pub store: Store,
    /// Photo bytes.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    config: Config,
    private: Option<PrivatePostgres>,
}

impl Installation {
    /// Opens database and photo store, starts the private database if there is no other, and brings its shape up to
    /// date.
    ///
    /// # Errors
    /// When a part cannot be opened; the message says what to do.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        production::check(config)?;
        std::fs::create_dir_all(config.data.join("spool"))
            .with_context(|| format!("the data folder {} cannot be made", config.data.display()))?;
        let blobs = Blobs::open(&blob_settings(config))?;
        let (store, private) = open_database(config).await?;
        store.migrate().await?;
        let installation = Self {
            store,
            blobs,
            clock: system::clock(),
            entropy: system::entropy(),
            config: config.clone(),
            private,
        };
        photo_store::check(&installation.store, &installation.blobs, &installation.entropy).await?;
        installation.take_up_what_was_left().await?;
        Ok(installation)
    }

    /// After a crash on a private database, the work in progress belongs to nobody: it is freed at once, instead of
    /// when its lease ends. Spooled files of a process that was killed are swept away.
    async fn take_up_what_was_left(&self) -> anyhow::Result<()> {
        if !self.private.as_ref().is_some_and(PrivatePostgres::was_alone) {
            return Ok(());
        }
        let mut tx = self.store.begin_job().await?;
        let freed = store::job::release_all(&mut tx).await?;
        tx.commit().await?;
        if freed > 0 {
            tracing::info!(freed, "taking up work that an earlier process left unfinished");
        }
        for entry in std::fs::read_dir(self.spool())?.flatten() {
            // Nobody else is here; a file that cannot be removed now is tried again at the next start.
            let _ = std::fs::remove_file(entry.path());
        }
        Ok(())
    }

    /// Where files of a form lie until they are stored.
    pub fn spool(&self) -> PathBuf {
        self.config.data.join("spool")
    }

    /// What takes photos in.
    pub fn receiver(&self) -> Receiver {
        let (store, blobs) = (self.store.clone(), self.blobs.clone());
        Receiver::new(store, blobs, self.clock.clone(), self.entropy.clone())
    }

    /// The key that signs the addresses of photos: made of `JWT_SECRET`, which all processes share, or one that was made
    /// once in the data folder.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn url_key(&self) -> anyhow::Result<[u8; 32]> {
        match &self.config.jwt_secret {
            Some(secret) => Ok(Digest::of(format!("addresses of photos\0{}", secret.reveal()).as_bytes()).0),
            None => secrets::key(&self.config.data, "url.key", &self.entropy),
        }
    }

    /// The key that signs access tokens: the setting's, or one that was made once.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn jwt_secret(&self) -> anyhow::Result<Vec<u8>> {
        match &self.config.jwt_secret {
            Some(secret) => Ok(secret.reveal().as_bytes().to_vec()),
            None => Ok(secrets::key(&self.config.data, "jwt.key", &self.entropy)?.to_vec()),
        }
    }

    /// The key that encrypts the secrets of two-step log-in: the setting's, or one that was made once.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn mfa_key(&self) -> anyhow::Result<[u8; 32]> {
        let Some(secret) = &self.config.mfa_encryption_key else {
            return secrets::key(&self.config.data, "mfa.key", &self.entropy);
        };
        let mut key = [0; 32];
        hex::decode_to_slice(secret.reveal(), &mut key).context("MFA_ENCRYPTION_KEY")?;
        Ok(key)
    }

    /// The key that seals the faces of searches: made of the one for two-step log-in, which all processes share.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn seal_key(&self) -> anyhow::Result<[u8; 32]> {
        Ok(Digest::of(&[b"faces of searches\0".as_slice(), &self.mfa_key()?].concat()).0)
    }

    /// What reads photos and finds people, as the settings choose. With Rekognition for new events the models of this
    /// machine are of use only for other events: then they may be missing.
    ///
    /// # Errors
    /// When ONNX Runtime or a model is missing; the message says what to do.
    pub fn recognizer(&self) -> anyhow::Result<Recognizer> {
        let Some(there) = &self.config.rekognition else {
            return Ok(Recognizer::Local(Arc::new(self.local()?)));
        };
        let (here, pack) = match self.config.recognizer {
            RecognizerChoice::Local => (Some(self.local()?), chosen_pack(&self.config)?.name),
            RecognizerChoice::Rekognition => {
                let here = self.local().inspect_err(|error| {
                    tracing::warn!(
                        "events that are indexed with a model pack cannot be searched here: {error:#}"
                    );
                });
                (here.ok(), REKOGNITION_PACK.to_owned())
            }
        };
        let there = Rekognition::new(there.settings.clone(), &pack, here.map(Arc::new));
        Ok(Recognizer::Rekognition(Arc::new(there)))
    }

    /// Loads the models of the pack for new events; those of other packs are loaded when they are needed.
    fn local(&self) -> anyhow::Result<Local> {
        let pack = chosen_pack(&self.config)?;
        let options = LocalOptions {
            onnx_runtime: models::onnx_runtime(&self.config)?,
            models_folder: models::folder(&self.config),
            ingest_threads: self.config.threads,
            selfie_threads: 1,
            selfies_waiting_max: SELFIES_WAITING_MAX,
            allow_research_models: self.config.allow_research_models,
        };
        models::check_present(&pack, &options.models_folder)?;
        Ok(Local::open(models::packs(), &pack.name, options, Arc::new(self.store.clone()))?)
    }

    /// What does the background work.
    pub fn worker(&self, recognizer: &Recognizer, wake: Arc<Notify>) -> Worker {
        Worker {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            recognizer: recognizer.clone(),
            entropy: self.entropy.clone(),
            clock: self.clock.clone(),
            receiver: self.receiver(),
            public_url: self.config.address(),
            settings: WorkerSettings::default(),
            wake,
        }
    }

    /// Closes what was opened, and stops the private database if nobody else uses it.
    ///
    /// # Errors
    /// When the private database does not stop.
    pub async fn close(self) -> anyhow::Result<()> {
        self.store.close().await;
        self.private.map_or(Ok(()), PrivatePostgres::leave)
    }
}

fn blob_settings(config: &Config) -> Settings {
    match &config.s3 {
        Some(s3) => Settings::S3(s3.clone()),
        None => Settings::Folder(config.data.join("blobs")),
    }
}

async fn open_database(config: &Config) -> anyhow::Result<(Store, Option<PrivatePostgres>)> {
    if let (Some(pooled), Some(direct)) = (&config.database_url, &config.database_direct_url) {
        let store = Store::connect(pooled, direct, config.pool_sizes).await;
        return Ok((store.context("the server that DATABASE_URL names")?, None));
    }
    let private = PrivatePostgres::enter(&config.data, config.pg_bin.as_deref())?;
    let url = private.url();
    match Store::connect(&url, &url, config.pool_sizes).await {
        Ok(store) => Ok((store, Some(private))),
        Err(error) => {
            private.leave()?;
            Err(error).context("the private database")
        }
    }
}

/// The pack that the settings choose, if they may.
pub(crate) fn chosen_pack(config: &Config) -> anyhow::Result<Pack> {
    let packs = models::packs();
    let pack = match &config.pack {
        Some(name) => packs.get(name).with_context(|| models::unknown_pack(name, &packs))?,
        None => packs.default_pack(),
    };
    if !pack.commercial_use && !config.allow_research_models {
        bail!(
            "the pack {} may not be used commercially ({}): set FINDME_ALLOW_RESEARCH_MODELS=1 if your use is allowed, \
             or choose another pack with FINDME_PACK",
            pack.name,
            pack.licence
        );
    }
    Ok(pack.clone())
}
