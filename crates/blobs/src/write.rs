//! Bytes of any number into one blob, with bounded memory.

use std::path::Path;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, TryStreamExt as _, stream};
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;

use crate::{BlobError, BlobKey, Blobs};

/// A part; not less than S3 wants. What is shorter goes in one request.
const PART_BYTES: usize = 5 * 1024 * 1024;
/// How many parts of one blob may be under way at once.
const PARTS_IN_FLIGHT_MAX: usize = 2;
/// A file is read in pieces of this size.
const READ_BYTES: usize = 1024 * 1024;
/// How long the store may take to forget the parts of a blob that failed.
const ABORT_MAX: Duration = Duration::from_secs(5);

impl Blobs {
    /// Stores what `pieces` yields under `key`: whole, or not at all. Few bytes go in one request, more in parts;
    /// not more than three parts are in memory.
    pub(crate) async fn write(
        &self,
        key: &BlobKey,
        pieces: impl Stream<Item = Result<Bytes, BlobError>> + Send,
    ) -> Result<(), BlobError> {
        let mut pieces = std::pin::pin!(pieces);
        let mut rest = Bytes::new();
        let first = Part::of(&mut pieces, &mut rest).await?;
        if !first.is_full() {
            self.store.put(key.path(), first.payload()).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(key.path()).await?;
        let written = match send(&mut *upload, first, rest, pieces).await {
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

/// What goes in one request, in the pieces in which it came: nothing is copied.
#[derive(Default)]
struct Part {
    pieces: Vec<Bytes>,
    length: usize,
}

impl Part {
    /// The next part: first of `rest`, where what does not fit stays, then of `pieces`. The last one may be short.
    async fn of(
        pieces: &mut (impl Stream<Item = Result<Bytes, BlobError>> + Unpin),
        rest: &mut Bytes,
    ) -> Result<Self, BlobError> {
        let mut part = Self::default();
        while !part.is_full() {
            if rest.is_empty() {
                let Some(piece) = pieces.try_next().await? else { break };
                *rest = piece;
            }
            let piece = rest.split_to(rest.len().min(PART_BYTES - part.length));
            part.length += piece.len();
            part.pieces.push(piece);
        }
        Ok(part)
    }

    fn is_full(&self) -> bool {
        self.length == PART_BYTES
    }

    fn payload(self) -> PutPayload {
        self.pieces.into_iter().collect()
    }
}

/// Sends `part`, `rest` and then `pieces` in parts of equal size, the last one excepted. No part is under way any more
/// when it returns well.
async fn send(
    upload: &mut dyn MultipartUpload,
    mut part: Part,
    mut rest: Bytes,
    mut pieces: impl Stream<Item = Result<Bytes, BlobError>> + Send + Unpin,
) -> Result<(), BlobError> {
    let mut under_way = JoinSet::new();
    while part.length > 0 {
        while under_way.len() >= PARTS_IN_FLIGHT_MAX {
            joined(under_way.join_next().await)?;
        }
        under_way.spawn(upload.put_part(part.payload()));
        part = Part::of(&mut pieces, &mut rest).await?;
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
