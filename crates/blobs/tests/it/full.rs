//! A folder on a disk that takes no more: a limit on the length of files stands in for it, as it needs no rights.

use std::process::Command;

use blobs::{BlobKey, Blobs, PartKey, Settings};
use bytes::Bytes;
use domain::{Digest, Entropy, EventId, Rendition};
use futures::TryStreamExt as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use uuid::Uuid;

/// Runs this very test in a process whose files end after a megabyte or two (shells count in blocks of different size).
fn in_a_limited_process() {
    let script =
        "trap '' XFSZ; ulimit -S -f 2000 && exec \"$0\" --exact full::a_full_disk_leaves_nothing_behind";
    let this = std::env::current_exe().unwrap();
    let output = Command::new("sh").arg("-c").arg(script).arg(this).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let limit = getrlimit(Resource::Fsize);
    if limit.current.is_none() {
        return in_a_limited_process();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(on_a_full_disk(limit));
}

async fn on_a_full_disk(limit: Rlimit) {
    let folder = tempfile::tempdir().unwrap();
    let store = Blobs::open(&Settings::Folder(folder.path().join("blobs"))).unwrap();
    let event = EventId::from_entropy(&Entropy::fixed(1));
    let key = BlobKey::new(event, Digest::of(b"full"), Rendition::Original);
    let parts: Vec<PartKey> =
        (0..12).map(|n| PartKey::new(event, Uuid::from_u128(1), Uuid::from_u128(n))).collect();
    let piece = Bytes::from(vec![5; 900_000]);
    store.put(&key, Bytes::from_static(b"old")).await.unwrap();
    for part in &parts {
        store.put_part(part, piece.clone()).await.unwrap();
    }
    for (what, parts) in [("a small write", &parts[..4]), ("a write in parts", &parts[..])] {
        let error = store.assemble(parts, &key).await.expect_err(what);
        assert!(error.is_temporary(), "{what}: {error}");
        assert_eq!(store.get(&key).await.unwrap().unwrap(), "old", "{what} replaced what was there");
        let left: Vec<_> = store.list_staging().try_collect().await.unwrap();
        assert!(left.is_empty(), "{what} left {left:?}");
    }
    let large = PartKey::new(event, Uuid::from_u128(1), Uuid::from_u128(99));
    assert!(store.put_part(&large, vec![5; 5_000_000].into()).await.unwrap_err().is_temporary());
    assert_eq!(store.list_event(event).await.unwrap().len(), 1 + parts.len());
    setrlimit(Resource::Fsize, Rlimit { current: limit.maximum, ..limit }).unwrap();
    store.assemble(&parts, &key).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().len(), parts.len() * piece.len());
}
