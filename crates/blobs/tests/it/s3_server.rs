//! A real S3 protocol server in this process; it checks signatures.

use blobs::S3Settings;
use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

/// A server with one bucket; it ends with the test.
pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    folder: tempfile::TempDir,
}

impl Server {
    /// The folder of the bucket: a file for each object, by its key.
    pub(crate) fn bucket(&self) -> std::path::PathBuf {
        self.folder.path().join("photos")
    }

    /// How to reach it, with this secret.
    pub(crate) fn settings(&self, secret: &str) -> S3Settings {
        Self::settings_at(self.address, secret)
    }

    /// How to reach it by another address.
    pub(crate) fn settings_at(address: std::net::SocketAddr, secret: &str) -> S3Settings {
        S3Settings {
            endpoint: Some(format!("http://{address}")),
            region: "us-east-1".to_owned(),
            bucket: "photos".to_owned(),
            access_key_id: "key".to_owned(),
            secret_access_key: secret.to_owned(),
        }
    }
}

pub(crate) async fn start() -> Server {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
    builder.set_auth(SimpleAuth::from_single("key", "right-secret"));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let service = service.clone();
            tokio::spawn(async move {
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    Server { address, folder }
}
