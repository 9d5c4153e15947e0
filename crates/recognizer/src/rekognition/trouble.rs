//! What can go wrong with a call, by who is at fault: the picture, the collection, or Rekognition itself.

use aws_sdk_rekognition::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Rekognition cannot be used now; nothing is said about the photo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Amazon Rekognition cannot be used now: {reason}")]
pub struct Unavailable {
    /// Whether it only has too much to do.
    pub busy: bool,
    /// Whether what was sent may be the reason: it failed on that, or gave no answer in time.
    pub may_be_ours: bool,
    /// What it said, for the log.
    pub reason: String,
}

/// Why a call was not answered.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such collection.
    NoCollection,
    /// There is such a collection already.
    AlreadyThere,
    /// The picture shows no face.
    NoFace,
    /// The picture is refused.
    Picture(String),
    /// Rekognition is away, has too much to do, or refuses us.
    Unavailable(Unavailable),
}

impl Trouble {
    /// What an error of the SDK means, after all its tries.
    pub(super) fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let said = error.as_service_error();
        let code = said.and_then(ProvideErrorMetadata::code).unwrap_or_default();
        let message = said.and_then(ProvideErrorMetadata::message).unwrap_or_default();
        match code {
            "ResourceNotFoundException" => Self::NoCollection,
            "ResourceAlreadyExistsException" => Self::AlreadyThere,
            "InvalidParameterException" if message.contains("no faces") => Self::NoFace,
            "InvalidParameterException" | "InvalidImageFormatException" | "ImageTooLargeException" => {
                Self::Picture(format!("{code}: {message}"))
            }
            _ => {
                let busy = matches!(
                    code,
                    "ThrottlingException"
                        | "ProvisionedThroughputExceededException"
                        | "LimitExceededException"
                );
                let reason =
                    if busy { format!("{code}: {message}") } else { DisplayErrorContext(error).to_string() };
                let may_be_ours = code == "InternalServerError" || matches!(error, SdkError::TimeoutError(_));
                Self::Unavailable(Unavailable { busy, may_be_ours, reason })
            }
        }
    }

    /// The same, where neither a picture nor a collection can be at fault.
    pub(super) fn unexpected(self) -> Unavailable {
        let reason = match self {
            Self::Unavailable(unavailable) => return unavailable,
            Self::NoCollection => "the collection is gone again and again".to_owned(),
            Self::AlreadyThere => "the collection is there already".to_owned(),
            Self::NoFace => "it misses a face where none is needed".to_owned(),
            Self::Picture(said) => said,
        };
        Unavailable { busy: false, may_be_ours: false, reason }
    }
}
