//! A part of a file as the body of a request, read as the network takes it.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};

use super::board::Board;
use super::files::{self, Found};

const PIECE_BYTES: u64 = 256 * 1024;

/// What the body's sender tells meanwhile.
pub(super) struct Feed {
    taken: Mutex<Taken>,
    trouble: OnceLock<String>,
    board: Arc<Board>,
}

#[derive(Clone, Copy, Default)]
struct Taken {
    bytes: u64,
    /// The answer is there: what the connection still takes does not count.
    over: bool,
}

impl Feed {
    pub(super) fn new(board: Arc<Board>) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), trouble: OnceLock::new(), board })
    }

    /// Bytes that the connection has taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.lock().expect("no panic holds it").bytes
    }

    /// Ends the body; returns how many bytes the connection has taken.
    pub(super) fn end(&self) -> u64 {
        let mut taken = self.taken.lock().expect("no panic holds it");
        taken.over = true;
        taken.bytes
    }

    /// Counts a piece; false when no more is wanted.
    fn take(&self, size: u64) -> bool {
        let mut taken = self.taken.lock().expect("no panic holds it");
        if !taken.over {
            taken.bytes += size;
            self.board.update(|figures| figures.bytes_sent += size);
        }
        !taken.over
    }

    /// Why the file could not be read, if so.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.get().map(String::as_str)
    }

    /// `length` bytes of `file` from `offset` on. One piece is in memory at a time.
    pub(super) fn body(
        self: &Arc<Self>,
        file: Found,
        offset: u64,
        length: u64,
    ) -> BoxStream<'static, Result<Bytes, String>> {
        let (feed, file) = (Arc::clone(self), Arc::new(file));
        stream::try_unfold((offset, offset + length, None), move |(at, end, opened)| {
            let (feed, file) = (Arc::clone(&feed), Arc::clone(&file));
            async move {
                if at == end {
                    return Ok(None);
                }
                let size = PIECE_BYTES.min(end - at);
                let (opened, piece) = files::aside(move || piece(&file, opened, at, size))
                    .await
                    .inspect_err(|reason| drop(feed.trouble.set(reason.clone())))?;
                if !feed.take(size) {
                    return Err("no more is wanted".to_owned());
                }
                Ok(Some((piece, (at + size, end, Some(opened)))))
            }
        })
        .boxed()
    }
}

fn piece(
    file: &Found,
    opened: Option<std::fs::File>,
    at: u64,
    size: u64,
) -> Result<(std::fs::File, Bytes), String> {
    let mut opened = match opened {
        Some(opened) => opened,
        None => files::open(file)?,
    };
    let mut piece = vec![0; usize::try_from(size).expect("a piece is small")];
    opened.seek(SeekFrom::Start(at)).and_then(|_| opened.read_exact(&mut piece)).map_err(|error| {
        // It was long enough when it was opened.
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            files::CHANGED.to_owned()
        } else {
            error.to_string()
        }
    })?;
    Ok((opened, piece.into()))
}
