//! The settings, all of them, read from the environment once. README.md lists the ones that people turn.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use blobs::S3Settings;
use ipnet::IpNet;
use store::{DatabaseUrl, PoolSizes};

use crate::rekognition::{self, RecognizerChoice, RekognitionConfig};

/// The settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// `FINDME_DATA`: photos, the private database, keys. Default `./data`.
    pub data: PathBuf,
    /// `FINDME_CACHE`: what can be fetched again: ONNX Runtime, models. Default `./.cache`.
    pub cache: PathBuf,
    /// `FINDME_LISTEN`: address and port of the pages. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `FINDME_PUBLIC_URL`: where people reach FindMe, such as `https://photos.example.org`. Default: where it listens.
    pub public_url: Option<String>,
    /// `FINDME_PRODUCTION`: 1 refuses to start where photos would be lost with the container, and logs JSON.
    pub production: bool,
    /// `LOG_LEVEL`: error, warn, info, debug or a filter such as `web=debug`. Default `info`.
    pub log_level: String,
    /// `DATABASE_URL`: a PostgreSQL of your own. Default: a private one in the data folder.
    pub database_url: Option<DatabaseUrl>,
    /// `DATABASE_DIRECT_URL`: the same, past a PgBouncer. Default `DATABASE_URL`.
    pub database_direct_url: Option<DatabaseUrl>,
    /// `DB_POOL_WEB`, `DB_POOL_JOBS`, `DB_POOL_BULK`: connections at most. Default 30, 60 and 10.
    pub pool_sizes: PoolSizes,
    /// `FINDME_PG_BIN`: folder of `initdb`, `pg_ctl` and `postgres` for the private database. Default: the machine's.
    pub pg_bin: Option<PathBuf>,
    /// `S3_BUCKET`, `S3_REGION`, `S3_ENDPOINT`, `S3_ACCESS_KEY_ID`, `S3_SECRET_ACCESS_KEY`: photos go to this store.
    /// Default: the data folder.
    pub s3: Option<S3Settings>,
    /// `ORT_DYLIB_PATH`: the ONNX Runtime library. Default: the one in the cache, then the machine's.
    pub onnx_runtime: Option<PathBuf>,
    /// `FINDME_RECOGNIZER`: who finds the faces of new events, `local` (this machine's models) or `rekognition`. Default
    /// `local`.
    pub recognizer: RecognizerChoice,
    /// `FINDME_REKOGNITION_REGION`, `_ACCESS_KEY_ID`, `_SECRET_ACCESS_KEY`: Amazon Rekognition, for events whose faces it
    /// keeps. `_SESSION_TOKEN`: of temporary keys. `_ENDPOINT`: a compatible service. `_COLLECTION_PREFIX`: what names of
    /// collections begin with, default `findme-`. `_SURE`, `_MAYBE`: similarities in percent from which a photo is surely
    /// somebody's and from which it may be, default 99 and 80. `_PRICE`: US dollars per 1,000 pictures, default 1, which
    /// differs by region.
    pub rekognition: Option<RekognitionConfig>,
    /// `FINDME_PACK`: the model pack. Default: the one that models.toml names.
    pub pack: Option<String>,
    /// `FINDME_ALLOW_RESEARCH_MODELS`: 1 allows packs whose licence forbids commercial use.
    pub allow_research_models: bool,
    /// `FINDME_MODEL_MIRROR`: folder or http address that is asked for model files first. Default: `../shared/models`
    /// if there is such a folder.
    pub model_mirror: Option<String>,
    /// `JWT_SECRET`: the key that signs access tokens, at least 32 characters, the same for all processes. Default: one
    /// that is made once in the data folder.
    pub jwt_secret: Option<Secret>,
    /// `JWT_EXPIRES_IN`: how long an access token is good for, such as `15m` or `3600` (seconds). Default `15m`.
    pub jwt_expires_in: time::Duration,
    /// `MFA_ENCRYPTION_KEY`: encrypts the secrets of two-step log-in: 64 hexadecimal digits, the same for all
    /// processes. Default: one that is made once in the data folder.
    pub mfa_encryption_key: Option<Secret>,
    /// `ALLOWED_ORIGINS`: pages of these origins may call the API, such as `https://a.example,https://b.example`.
    /// Default: none but FindMe's own.
    pub allowed_origins: Vec<String>,
    /// `FINDME_TRUSTED_PROXIES`: networks of proxies in front, such as `10.0.0.0/8,192.0.2.7`, whose `X-Forwarded-For`
    /// is believed. Default: none.
    pub trusted_proxies: Vec<IpNet>,
    /// `FINDME_RATE_LIMITS`: `off` lifts the limits on attempts, to measure what lies behind them. Default `on`.
    pub rate_limits: bool,
    /// `FINDME_THREADS`: threads that read photos. Default: one per core.
    pub threads: usize,
    /// What `findme upload` needs.
    pub upload: UploadSettings,
}

/// What `findme upload` takes from the environment.
#[derive(Clone, Debug)]
pub struct UploadSettings {
    /// `FINDME_TOKEN`: an access token, or a refresh token, which then is used up.
    pub token: Option<Secret>,
    /// `FINDME_PASSWORD`: the password, where nobody can be asked for it.
    pub password: Option<Secret>,
    /// `XDG_CACHE_HOME`: where it remembers what was sent. Default: `.cache` in the home folder.
    pub cache: Option<PathBuf>,
}

/// A setting that is never printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a variable is set to what it cannot be; the message names it and says what it can be.
    pub fn from_environment() -> anyhow::Result<Self> {
        let database_url = text("DATABASE_URL").map(DatabaseUrl::new);
        let (recognizer, rekognition) = rekognition::from_environment(text)?;
        Ok(Self {
            data: absolute(&path("FINDME_DATA").unwrap_or_else(|| "data".into()))?,
            cache: absolute(&path("FINDME_CACHE").unwrap_or_else(|| ".cache".into()))?,
            listen: parsed("FINDME_LISTEN", "an address and a port such as 127.0.0.1:8080")?
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            public_url: public_url()?,
            production: switch("FINDME_PRODUCTION")?,
            log_level: text("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()),
            database_direct_url: text("DATABASE_DIRECT_URL").map(DatabaseUrl::new).or(database_url.clone()),
            database_url,
            pool_sizes: pool_sizes()?,
            pg_bin: path("FINDME_PG_BIN"),
            s3: s3()?,
            onnx_runtime: path("ORT_DYLIB_PATH"),
            recognizer,
            rekognition,
            pack: text("FINDME_PACK"),
            allow_research_models: switch("FINDME_ALLOW_RESEARCH_MODELS")?,
            model_mirror: text("FINDME_MODEL_MIRROR").or_else(neighbouring_models),
            jwt_secret: jwt_secret()?,
            jwt_expires_in: jwt_expires_in()?,
            mfa_encryption_key: mfa_encryption_key()?,
            allowed_origins: allowed_origins(text("ALLOWED_ORIGINS").as_deref().unwrap_or_default())?,
            trusted_proxies: trusted_proxies()?,
            rate_limits: rate_limits()?,
            threads: parsed("FINDME_THREADS", "a number of threads")?.unwrap_or_else(cores).max(1),
            upload: UploadSettings {
                token: text("FINDME_TOKEN").map(Secret),
                password: text("FINDME_PASSWORD").map(Secret),
                cache: path("XDG_CACHE_HOME").or_else(|| path("HOME").map(|home| home.join(".cache"))),
            },
        })
    }

    /// Where people reach FindMe.
    pub fn address(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn path(name: &str) -> Option<PathBuf> {
    text(name).map(PathBuf::from)
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} has no absolute form", path.display()))
}

fn parsed<T: std::str::FromStr>(name: &str, what: &str) -> anyhow::Result<Option<T>> {
    let Some(value) = text(name) else { return Ok(None) };
    match value.parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(_) => bail!("{name} must be {what}, not {value:?}"),
    }
}

fn switch(name: &str) -> anyhow::Result<bool> {
    match text(name).as_deref() {
        None | Some("0" | "false" | "no") => Ok(false),
        Some("1" | "true" | "yes") => Ok(true),
        Some(other) => bail!("{name} must be 1 or 0, not {other:?}"),
    }
}

fn public_url() -> anyhow::Result<Option<String>> {
    match text("FINDME_PUBLIC_URL") {
        Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => {
            bail!("FINDME_PUBLIC_URL must begin with http:// or https://, not {url:?}")
        }
        Some(url) if url.ends_with('/') => {
            bail!("FINDME_PUBLIC_URL must not end with a slash: write {:?}", url.trim_end_matches('/'))
        }
        url => Ok(url),
    }
}

fn jwt_secret() -> anyhow::Result<Option<Secret>> {
    match text("JWT_SECRET") {
        Some(secret) if secret.len() < 32 => {
            bail!(
                "JWT_SECRET must have at least 32 characters: make one with `openssl rand -hex 32`, or unset it"
            )
        }
        secret => Ok(secret.map(Secret)),
    }
}

fn jwt_expires_in() -> anyhow::Result<time::Duration> {
    let Some(value) = text("JWT_EXPIRES_IN") else { return Ok(time::Duration::minutes(15)) };
    let seconds = value.parse::<u64>().map(std::time::Duration::from_secs);
    let lasts = seconds.ok().or_else(|| humantime::parse_duration(&value).ok());
    let lasts = lasts.and_then(|lasts| time::Duration::try_from(lasts).ok());
    match lasts {
        Some(lasts) if (time::Duration::SECOND..=time::Duration::days(30)).contains(&lasts) => Ok(lasts),
        _ => bail!("JWT_EXPIRES_IN must be a time between 1s and 30days, such as 15m or 3600, not {value:?}"),
    }
}

fn mfa_encryption_key() -> anyhow::Result<Option<Secret>> {
    match text("MFA_ENCRYPTION_KEY") {
        Some(key) if key.len() != 64 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            bail!(
                "MFA_ENCRYPTION_KEY must be 64 hexadecimal digits: make one with `openssl rand -hex 32`, or unset it"
            )
        }
        key => Ok(key.map(Secret)),
    }
}

/// Reads a list of origins, each exactly as a browser sends it.
fn allowed_origins(list: &str) -> anyhow::Result<Vec<String>> {
    let origins = list.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    origins
        .map(|origin| {
            if origin.ends_with('/') {
                let mended = origin.trim_end_matches('/');
                bail!("ALLOWED_ORIGINS must not end with a slash: write {mended:?} instead of {origin:?}")
            }
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let bare = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '*', '@', ' ']);
            if !host.is_some_and(bare) {
                bail!(
                    "ALLOWED_ORIGINS is a list of origins such as https://photos.example.org, not {origin:?}"
                )
            }
            Ok(origin.to_ascii_lowercase())
        })
        .collect()
}

fn trusted_proxies() -> anyhow::Result<Vec<IpNet>> {
    let list = text("FINDME_TRUSTED_PROXIES").unwrap_or_default();
    let one = |text: &str| {
        let net =
            text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        net.with_context(|| {
            format!("FINDME_TRUSTED_PROXIES is a list of networks such as 10.0.0.0/8, not {text:?}")
        })
    };
    list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(one).collect()
}

fn rate_limits() -> anyhow::Result<bool> {
    match text("FINDME_RATE_LIMITS").as_deref() {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => bail!("FINDME_RATE_LIMITS must be on or off, not {other:?}"),
    }
}

fn pool_sizes() -> anyhow::Result<PoolSizes> {
    let size = |name| parsed::<u32>(name, "a number of connections, at least 1");
    let (web, jobs, bulk) = (size("DB_POOL_WEB")?, size("DB_POOL_JOBS")?, size("DB_POOL_BULK")?);
    let default = PoolSizes::default();
    Ok(PoolSizes {
        web: web.unwrap_or(default.web).max(1),
        jobs: jobs.unwrap_or(default.jobs).max(1),
        bulk: bulk.unwrap_or(default.bulk).max(1),
        chosen: web.is_some() || jobs.is_some() || bulk.is_some(),
    })
}

fn s3() -> anyhow::Result<Option<S3Settings>> {
    let Some(bucket) = text("S3_BUCKET") else { return Ok(None) };
    let needed = |name| text(name).with_context(|| format!("S3_BUCKET is set, so {name} must be set too"));
    Ok(Some(S3Settings {
        bucket,
        endpoint: text("S3_ENDPOINT"),
        region: text("S3_REGION").unwrap_or_else(|| "us-east-1".to_owned()),
        access_key_id: needed("S3_ACCESS_KEY_ID")?,
        secret_access_key: needed("S3_SECRET_ACCESS_KEY")?,
    }))
}

/// A folder of models beside the checkout, for machines without a network.
fn neighbouring_models() -> Option<String> {
    let folder = Path::new("../shared/models");
    folder.is_dir().then(|| folder.display().to_string())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_exact() {
        let good = allowed_origins("https://a.example, http://localhost:5173,").unwrap();
        assert_eq!(good, ["https://a.example", "http://localhost:5173"]);
        let error = allowed_origins("https://a.example/").unwrap_err().to_string();
        assert!(error.contains("slash") && error.contains("write \"https://a.example\""), "{error}");
        for bad in ["*", "a.example", "https://a.example/path", "https://*.example", "https://"] {
            assert!(allowed_origins(bad).is_err(), "{bad}");
        }
    }
}
