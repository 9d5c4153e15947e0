//! Bytes of any number into one blob, with bounded memory.

use std::path::Path;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, TryStreamExt as _, stream};
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;

use crate::{BlobError, BlobKey, Blobs};

/// More than this is sent in parts of this size; S3 wants at least 5 MiB.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// How many parts of one blob may be under way at once.
const PARTS_IN_FLIGHT_MAX: usize = 2;
/// A file is read in pieces of this size.
const READ_BYTES: usize = 1024 * 1024;
/// How long the store may take to forget the parts of a blob that failed.
const ABORT_MAX: Duration = Duration::from_secs(5);

impl Blobs {
    /// Stores what `pieces` yields under `key`: whole, or not at all. Few bytes go in one request, more in parts;
    /// not more than four parts are in memory.
    pub(crate) async fn write(
        &self,
        key: &BlobKey,
        pieces: impl Stream<Item = Result<Bytes, BlobError>> + Send,
    ) -> Result<(), BlobError> {
        let mut pieces = std::pin::pin!(pieces);
        let mut buffer = BytesMut::new();
        while buffer.len() <= PART_BYTES {
            match pieces.try_next().await? {
                Some(piece) => buffer.extend_from_slice(&piece),
                None => return self.put(key, buffer.freeze()).await,
            }
        }
        let mut upload = self.store.put_multipart(key.path()).await?;
        let written = match send(&mut *upload, buffer, pieces).await {
            Ok(()) => upload.complete().await.map_err(BlobError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            // Why the write failed is the news; a store that is away cannot forget the parts either.
            let _ = tokio::time::timeout(ABORT_MAX, upload.abort()).await;
            return Err(error);
        }
        Ok(())
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

/// Sends `buffer` and then `pieces` in parts of equal size, the last one excepted. No part is under way any more when it
/// returns well.
async fn send(
    upload: &mut dyn MultipartUpload,
    mut buffer: BytesMut,
    mut pieces: impl Stream<Item = Result<Bytes, BlobError>> + Send + Unpin,
) -> Result<(), BlobError> {
    let mut under_way = JoinSet::new();
    loop {
        while buffer.len() >= PART_BYTES {
            while under_way.len() >= PARTS_IN_FLIGHT_MAX {
                joined(under_way.join_next().await)?;
            }
            let part = buffer.split_to(PART_BYTES).freeze();
            under_way.spawn(upload.put_part(part.into()));
        }
        match pieces.try_next().await? {
            Some(piece) => buffer.extend_from_slice(&piece),
            None => break,
        }
    }
    if !buffer.is_empty() {
        under_way.spawn(upload.put_part(buffer.freeze().into()));
    }
    while !under_way.is_empty() {
        joined(under_way.join_next().await)?;
    }
    Ok(())
}

type Joined = Result<object_store::Result<()>, tokio::task::JoinError>;

fn joined(part: Option<Joined>) -> Result<(), BlobError> {
    part.transpose().map_err(object_store::Error::from)?.transpose()?;
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
