//! An archive that is made while it is sent: what it holds in memory does not grow with the photos.
//!
//! ## Why
//! - Photos are stored, not deflated: they are compressed already.
//! - An entry's checksum is known only when it has been read, so it stands behind the bytes (a data descriptor), and
//!   ZIP64 appears only where an offset or a count demands it: what every unpacker of today reads.
//! - Times are those of the camera, which has no zone, so the entry has the field without a zone and no other.
//! - An archive that cannot be completed breaks its connection off: half of one must not look whole.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use blobs::{BlobError, BlobStream};
use domain::{EventId, Language, Rendition};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use store::StoreError;
use store::photo_by_time::TimedPhoto;
use time::PrimitiveDateTime;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tracing::Instrument as _;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::delivery::{self, DeliveryError, Source};
use super::serve::attachment;
use super::zip_names::Names;

/// Bytes are gathered up to this size before they are sent.
const PIECE_BYTES: usize = 128 * 1024;
/// Pieces that may wait for the reader.
const PIECES_MAX: usize = 2;
/// A reader who takes nothing for so long has gone.
const STALLED: Duration = Duration::from_mins(2);

/// A copy of a photo that is to be in an archive.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) photo: TimedPhoto,
    pub(crate) rendition: Rendition,
}

impl Wanted {
    /// Marked copies are for visitors: of photos that were taken back since there are none.
    pub(crate) fn may_leave(&self) -> bool {
        self.rendition != Rendition::Marked || self.photo.photo.published
    }
}

/// Why an archive broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the reader has gone")]
    Gone,
    #[error("the event was deleted meanwhile")]
    EventDeleted,
    #[error("a photo in the store is shorter than the store says")]
    Short,
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the archive cannot be written: {0}")]
    Zip(#[from] ZipError),
    #[error("the archive cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// What goes into an archive, a page at a time, by time.
pub(crate) type Pages = BoxStream<'static, Result<Vec<Wanted>, Broken>>;

/// An archive to be sent.
pub(crate) struct Archive {
    pub(crate) source: Source,
    pub(crate) event_id: EventId,
    /// What its file is called, without the extension.
    pub(crate) file_stem: String,
    /// Of the list of what is missing.
    pub(crate) language: Language,
    /// Held until the last byte is sent or the reader has gone.
    pub(crate) place: OwnedSemaphorePermit,
    pub(crate) pages: Pages,
    /// Names of photos that are known to be missing.
    pub(crate) missing: Vec<String>,
}

impl Archive {
    /// The answer that sends it.
    pub(crate) fn send(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "application/zip".to_owned()),
            (header::CONTENT_DISPOSITION, attachment(&format!("{}.zip", self.file_stem))),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            // Proxies that understand it do not gather the archive on their disk.
            (HeaderName::from_static("x-accel-buffering"), "no".to_owned()),
        ];
        (headers, Body::from_stream(self.into_stream())).into_response()
    }

    /// Its bytes. A failure is the last item; when the stream is dropped, the work ends.
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, io::Error>> {
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        let mut work = JoinSet::new();
        work.spawn(self.write(sender).in_current_span());
        let pieces = stream::unfold(pieces, |mut pieces| async move {
            let piece = pieces.recv().await?;
            Some((Ok(piece), pieces))
        });
        let end = stream::once(async move {
            match work.join_next().await {
                Some(Ok(Ok(()))) => None,
                Some(Ok(Err(_)) | Err(_)) | None => Some(Err(io::Error::other("the archive broke off"))),
            }
        });
        pieces.chain(end.filter_map(std::future::ready))
    }

    async fn write(self, sender: mpsc::Sender<Bytes>) -> Result<(), Broken> {
        let Self { source, event_id, language, place, mut pages, missing, .. } = self;
        let mut writer = Writer::new(source, event_id, sender, missing);
        let written = async {
            while let Some(page) = pages.try_next().await? {
                for wanted in page {
                    writer.add(&wanted).await?;
                }
            }
            writer.finish(language).await
        };
        let written = written.await;
        match &written {
            Ok(()) | Err(Broken::Gone) => {}
            Err(error) => tracing::error!(%error, %event_id, "an archive broke off"),
        }
        drop(place);
        written
    }
}

/// Bytes of the archive that were written and not yet sent.
#[derive(Clone, Default)]
struct Outbox(Arc<Mutex<Vec<u8>>>);

impl Outbox {
    /// Takes what is there, if it is `least` bytes or more.
    fn take(&self, least: usize) -> Option<Bytes> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = bytes.len() >= least.max(1);
        let next = || Vec::with_capacity(PIECE_BYTES * 2);
        enough.then(|| std::mem::replace(&mut *bytes, next()).into())
    }
}

impl Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer {
    source: Source,
    event_id: EventId,
    zip: ZipWriter<StreamWriter<Outbox>>,
    outbox: Outbox,
    sender: mpsc::Sender<Bytes>,
    names: Names,
    missing: Vec<String>,
}

impl Writer {
    fn new(source: Source, event_id: EventId, sender: mpsc::Sender<Bytes>, missing: Vec<String>) -> Self {
        let outbox = Outbox::default();
        let zip = ZipWriter::new_stream(outbox.clone());
        Self { source, event_id, zip, outbox, sender, names: Names::default(), missing }
    }

    async fn add(&mut self, wanted: &Wanted) -> Result<(), Broken> {
        let name = self.names.of(&wanted.photo, wanted.rendition);
        let photo = &wanted.photo.photo;
        let found = delivery::open(&self.source, self.event_id, photo, wanted.rendition).await?;
        if let Some(blob) = found {
            return self.copy(name, wanted.photo.at, blob).await;
        }
        tracing::warn!(photo_id = %photo.photo_id, rendition = %wanted.rendition, "missing in the store");
        self.missing.push(name);
        Ok(())
    }

    async fn copy(&mut self, name: String, at: PrimitiveDateTime, blob: BlobStream) -> Result<(), Broken> {
        let BlobStream { size_bytes, mut stream } = blob;
        let is_large = size_bytes > u64::from(u32::MAX);
        self.zip.start_file(name, options().last_modified_time(zip_time(at)).large_file(is_large))?;
        let mut read = 0;
        while let Some(bytes) = stream.try_next().await? {
            read += bytes.len() as u64;
            self.zip.write_all(&bytes)?;
            self.send(PIECE_BYTES).await?;
        }
        if read == size_bytes { Ok(()) } else { Err(Broken::Short) }
    }

    /// Sends what was written, if it is `least` bytes or more.
    async fn send(&self, least: usize) -> Result<(), Broken> {
        let Some(piece) = self.outbox.take(least) else { return Ok(()) };
        match tokio::time::timeout(STALLED, self.sender.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken::Gone),
        }
    }

    /// Writes the list of what is missing, and the directory.
    async fn finish(mut self, language: Language) -> Result<(), Broken> {
        if !self.missing.is_empty() {
            self.zip.start_file("MISSING.txt", options())?;
            self.zip.write_all(missing_text(&self.missing, language).as_bytes())?;
        }
        let Self { zip, outbox, sender, .. } = self;
        zip.finish()?;
        if let Some(piece) = outbox.take(1) {
            let sent = tokio::time::timeout(STALLED, sender.send(piece)).await;
            sent.ok().and_then(Result::ok).ok_or(Broken::Gone)?;
        }
        Ok(())
    }
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o644)
}

/// The time as an archive can say it: from 1980 to 2107, in steps of two seconds.
fn zip_time(at: PrimitiveDateTime) -> zip::DateTime {
    let (date, (hour, minute, second)) = (at.date(), at.time().as_hms());
    let time = u16::try_from(date.year()).ok().and_then(|year| {
        let month = u8::from(date.month());
        zip::DateTime::from_date_and_time(year, month, date.day(), hour, minute, second).ok()
    });
    time.unwrap_or_default()
}

fn missing_text(names: &[String], language: Language) -> String {
    let head = match language {
        Language::En => {
            "These photos belong here but were not found where photos are kept. Tell whoever runs the site."
        }
        Language::Fr => {
            "Ces photos devraient être ici mais n’ont pas été trouvées. Signalez-le à l’exploitant du site."
        }
    };
    let mut text = format!("{head}\r\n\r\n");
    for name in names {
        text.push_str(name);
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use domain::Entropy;
    use time::macros::datetime;

    use super::*;

    const AT: PrimitiveDateTime = datetime!(2026-06-20 14:03:22);

    fn writer() -> (Writer, mpsc::Receiver<Bytes>) {
        let blobs = blobs::Blobs::open(&blobs::Settings::Memory).unwrap();
        let source = Source { blobs, painter: recognizer::Painter::default(), drawing: None };
        let (sender, receiver) = mpsc::channel(1000);
        (Writer::new(source, EventId::from_entropy(&Entropy::fixed(1)), sender, Vec::new()), receiver)
    }

    fn blob(size_bytes: u64, pieces: Vec<Result<Bytes, BlobError>>) -> BlobStream {
        BlobStream { size_bytes, stream: stream::iter(pieces).boxed() }
    }

    async fn archive(writer: Writer, mut pieces: mpsc::Receiver<Bytes>) -> Vec<u8> {
        writer.finish(Language::En).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.recv().await {
            bytes.extend_from_slice(&piece);
        }
        bytes
    }

    #[tokio::test]
    async fn a_photo_that_ends_early_or_fails_breaks_the_archive() {
        let piece = || Ok(Bytes::from_static(b"abc"));
        let (mut short, _pieces) = writer();
        let copied = short.copy("a.jpg".to_owned(), AT, blob(4, vec![piece()])).await;
        assert!(matches!(copied, Err(Broken::Short)), "{copied:?}");
        let (mut failing, _pieces) = writer();
        let failure = Err(BlobError::Open("no".to_owned()));
        let copied = failing.copy("a.jpg".to_owned(), AT, blob(6, vec![piece(), failure])).await;
        assert!(matches!(copied, Err(Broken::Blob(_))), "{copied:?}");
        let (mut whole, pieces) = writer();
        whole.copy("a.jpg".to_owned(), AT, blob(6, vec![piece(), piece()])).await.unwrap();
        let bytes = archive(whole, pieces).await;
        let mut read = zip::ZipArchive::new(io::Cursor::new(&bytes)).unwrap();
        assert_eq!(io::read_to_string(read.by_index(0).unwrap()).unwrap(), "abcabc");
        assert!(bytes.windows(4).any(|bytes| bytes == b"PK\x07\x08"), "the checksum stands behind the bytes");
        assert!(!bytes.windows(4).any(|bytes| bytes == b"PK\x06\x06"), "no ZIP64 where none is needed");
    }

    #[tokio::test]
    async fn more_entries_than_two_bytes_can_count() {
        const COUNT: usize = 66_000;
        let (mut many, pieces) = writer();
        let bytes = Bytes::from_static(b"abc");
        for n in 0..COUNT {
            many.copy(format!("{n}.jpg"), AT, blob(3, vec![Ok(bytes.clone())])).await.unwrap();
        }
        let bytes = archive(many, pieces).await;
        let mut read = zip::ZipArchive::new(io::Cursor::new(&bytes)).unwrap();
        assert_eq!(read.len(), COUNT);
        let last = read.by_index(COUNT - 1).unwrap();
        assert_eq!((last.name().unwrap().as_ref(), last.crc32()), ("65999.jpg", 0x3524_41C2));
    }

    #[test]
    fn times_outside_of_what_an_archive_can_say_are_its_first() {
        assert_eq!(zip_time(AT).to_string(), "2026-06-20 14:03:22");
        assert_eq!(zip_time(datetime!(1901-01-01 0:00)), zip::DateTime::default());
        assert_eq!(zip_time(datetime!(2200-01-01 0:00)), zip::DateTime::default());
    }
}
