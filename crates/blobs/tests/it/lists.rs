//! What the store says it has.

use blobs::{BlobInfo, BlobKey, Blobs, PartKey, Settings, StoredKey};
use bytes::Bytes;
use domain::{Digest, Entropy, EventId, Rendition};
use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use uuid::Uuid;

fn event(n: u8) -> EventId {
    EventId::from_entropy(&Entropy::fixed(n))
}

fn keys(mut infos: Vec<BlobInfo>) -> Vec<StoredKey> {
    infos.sort_by_key(|info| info.key.to_string());
    infos.into_iter().map(|info| info.key).collect()
}

pub(crate) async fn every_blob_is_listed_as_what_it_is(store: &Blobs) {
    for n in 1..=5 {
        store.delete_event(event(n)).await.unwrap();
    }
    store.probe().await.unwrap();
    let (sha256, upload_id, part_id) = (Digest::of(b"listed"), Uuid::from_u128(8), Uuid::from_u128(9));
    let original = BlobKey::new(event(1), sha256, Rendition::Original);
    let thumb = BlobKey::new(event(2), sha256, Rendition::Thumb);
    store.put(&original, Bytes::from_static(b"12345")).await.unwrap();
    store.put(&thumb, Bytes::from_static(b"1")).await.unwrap();
    let part = PartKey::new(event(1), upload_id, part_id);
    store.put_part(&part, Bytes::from_static(b"123")).await.unwrap();
    let photo = |event_id, rendition| StoredKey::Photo { event_id, sha256, rendition };
    let of_one = [
        photo(event(1), Rendition::Original),
        StoredKey::UploadPart { event_id: event(1), upload_id, part_id },
    ];
    let listed: Vec<BlobInfo> = store.list_event_blobs(event(1)).try_collect().await.unwrap();
    assert_eq!(keys(listed), of_one);
    let all = [of_one.as_slice(), &[photo(event(2), Rendition::Thumb)]].concat();
    assert_eq!(keys(store.list_all().try_collect().await.unwrap()), all);
    let info = store.info(&original).await.unwrap().unwrap();
    // A file written now tells the time without asking a clock.
    let now = tempfile::tempfile().unwrap().metadata().unwrap().modified().unwrap();
    let age = time::OffsetDateTime::from(now) - info.modified_at;
    assert!(info.size_bytes == 5 && age.abs() < time::Duration::minutes(5), "{info:?}");
    assert!(store.info(&BlobKey::new(event(1), sha256, Rendition::Thumb)).await.unwrap().is_none());
    assert_eq!(store.list_staging().try_collect::<Vec<_>>().await.unwrap().len(), 0);
}

/// What `object_store` leaves when its process is killed, in its own name for it.
async fn left_by_a_killed_process(folder: &std::path::Path, key: &BlobKey) {
    let store = object_store::local::LocalFileSystem::new_with_prefix(folder).unwrap();
    let path = object_store::path::Path::from(key.to_string());
    let mut upload = store.put_multipart(&path).await.unwrap();
    upload.put_part(vec![1; 100].into()).await.unwrap();
    std::mem::forget(upload);
}

#[tokio::test]
async fn what_a_killed_process_leaves_is_found_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Blobs::open(&Settings::Folder(folder.path().to_owned())).unwrap();
    let key = BlobKey::new(event(1), Digest::of(b"killed"), Rendition::Original);
    for _ in 0..2 {
        left_by_a_killed_process(folder.path(), &key).await;
    }
    assert_eq!(store.list_all().try_collect::<Vec<_>>().await.unwrap(), [], "it is no blob");
    let files: Vec<_> = store.list_staging().try_collect().await.unwrap();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|file| file.size_bytes == 100 && file.path().exists()), "{files:?}");
    // The same photo comes again.
    store.put(&key, Bytes::from_static(b"whole")).await.unwrap();
    store.delete_staging(&files[0]).await.unwrap();
    store.delete_staging(&files[0]).await.unwrap();
    assert_eq!(store.list_staging().try_collect::<Vec<_>>().await.unwrap().len(), 1);
    assert_eq!(store.get(&key).await.unwrap().unwrap(), "whole");
    assert_eq!(store.delete_event(event(1)).await.unwrap(), 1);
    assert_eq!(
        store.list_staging().try_collect::<Vec<_>>().await.unwrap().len(),
        0,
        "it went with the event"
    );
}
