//! Where the bytes go.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use crate::BlobError;

/// How often a request that failed is tried again.
const RETRIES_MAX: usize = 3;
/// The longest wait before that.
const RETRY_WAIT_MAX: Duration = Duration::from_secs(2);

/// A place for photo bytes.
#[derive(Clone, Debug)]
pub enum Settings {
    /// Files below a folder.
    Folder(PathBuf),
    /// A bucket of an S3-compatible store.
    S3(S3Settings),
    /// Memory, for tests.
    Memory,
}

/// How to reach a bucket.
#[derive(Clone)]
pub struct S3Settings {
    /// Address of the store; Amazon's own when empty. `http://` is accepted for stores on a private network.
    pub endpoint: Option<String>,
    /// Such as `eu-west-3`.
    pub region: String,
    /// The bucket's name.
    pub bucket: String,
    /// Access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "folder {}", folder.display()),
            Self::S3(s3) => {
                write!(f, "S3 bucket {} at {}", s3.bucket, s3.endpoint.as_deref().unwrap_or("Amazon"))
            }
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// How long a store may take.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// Until a connection to an S3-compatible store stands.
    pub connect: Duration,
    /// Until it has taken a request with its bytes, at most 8 MiB, and answered; and for how long it may pause while it
    /// sends a blob.
    pub pause: Duration,
    /// Until any store says whether it has a blob, all attempts together.
    pub answer: Duration,
    /// After this long a request that failed is not tried again.
    pub retry: Duration,
}

impl Default for TimeLimits {
    /// 8 MiB in 30 seconds are 2.2 megabits per second.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            pause: Duration::from_secs(30),
            answer: Duration::from_secs(15),
            retry: Duration::from_secs(15),
        }
    }
}

pub(crate) fn open(settings: &Settings, limits: TimeLimits) -> Result<Arc<dyn ObjectStore>, BlobError> {
    match settings {
        Settings::Folder(folder) => {
            std::fs::create_dir_all(folder)
                .map_err(|error| BlobError::Open(format!("{}: {error}", folder.display())))?;
            let store =
                LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(true);
            Ok(Arc::new(store))
        }
        Settings::S3(s3) => Ok(Arc::new(bucket(s3, limits)?)),
        Settings::Memory => Ok(Arc::new(InMemory::new())),
    }
}

fn bucket(s3: &S3Settings, limits: TimeLimits) -> Result<object_store::aws::AmazonS3, BlobError> {
    // reqwest was built without a TLS provider of its own; a second install is refused and does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = AmazonS3Builder::new()
        .with_region(&s3.region)
        .with_bucket_name(&s3.bucket)
        .with_access_key_id(&s3.access_key_id)
        .with_secret_access_key(&s3.secret_access_key)
        .with_client_options(client_options(limits))
        .with_retry(RetryConfig {
            backoff: BackoffConfig { max_backoff: RETRY_WAIT_MAX, ..BackoffConfig::default() },
            max_retries: RETRIES_MAX,
            retry_timeout: limits.retry,
        });
    let builder = match &s3.endpoint {
        Some(endpoint) => builder
            .with_endpoint(endpoint)
            .with_client_options(client_options(limits).with_allow_http(endpoint.starts_with("http://"))),
        None => builder,
    };
    Ok(builder.build()?)
}

/// The limit for a whole request is lifted: it would cut off whoever takes a large original over a slow line.
fn client_options(limits: TimeLimits) -> ClientOptions {
    ClientOptions::new()
        .with_connect_timeout(limits.connect)
        .with_timeout_disabled()
        .with_read_timeout(limits.pause)
}
