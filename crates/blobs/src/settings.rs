//! Where the bytes go.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

use crate::BlobError;

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

pub(crate) fn open(settings: &Settings) -> Result<Arc<dyn ObjectStore>, BlobError> {
    match settings {
        Settings::Folder(folder) => {
            std::fs::create_dir_all(folder)
                .map_err(|error| BlobError::Open(format!("{}: {error}", folder.display())))?;
            let store =
                LocalFileSystem::new_with_prefix(folder)?.with_fsync(true).with_automatic_cleanup(true);
            Ok(Arc::new(store))
        }
        Settings::S3(s3) => Ok(Arc::new(bucket(s3)?)),
        Settings::Memory => Ok(Arc::new(InMemory::new())),
    }
}

fn bucket(s3: &S3Settings) -> Result<object_store::aws::AmazonS3, BlobError> {
    // reqwest was built without a TLS provider of its own; a second install is refused and does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = AmazonS3Builder::new()
        .with_region(&s3.region)
        .with_bucket_name(&s3.bucket)
        .with_access_key_id(&s3.access_key_id)
        .with_secret_access_key(&s3.secret_access_key);
    let builder = match &s3.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://")),
        None => builder,
    };
    Ok(builder.build()?)
}
