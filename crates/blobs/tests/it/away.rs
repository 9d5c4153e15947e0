//! A store that is away ends every call in an error, soon.

use std::time::Duration;

use blobs::{BlobError, BlobKey, Blobs, PartKey, Settings, TimeLimits};
use bytes::Bytes;
use domain::{Digest, Entropy, EventId, Rendition};
use futures::TryStreamExt as _;
use tokio::time::Instant;
use uuid::Uuid;

use crate::proxy::{self, Fault};
use crate::s3_server::{self, Server};

/// Any call must have ended by then; the limits below leave each a fraction of it.
const SOON: Duration = Duration::from_secs(25);
const LIMITS: TimeLimits = TimeLimits {
    connect: Duration::from_millis(500),
    pause: Duration::from_secs(1),
    answer: Duration::from_secs(2),
    retry: Duration::from_secs(1),
};

fn event() -> EventId {
    EventId::from_entropy(&Entropy::fixed(6))
}

fn original() -> BlobKey {
    BlobKey::new(event(), Digest::of(b"away"), Rendition::Original)
}

fn open(settings: blobs::S3Settings) -> Blobs {
    Blobs::open_within(&Settings::S3(settings), LIMITS).unwrap()
}

/// For what must work however busy the machine is.
fn open_patient(settings: blobs::S3Settings) -> Blobs {
    Blobs::open(&Settings::S3(settings)).unwrap()
}

async fn behind(server: &Server, fault: Fault) -> Blobs {
    open(Server::settings_at(proxy::start(server.address, fault).await, "right-secret"))
}

async fn fails_soon<T>(what: &str, call: impl Future<Output = Result<T, BlobError>>) {
    let began = Instant::now();
    let outcome = tokio::time::timeout(SOON, call).await;
    assert!(outcome.is_ok(), "{what} still waits after {:?}", began.elapsed());
    match outcome.unwrap() {
        Ok(_) => panic!("{what} worked with the store away"),
        Err(error) => assert!(error.is_temporary(), "{what}: {error}"),
    }
}

async fn every_call_fails_soon(store: &Blobs) {
    let part = PartKey::new(event(), Uuid::nil(), Uuid::nil());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large");
    std::fs::write(&file, vec![7; 9 * 1024 * 1024]).unwrap();
    fails_soon("probe", store.probe()).await;
    fails_soon("put", store.put(&original(), Bytes::from_static(b"x"))).await;
    fails_soon("put_file", store.put_file(&original(), &file)).await;
    fails_soon("get", store.get(&original())).await;
    fails_soon("stream", store.stream(&original())).await;
    fails_soon("info", store.info(&original())).await;
    fails_soon("list_event", store.list_event(event())).await;
    fails_soon("list_all", store.list_all().try_collect::<Vec<_>>()).await;
    fails_soon("delete", store.delete(&original())).await;
    fails_soon("delete_event", store.delete_event(event())).await;
    fails_soon("put_part", store.put_part(&part, Bytes::from_static(b"x"))).await;
    fails_soon("read_parts", store.read_parts(std::slice::from_ref(&part)).try_collect::<Vec<_>>()).await;
    fails_soon("assemble", store.assemble(&[part], &original())).await;
    fails_soon("delete_upload", store.delete_upload(event(), Uuid::nil())).await;
}

#[tokio::test]
async fn a_store_that_refuses() {
    let server = s3_server::start().await;
    every_call_fails_soon(&behind(&server, Fault::Refuses).await).await;
}

#[tokio::test]
async fn a_store_that_hangs() {
    let server = s3_server::start().await;
    every_call_fails_soon(&behind(&server, Fault::Hangs).await).await;
}

#[tokio::test]
async fn a_store_that_answers_503() {
    let server = s3_server::start().await;
    every_call_fails_soon(&behind(&server, Fault::Busy).await).await;
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let store = open(Server::settings_at(address, "right-secret"));
    fails_soon("probe", store.probe()).await;
    fails_soon("put", store.put(&original(), Bytes::from_static(b"x"))).await;
}

#[tokio::test]
async fn a_line_that_is_cut_gives_whole_blobs_or_errors() {
    let mib = 1024 * 1024;
    let server = s3_server::start().await;
    let near = open_patient(server.settings("right-secret"));
    let line = proxy::start(server.address, Fault::CutsAfter(mib)).await;
    let far = open_patient(Server::settings_at(line, "right-secret"));
    for (length, arrives) in [(1000, true), (2 * mib, true), (12 * mib, false)] {
        let bytes = Bytes::from(vec![length.to_le_bytes()[1]; length]);
        near.put(&original(), bytes.clone()).await.unwrap();
        match tokio::time::timeout(SOON, far.get(&original())).await.expect("it must end") {
            Ok(found) => assert!(arrives && found.unwrap() == bytes, "{length} bytes came back changed"),
            Err(error) => assert!(!arrives && error.is_temporary(), "{length} bytes: {error}"),
        }
        near.delete(&original()).await.unwrap();
    }
    for length in [3 * mib, 20 * mib] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("photo");
        std::fs::write(&file, vec![9; length]).unwrap();
        fails_soon("put_file", far.put_file(&original(), &file)).await;
        assert!(near.get(&original()).await.unwrap().is_none(), "half a photo was kept");
    }
}

/// The limit is for a standstill of the store, not for a reader that takes its time.
#[tokio::test]
async fn a_slow_reader_gets_everything() {
    let server = s3_server::start().await;
    let store = open(server.settings("right-secret"));
    let bytes = Bytes::from(vec![3; 4 * 1024 * 1024]);
    open_patient(server.settings("right-secret")).put(&original(), bytes.clone()).await.unwrap();
    let mut blob = store.stream(&original()).await.unwrap().unwrap();
    let (mut received, mut pauses_left) = (Vec::new(), 6);
    while let Some(piece) = blob.stream.try_next().await.unwrap() {
        received.extend_from_slice(&piece);
        if pauses_left > 0 {
            pauses_left -= 1;
            tokio::time::sleep(LIMITS.pause / 2).await;
        }
    }
    assert!(received == bytes && pauses_left == 0);
}

#[tokio::test]
async fn whether_the_store_works_is_not_asked_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Blobs::open(&Settings::Folder(folder.path().join("blobs"))).unwrap();
    store.works().await.unwrap();
    std::fs::remove_dir_all(folder.path().join("blobs")).unwrap();
    std::fs::write(folder.path().join("blobs"), "no folder").unwrap();
    assert!(store.probe().await.is_err());
    store.works().await.unwrap();
    tokio::time::sleep(Duration::from_millis(5200)).await;
    assert!(store.works().await.is_err(), "it asks again after a while");
}
