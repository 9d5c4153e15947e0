//! Bytes of any number into one blob, with bounded memory.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStoreExt as _, PutPayload, WriteMultipart};
use tokio::io::AsyncReadExt as _;

use crate::{BlobError, BlobKey, Blobs};

/// More than this is sent in parts of this size; S3 wants at least 5 MiB.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// How many parts of one blob may be under way at once.
const PARTS_IN_FLIGHT_MAX: usize = 2;
/// A file is read in pieces of this size.
const READ_BYTES: usize = 1024 * 1024;

impl Blobs {
    /// Stores what `pieces` yields under `key`: whole, or not at all. Few bytes go in one request, more in parts;
    /// not more than three parts are in memory.
    pub(crate) async fn write(
        &self,
        key: &BlobKey,
        pieces: impl Stream<Item = Result<Bytes, BlobError>> + Send,
    ) -> Result<(), BlobError> {
        let mut pieces = std::pin::pin!(pieces);
        let mut first = BytesMut::new();
        while first.len() <= PART_BYTES {
            match pieces.try_next().await? {
                Some(piece) => first.extend_from_slice(&piece),
                None => return self.put(key, first.freeze()).await,
            }
        }
        let upload = self.store.put_multipart(key.path()).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let first = stream::once(async { Ok(first.freeze()) });
        match send(std::pin::pin!(first.chain(pieces)), &mut upload).await {
            Ok(()) => {
                upload.finish().await?;
                Ok(())
            }
            Err(error) => {
                // Why the write failed is the news; a store that is away cannot take back the parts either.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }

    /// Stores a small blob under any path.
    pub(crate) async fn put_at(
        &self,
        path: &object_store::path::Path,
        bytes: Bytes,
    ) -> Result<(), BlobError> {
        self.store.put(path, PutPayload::from_bytes(bytes)).await?;
        Ok(())
    }
}

async fn send(
    mut pieces: impl Stream<Item = Result<Bytes, BlobError>> + Send + Unpin,
    upload: &mut WriteMultipart,
) -> Result<(), BlobError> {
    while let Some(piece) = pieces.try_next().await? {
        upload.wait_for_capacity(PARTS_IN_FLIGHT_MAX).await?;
        upload.put(piece);
    }
    Ok(())
}

/// The bytes of a file in pieces; an error names the file.
pub(crate) fn read_file(path: &Path) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + '_ {
    stream::try_unfold(None, move |file| async move {
        let named = |source| BlobError::File { path: path.display().to_string(), source };
        let mut file = match file {
            Some(file) => file,
            None => tokio::fs::File::open(path).await.map_err(named)?,
        };
        let mut piece = BytesMut::with_capacity(READ_BYTES);
        let read = file.read_buf(&mut piece).await.map_err(named)?;
        Ok((read > 0).then(|| (piece.freeze(), Some(file))))
    })
}
