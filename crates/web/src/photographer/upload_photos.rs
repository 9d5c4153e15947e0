//! `POST /api/events/{event}/photos`: many files in one request, each with its own outcome.

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, Multipart, Request, State};
use axum::{Json, RequestExt as _};
use domain::{BatchId, Digest, EventId, Language, PhotoId, UserId};
use intake::{Bytes, Incoming, Receipt, Receiver, SILENCE_MAX, SIZE_BYTES_MAX, file_name_of};
use recognizer::SNIFF_BYTES;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::quota::Room;
use tokio::io::AsyncWriteExt as _;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::WebSettings;
use crate::error::{Code, PHOTO_STORE_RETRY_S, Problem};
use crate::extract::{EventStaff, InLanguage, Params};

/// Most files in one request.
const FILES_MAX: usize = 100;

/// What the photos belong to.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InBatch {
    /// The batch that they are counted with.
    #[param(value_type = Option<Uuid>)]
    batch: Option<BatchId>,
}

/// What became of each file, in the order in which they were sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Uploaded {
    results: Vec<FileOutcome>,
}

/// What became of one file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileOutcome {
    file_name: String,
    outcome: Outcome,
    /// The photo, when it was accepted or there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_id: Option<Uuid>,
    /// Why it was rejected: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Why it was rejected, in the caller's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// The form, as the document describes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read part by part")]
pub struct PhotoForm {
    /// A file; the field may come up to 100 times.
    #[schema(value_type = String, format = Binary)]
    photo: Vec<u8>,
}

/// Accepted photos are stored and will be read; a duplicate is in the event already; a rejected file is no photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Stored, and will be read.
    Accepted,
    /// The event has the same bytes already.
    Duplicate,
    /// Cannot be a photo; nothing was stored.
    Rejected,
}

/// Uploads photos.
///
/// Send each file in a field called `photo`, with its file name; up to 100 files of up to 100 MiB. What was answered
/// as accepted is durable. A request that is cut off keeps the files that had arrived whole: send it again, what is
/// there is recognised.
#[utoipa::path(post, path = "/api/events/{event}/photos", tag = "photos",
    params(("event" = String, Path, description = "Slug or id"), InBatch), request_body(content_type = "multipart/form-data", content = PhotoForm),
    responses((status = 200, body = Uploaded)))]
pub async fn upload_photos(
    EventStaff { user, event }: EventStaff,
    InLanguage(language): InLanguage,
    State(receiver): State<Receiver>,
    State(settings): State<WebSettings>,
    Params(InBatch { batch }): Params<InBatch>,
    mut request: Request,
) -> Result<Json<Uploaded>, Problem> {
    let sender = Sender { event: event.event_id, batch, user: user.user_id() };
    sender.check_batch(&receiver).await?;
    let _place = settings.uploads.try_acquire().map_err(|_| Problem::busy(5))?;
    // Each file is bounded below, and their number; the whole request need not be.
    DefaultBodyLimit::apply(DefaultBodyLimit::disable(), &mut request);
    let mut form: Multipart = request.extract().await.map_err(|_| Code::BadRequest)?;
    let mut results = Vec::new();
    while let Some(mut field) = in_time(form.next_field()).await? {
        if field.name() != Some("photo") {
            continue;
        }
        if results.len() == FILES_MAX {
            return Err(Code::TooLarge.into());
        }
        let file_name = file_name_of(field.file_name().unwrap_or_default());
        let receipt = take_in(&receiver, &settings, sender, &file_name, &mut field).await?;
        results.push(outcome(file_name, receipt, language));
    }
    if results.is_empty() { Err(Problem::field("photo")) } else { Ok(Json(Uploaded { results })) }
}

/// Who sends, and where to.
#[derive(Clone, Copy)]
struct Sender {
    event: EventId,
    batch: Option<BatchId>,
    user: UserId,
}

impl Sender {
    async fn check_batch(self, receiver: &Receiver) -> Result<(), Problem> {
        let Some(batch_id) = self.batch else { return Ok(()) };
        let mut tx = receiver.store.begin().await?;
        let batch = store::batch::by_id(&mut tx, self.event, batch_id).await?;
        batch.map(|_| ()).ok_or_else(|| Problem::field("batch"))
    }

    /// Whether the event may have the file; what it has already needs no room.
    async fn has_room(self, receiver: &Receiver, spooled: &Spooled) -> Result<bool, Problem> {
        let size_bytes = i64::try_from(spooled.size_bytes).unwrap_or(i64::MAX);
        let mut tx = receiver.store.begin().await?;
        if !store::photo::known(&mut tx, self.event, &[spooled.sha256]).await?.is_empty() {
            return Ok(true);
        }
        let room = store::quota::room(&mut tx, self.event, Some(self.user), size_bytes).await?;
        Ok(matches!(room, Room::Enough | Room::TooManyOpen))
    }
}

/// A file that has been written to the spool folder.
struct Spooled {
    file: tempfile::NamedTempFile,
    sha256: Digest,
    size_bytes: u64,
    head: Vec<u8>,
}

/// Takes one file in; `None` when it is too large.
async fn take_in(
    receiver: &Receiver,
    settings: &WebSettings,
    sender: Sender,
    file_name: &str,
    field: &mut Field<'_>,
) -> Result<Option<Receipt>, Problem> {
    let Some(spooled) = spool(settings, field).await? else { return Ok(None) };
    if !sender.has_room(receiver, &spooled).await? {
        return Ok(Some(Receipt::Rejected(Code::QuotaReached.as_str().to_owned())));
    }
    let incoming = Incoming {
        event_id: sender.event,
        batch_id: sender.batch,
        upload_id: None,
        file_name,
        bytes: Bytes::File(spooled.file.path()),
        sha256: spooled.sha256,
        size_bytes: spooled.size_bytes,
        head: &spooled.head,
        uploaded_by: Some(sender.user),
    };
    let receipt = receiver.receive(&incoming).await.map_err(super::uploads::receive_problem)?;
    Ok(Some(receipt))
}

fn outcome(file_name: String, receipt: Option<Receipt>, language: Language) -> FileOutcome {
    let known = |outcome, photo_id: PhotoId| (outcome, Some(photo_id.0), None);
    let (outcome, photo_id, reason) = match receipt {
        Some(Receipt::Accepted(photo_id)) => known(Outcome::Accepted, photo_id),
        Some(Receipt::Duplicate(photo_id)) => known(Outcome::Duplicate, photo_id),
        Some(Receipt::Rejected(code)) => {
            (Outcome::Rejected, None, Some(Code::named(&code).unwrap_or(Code::NotAPhoto)))
        }
        None => (Outcome::Rejected, None, Some(Code::TooLarge)),
    };
    let code = reason.map(Code::as_str);
    FileOutcome { file_name, outcome, photo_id, code, detail: reason.map(|code| code.sentence(language)) }
}

/// Writes the field to the spool folder while hashing it; `None` when it is too large, after reading it to its end so
/// that the files behind it can follow.
async fn spool(settings: &WebSettings, field: &mut Field<'_>) -> Result<Option<Spooled>, Problem> {
    let file = tempfile::NamedTempFile::new_in(&settings.spool).map_err(|error| spool_failed(&error))?;
    let mut writer = tokio::fs::File::from_std(file.reopen().map_err(|error| spool_failed(&error))?);
    let (mut hasher, mut size_bytes, mut head) = (Sha256::new(), 0_u64, Vec::with_capacity(SNIFF_BYTES));
    while let Some(chunk) = in_time(field.chunk()).await? {
        size_bytes += chunk.len() as u64;
        if size_bytes > SIZE_BYTES_MAX {
            continue;
        }
        head.extend_from_slice(&chunk[..chunk.len().min(SNIFF_BYTES - head.len())]);
        hasher.update(&chunk);
        writer.write_all(&chunk).await.map_err(|error| spool_failed(&error))?;
    }
    writer.flush().await.map_err(|error| spool_failed(&error))?;
    let sha256 = Digest(hasher.finalize().into());
    Ok((size_bytes <= SIZE_BYTES_MAX).then_some(Spooled { file, sha256, size_bytes, head }))
}

/// What comes next of a form; a sender who is silent for too long is gone, and must not keep others from sending.
async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    match tokio::time::timeout(SILENCE_MAX, next).await {
        Ok(Ok(next)) => Ok(next),
        Ok(Err(_)) => Err(Code::BadRequest.into()),
        Err(_) => Err(Code::UploadInterrupted.into()),
    }
}

fn spool_failed(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "the spool folder cannot be written; is the disk full?");
    Problem::later(Code::Unavailable, PHOTO_STORE_RETRY_S)
}
