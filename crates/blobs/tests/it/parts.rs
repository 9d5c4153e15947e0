//! Parts of unfinished uploads, over every kind of store.

use blobs::{BlobKey, Blobs, PartKey};
use bytes::Bytes;
use domain::{Digest, Entropy, EventId, Rendition};
use futures::TryStreamExt as _;
use uuid::Uuid;

const UPLOAD: Uuid = Uuid::from_u128(1);

fn event() -> EventId {
    EventId::from_entropy(&Entropy::fixed(4))
}

fn original() -> BlobKey {
    BlobKey::new(event(), Digest::of(b"parts"), Rendition::Original)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 253).unwrap()).collect()
}

async fn put_in_parts(store: &Blobs, bytes: &[u8], part_bytes: usize) -> Vec<PartKey> {
    let mut keys = Vec::new();
    for (number, part) in bytes.chunks(part_bytes).enumerate() {
        let key = PartKey::new(event(), UPLOAD, Uuid::from_u128(100 + number as u128));
        store.put_part(&key, Bytes::copy_from_slice(part)).await.unwrap();
        keys.push(key);
    }
    keys
}

pub(crate) async fn parts_become_one_blob(store: &Blobs) {
    let mib = 1024 * 1024;
    for (length, part_bytes) in
        [(0, 1), (1000, 1000), (mib, 99_991), (8 * mib, 3 * mib), (17 * mib + 7, 6 * mib + 1)]
    {
        let bytes = pattern(length);
        let keys = put_in_parts(store, &bytes, part_bytes).await;
        let read: Vec<Bytes> = store.read_parts(&keys).try_collect().await.unwrap();
        assert!(read.concat() == bytes, "{length} bytes were read changed");
        store.assemble(&keys, &original()).await.unwrap();
        assert!(
            store.get(&original()).await.unwrap().unwrap() == bytes,
            "{length} bytes were assembled changed"
        );
        assert_eq!(store.delete_upload(event(), UPLOAD).await.unwrap(), keys.len());
        assert_eq!(store.delete_upload(event(), UPLOAD).await.unwrap(), 0, "they are gone");
        assert_eq!(store.list_event(event()).await.unwrap(), [original().to_string()], "the blob stays");
        store.delete(&original()).await.unwrap();
    }
}

pub(crate) async fn a_missing_part_is_an_error(store: &Blobs) {
    for part_bytes in [1000, 3 * 1024 * 1024] {
        let mut keys = put_in_parts(store, &pattern(3 * part_bytes), part_bytes).await;
        keys.push(PartKey::new(event(), UPLOAD, Uuid::nil()));
        let error = store.assemble(&keys, &original()).await.unwrap_err();
        assert!(error.is_missing() && !error.is_temporary(), "{error}");
        assert!(store.get(&original()).await.unwrap().is_none(), "half a photo is no photo");
        assert!(store.read_parts(&keys).try_collect::<Vec<_>>().await.is_err());
        store.delete_upload(event(), UPLOAD).await.unwrap();
    }
}

pub(crate) async fn an_event_goes_with_its_parts(store: &Blobs) {
    let keys = put_in_parts(store, &pattern(5000), 1000).await;
    let other = PartKey::new(EventId::from_entropy(&Entropy::fixed(5)), UPLOAD, Uuid::nil());
    store.put_part(&other, Bytes::from_static(b"other")).await.unwrap();
    store.assemble(&keys, &original()).await.unwrap();
    assert_eq!(store.delete_event(event()).await.unwrap(), 6);
    assert!(store.list_event(event()).await.unwrap().is_empty());
    let kept: Vec<Bytes> = store.read_parts(&[other]).try_collect().await.unwrap();
    assert_eq!(kept.concat(), b"other", "the other event's stays");
}
