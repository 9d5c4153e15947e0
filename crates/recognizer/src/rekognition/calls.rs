//! How often Rekognition was called, for what it costs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Calls that were answered, by operation.
pub type Called = BTreeMap<Operation, u64>;

/// What was asked of Rekognition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Keeps the faces of a photo.
    IndexFaces,
    /// Looks whether a selfie shows one face.
    DetectFaces,
    /// Looks for the face of a selfie.
    SearchFacesByImage,
    /// Names the faces that are kept.
    ListFaces,
    /// Deletes some.
    DeleteFaces,
    /// Makes a collection.
    CreateCollection,
    /// Tells how many faces a collection has.
    DescribeCollection,
    /// Deletes a collection.
    DeleteCollection,
    /// Names collections, to see whether it answers.
    ListCollections,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 9] = [
        Self::IndexFaces,
        Self::DetectFaces,
        Self::SearchFacesByImage,
        Self::ListFaces,
        Self::DeleteFaces,
        Self::CreateCollection,
        Self::DescribeCollection,
        Self::DeleteCollection,
        Self::ListCollections,
    ];

    /// Its name in Rekognition's API.
    pub fn name(self) -> &'static str {
        match self {
            Self::IndexFaces => "IndexFaces",
            Self::DetectFaces => "DetectFaces",
            Self::SearchFacesByImage => "SearchFacesByImage",
            Self::ListFaces => "ListFaces",
            Self::DeleteFaces => "DeleteFaces",
            Self::CreateCollection => "CreateCollection",
            Self::DescribeCollection => "DescribeCollection",
            Self::DeleteCollection => "DeleteCollection",
            Self::ListCollections => "ListCollections",
        }
    }

    /// Whether each call is paid as an image.
    pub fn is_paid(self) -> bool {
        match self {
            Self::IndexFaces | Self::DetectFaces | Self::SearchFacesByImage => true,
            Self::ListFaces
            | Self::DeleteFaces
            | Self::CreateCollection
            | Self::DescribeCollection
            | Self::DeleteCollection
            | Self::ListCollections => false,
        }
    }

    /// How many of these calls, by the operations' names, are paid as images.
    pub fn paid_among(calls: &[(String, i64)]) -> i64 {
        let is_paid = |name: &str| Self::ALL.iter().any(|one| one.is_paid() && one.name() == name);
        calls.iter().filter(|(name, _)| is_paid(name)).map(|(_, calls)| calls).sum()
    }
}

/// Counts until somebody takes the counts.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<Called>);

impl Calls {
    pub(super) fn count(&self, operation: Operation) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
    }

    pub(super) fn take(&self) -> Called {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_not_counted_again_and_only_images_are_paid() {
        let calls = Calls::default();
        calls.count(Operation::IndexFaces);
        calls.count(Operation::IndexFaces);
        calls.count(Operation::ListFaces);
        let taken = calls.take();
        assert_eq!(taken, Called::from([(Operation::IndexFaces, 2), (Operation::ListFaces, 1)]));
        assert!(calls.take().is_empty());
        let stored = [("IndexFaces".to_owned(), 2), ("ListFaces".to_owned(), 9), ("Other".to_owned(), 4)];
        assert_eq!(Operation::paid_among(&stored), 2);
    }
}
