//! What is wrong with a photo, from its row and what the store has of it. No I/O.

use domain::PhotoState;
use store::deep_check::{JobState, PhotoRow};

use super::blobs_of_event::Stored;

/// How a photo's original was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Original {
    /// Length and SHA-256 are the row's.
    Whole,
    /// They are not.
    Damaged,
    /// There is none.
    Missing,
}

/// What is wrong with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Its original is gone for good.
    Lost(Loss),
    /// A preview or a thumb is missing.
    RenditionMissing,
    /// It waits, and nobody is going to read it.
    JobMissing,
    /// It has other faces than those that were counted.
    FacesMiscounted,
    /// Its original was lost and is whole again.
    OriginalBack,
}

/// How an original is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// It is not there.
    Missing,
    /// It has other bytes.
    Damaged,
}

impl Loss {
    /// The stable code that the photo's row gets.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Missing => "original_missing",
            Self::Damaged => "original_damaged",
        }
    }

    /// The sentence that the photo's row gets.
    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::Missing => "The photo store has lost the original.",
            Self::Damaged => "The original in the photo store is not the file that was uploaded.",
        }
    }
}

impl Fault {
    /// In words; what is done about it behind the colon.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Lost(Loss::Missing) => "the original is missing",
            Self::Lost(Loss::Damaged) => "the original is damaged",
            Self::RenditionMissing => "photo without preview or thumb: to be read again",
            Self::JobMissing => "photo waiting without a job: to be read",
            Self::FacesMiscounted => "photo with other faces than were counted: to be read again",
            Self::OriginalBack => "photo whose lost original is back: to be read again",
        }
    }
}

/// What is wrong with a photo, if anything.
pub(super) fn fault(row: &PhotoRow, original: Original, stored: Stored) -> Option<Fault> {
    let lost = |loss: Loss| (!was_lost(row, loss)).then_some(Fault::Lost(loss));
    match original {
        Original::Missing => return lost(Loss::Missing),
        Original::Damaged => return lost(Loss::Damaged),
        Original::Whole => {}
    }
    let is_open = row.job == Some(JobState::Open);
    match row.state {
        PhotoState::Failed => {
            (was_lost(row, Loss::Missing) || was_lost(row, Loss::Damaged)).then_some(Fault::OriginalBack)
        }
        PhotoState::Waiting => (!is_open).then_some(Fault::JobMissing),
        // It is being read again, which mends the rest.
        PhotoState::Ready if is_open => None,
        PhotoState::Ready if !stored.preview || !stored.thumb => Some(Fault::RenditionMissing),
        PhotoState::Ready => (row.faces != row.face_count).then_some(Fault::FacesMiscounted),
    }
}

/// Whether an earlier check, or the reading, noted this loss already.
fn was_lost(row: &PhotoRow, loss: Loss) -> bool {
    row.state == PhotoState::Failed && row.failure_code.as_deref() == Some(loss.code())
}

#[cfg(test)]
mod tests {
    use domain::{Digest, Entropy, PhotoId};

    use super::*;

    fn check(original: Original, change: impl Fn(&mut PhotoRow, &mut Stored), expected: Option<Fault>) {
        let mut row = PhotoRow {
            photo_id: PhotoId::from_entropy(&Entropy::fixed(1)),
            sha256: Digest([0; 32]),
            file_name: "a.jpg".to_owned(),
            size_bytes: 1,
            state: PhotoState::Ready,
            failure_code: None,
            face_count: 2,
            faces: 2,
            job: None,
        };
        let mut stored = Stored { preview: true, thumb: true, ..Stored::default() };
        change(&mut row, &mut stored);
        assert_eq!(fault(&row, original, stored), expected, "{row:?} {stored:?}");
    }

    fn failed(row: &mut PhotoRow, code: &str) {
        row.state = PhotoState::Failed;
        row.failure_code = Some(code.to_owned());
    }

    #[test]
    fn each_fault_is_told_from_the_others() {
        use Original::{Damaged, Missing, Whole};
        check(Whole, |_, _| {}, None);
        check(Missing, |_, _| {}, Some(Fault::Lost(Loss::Missing)));
        check(Damaged, |_, _| {}, Some(Fault::Lost(Loss::Damaged)));
        check(Missing, |row, _| failed(row, "original_missing"), None);
        check(Damaged, |row, _| failed(row, "original_missing"), Some(Fault::Lost(Loss::Damaged)));
        check(Whole, |row, _| failed(row, "original_missing"), Some(Fault::OriginalBack));
        check(Whole, |row, _| failed(row, "truncated"), None);
        check(Whole, |_, stored| stored.thumb = false, Some(Fault::RenditionMissing));
        check(Whole, |_, stored| stored.preview = false, Some(Fault::RenditionMissing));
        check(Whole, |row, _| row.faces = 1, Some(Fault::FacesMiscounted));
        let reading = |row: &mut PhotoRow, stored: &mut Stored| {
            row.job = Some(JobState::Open);
            row.faces = 0;
            stored.thumb = false;
        };
        check(Whole, reading, None);
        check(Whole, |row, _| row.state = PhotoState::Waiting, Some(Fault::JobMissing));
        let dead = |row: &mut PhotoRow, _: &mut Stored| {
            row.state = PhotoState::Waiting;
            row.job = Some(JobState::Dead);
        };
        check(Whole, dead, Some(Fault::JobMissing));
    }
}
