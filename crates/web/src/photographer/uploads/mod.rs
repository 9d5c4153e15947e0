//! Uploads that go on where they stopped: the tus protocol, version 1.0.0, with its extensions creation, expiration,
//! checksum and termination (<https://tus.io/protocols/resumable-upload>).

pub mod append;
pub mod create;
mod headers;
pub mod options;
pub mod show;
pub mod terminate;
mod version;

pub(crate) use version::answer_version;

use domain::{Clock, UploadId};
use intake::{AppendError, Receipt, ReceiveError};
use store::Store;
use store::upload::Upload;

use crate::error::{Code, Problem};
use crate::extract::EventStaff;

/// The upload, if it is of this event and was begun by whoever asks.
async fn found(
    store: &Store,
    clock: &Clock,
    asked: &EventStaff,
    upload_id: UploadId,
) -> Result<Upload, Problem> {
    let mut tx = store.begin().await?;
    let upload = store::upload::by_id(&mut tx, asked.event.event_id, upload_id).await?;
    let upload = upload.filter(|upload| upload.created_by == Some(asked.user.user_id()));
    let upload = upload.ok_or(Code::UploadNotFound)?;
    if upload.expires_at < clock.now() { Err(Code::UploadGone.into()) } else { Ok(upload) }
}

pub(super) fn receive_problem(error: ReceiveError) -> Problem {
    match error {
        ReceiveError::Store(error) => error.into(),
        ReceiveError::Blobs(error) => error.into(),
        ReceiveError::Changed => Code::Unavailable.into(),
        ReceiveError::EventGone => Code::EventNotFound.into(),
        ReceiveError::UploadGone => Code::UploadGone.into(),
    }
}

fn append_problem(error: AppendError) -> Problem {
    match error {
        AppendError::Receive(error) => receive_problem(error),
        AppendError::Elsewhere => Code::UploadElsewhere.into(),
        AppendError::TooLong => Code::TooLarge.into(),
        AppendError::Checksum => Code::ChecksumWrong.into(),
        AppendError::Interrupted => Code::UploadInterrupted.into(),
        AppendError::NoPhoto(error) => rejected(error.code()),
    }
}

/// Why a file is no photo, as an answer.
fn rejected(code: &str) -> Problem {
    Code::named(code).unwrap_or(Code::NotAPhoto).into()
}

/// What became of a whole file; an answer of its own when it is no photo.
fn accepted(receipt: Receipt) -> Result<(&'static str, domain::PhotoId), Problem> {
    match receipt {
        Receipt::Accepted(photo_id) => Ok(("accepted", photo_id)),
        Receipt::Duplicate(photo_id) => Ok(("duplicate", photo_id)),
        Receipt::Rejected(code) => Err(rejected(&code)),
    }
}
