//! One suite over every kind of store: they must behave alike.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod away;
mod full;
mod lists;
mod parts;
mod proxy;
#[expect(dead_code, reason = "shared with app's tests, which look into its folder")]
mod s3_server;

use blobs::{BlobKey, Blobs, Settings};
use bytes::Bytes;
use domain::{Digest, Entropy, EventId, Rendition};
use futures::TryStreamExt as _;

fn key(event: u8, rendition: Rendition) -> BlobKey {
    BlobKey::new(EventId::from_entropy(&Entropy::fixed(event)), Digest::of(b"photo"), rendition)
}

async fn a_store_keeps_what_it_is_given(store: &Blobs) {
    store.probe().await.unwrap();
    let (mine, other) = (key(1, Rendition::Thumb), key(2, Rendition::Thumb));
    assert!(store.get(&mine).await.unwrap().is_none(), "nothing is there at first");
    store.put(&mine, Bytes::from_static(b"one")).await.unwrap();
    store.put(&other, Bytes::from_static(b"two")).await.unwrap();
    assert_eq!(store.get(&mine).await.unwrap().unwrap(), "one", "an event's blob is its own");
    store.put(&mine, Bytes::from_static(b"three")).await.unwrap();
    assert_eq!(store.get(&mine).await.unwrap().unwrap(), "three", "a second write replaces the first");
    let event = EventId::from_entropy(&Entropy::fixed(1));
    assert_eq!(store.list_event(event).await.unwrap(), [mine.to_string()]);
    store.delete(&mine).await.unwrap();
    store.delete(&mine).await.unwrap();
    assert!(store.get(&mine).await.unwrap().is_none(), "it is gone");
    assert!(store.stream(&mine).await.unwrap().is_none());
    assert_eq!(store.get(&other).await.unwrap().unwrap(), "two", "the other event's stays");
}

async fn a_large_file_goes_in_and_comes_out(store: &Blobs) {
    let folder = tempfile::tempdir().unwrap();
    for (name, length) in [("empty", 0_usize), ("small", 1000), ("large", 21 * 1024 * 1024 + 7)] {
        let bytes: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let key = key(3, Rendition::Original);
        store.put_file(&key, &path).await.unwrap();
        let blob = store.stream(&key).await.unwrap().unwrap();
        assert_eq!(blob.size_bytes, length as u64, "{name}");
        let parts: Vec<Bytes> = blob.stream.try_collect().await.unwrap();
        assert!(parts.concat() == bytes, "{name} came back changed");
    }
    let missing = store.put_file(&key(3, Rendition::Preview), &folder.path().join("missing")).await;
    assert!(missing.unwrap_err().to_string().contains("missing"), "the error names the file");
}

#[tokio::test]
async fn memory() {
    let store = Blobs::open(&Settings::Memory).unwrap();
    a_store_keeps_what_it_is_given(&store).await;
    a_large_file_goes_in_and_comes_out(&store).await;
    parts::parts_become_one_blob(&store).await;
    parts::a_missing_part_is_an_error(&store).await;
    parts::an_event_goes_with_its_parts(&store).await;
    lists::every_blob_is_listed_as_what_it_is(&store).await;
}

#[tokio::test]
async fn folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Blobs::open(&Settings::Folder(folder.path().join("made/when/missing"))).unwrap();
    a_store_keeps_what_it_is_given(&store).await;
    a_large_file_goes_in_and_comes_out(&store).await;
    parts::parts_become_one_blob(&store).await;
    parts::a_missing_part_is_an_error(&store).await;
    parts::an_event_goes_with_its_parts(&store).await;
    lists::every_blob_is_listed_as_what_it_is(&store).await;
}

#[tokio::test]
async fn s3_compatible() {
    let server = s3_server::start().await;
    let store = Blobs::open(&Settings::S3(server.settings("right-secret"))).unwrap();
    a_store_keeps_what_it_is_given(&store).await;
    a_large_file_goes_in_and_comes_out(&store).await;
    parts::parts_become_one_blob(&store).await;
    parts::a_missing_part_is_an_error(&store).await;
    parts::an_event_goes_with_its_parts(&store).await;
    lists::every_blob_is_listed_as_what_it_is(&store).await;
}

#[tokio::test]
async fn s3_with_a_wrong_secret_is_refused() {
    let server = s3_server::start().await;
    let store = Blobs::open(&Settings::S3(server.settings("wrong-secret"))).unwrap();
    assert!(store.probe().await.is_err());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let error = Blobs::open(&Settings::Folder("/proc/findme".into())).unwrap_err().to_string();
    assert!(error.contains("/proc/findme"), "{error}");
}
