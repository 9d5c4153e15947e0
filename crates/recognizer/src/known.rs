//! What is known of whoever is looked for, beside the face that is searched with.

use domain::{Embedding, PhotoId, Thresholds};
use engine::{Person, fused};

use crate::FindError;

/// What is known of a person beside their selfie. It counts for their own searches at this event only.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The face of an earlier search by the same person, made by the gallery's pack: a selfie is added to it. A search
    /// that is asked again has it already.
    pub earlier: Option<Embedding>,
    /// Photos of which they said "this is me too".
    pub mine: Vec<PhotoId>,
    /// Photos of which they said "this is not me".
    pub not_mine: Vec<PhotoId>,
}

impl Known {
    /// The selfie's face and the earlier one as one: their mean. When there were several before, the new one counts as
    /// much as all of them, since it was taken because they did not do.
    ///
    /// # Errors
    /// When the two are not one person by `thresholds`, or the earlier one is of another pack.
    pub(crate) fn added(&self, selfie: Embedding, thresholds: Thresholds) -> Result<Embedding, FindError> {
        let Some(earlier) = &self.earlier else { return Ok(selfie) };
        if earlier.dimension() != selfie.dimension() {
            return Err(FindError::Outdated);
        }
        if thresholds.band(earlier.cosine(&selfie)).is_none() {
            return Err(FindError::OtherPerson);
        }
        fused(&[earlier, &selfie]).ok_or(FindError::OtherPerson)
    }

    /// The person whose face is `embedding`.
    pub(crate) fn person(&self, embedding: Embedding) -> Person {
        Person { selfie: embedding, mine: self.mine.clone(), not_mine: self.not_mine.clone() }
    }
}
