//! Whether the photo store that the settings name is the one whose photos the database speaks of.

use anyhow::bail;
use blobs::Blobs;
use domain::Entropy;
use store::Store;
use uuid::Uuid;

/// Compares the store's mark with the database's, and sets both where there are none yet. A wrong store, such as an empty
/// folder where a disk should be mounted, would look as if every photo were lost.
///
/// # Errors
/// When it is another store, or the database fails. A store that is away for the moment may come back: that is only warned
/// of.
pub(crate) async fn check(store: &Store, blobs: &Blobs, entropy: &Entropy) -> anyhow::Result<()> {
    let found = match blobs.mark().await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, place = blobs.place(), "the photo store cannot be looked at now");
            return Ok(());
        }
    };
    let mut tx = store.begin_job().await?;
    let fresh = found.unwrap_or_else(|| Uuid::from_bytes(entropy.bytes()));
    let (known, photos) = store::setting::photo_store(&mut tx, fresh).await?;
    tx.commit().await?;
    match found {
        Some(found) if found == known => Ok(()),
        None if !photos || known == fresh => Ok(blobs.set_mark(known).await?),
        Some(_) | None => bail!(
            "{} is not the photo store of this database: its mark, the file store-id, should say {known}. Is the disk \
             mounted, and are FINDME_DATA or the S3_ settings the same on every machine? If the photos were moved by \
             hand, write {known} into that file",
            blobs.place()
        ),
    }
}
