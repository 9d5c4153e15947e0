//! Embeddings, the score of two of them, and what a score means to a person.

use serde::{Deserialize, Serialize};

/// The unit-length vector of a face, as its model pack makes it (usually 512 numbers).
///
/// Two embeddings of one pack compare by cosine similarity, which for unit vectors is the dot product.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Box<[f32]>);

/// Why numbers cannot be an embedding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEmbedding {
    /// The vector is empty, zero, or holds a NaN or an infinity: it has no direction.
    #[error("the vector has no direction: it is empty, all zero, or not finite")]
    NoDirection,
    /// Bytes that are not a whole number of 32-bit floats.
    #[error("{0} bytes are not a whole number of 32-bit floats")]
    OddLength(usize),
}

impl Embedding {
    /// `raw`, scaled to length 1 (L2).
    ///
    /// # Errors
    /// When `raw` has no direction.
    pub fn normalised(raw: &[f32]) -> Result<Self, NotAnEmbedding> {
        let norm = l2_norm(raw);
        if norm == 0.0 || !norm.is_finite() {
            return Err(NotAnEmbedding::NoDirection);
        }
        Ok(Self(raw.iter().map(|x| x / norm).collect()))
    }

    /// The numbers; their squares sum to 1.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// How many numbers it has.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The numbers as little-endian 32-bit floats, four bytes each: the form in which it is stored.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    /// Reads what [`Self::to_le_bytes`] wrote.
    ///
    /// # Errors
    /// When the length is not a multiple of four, or the numbers have no direction.
    pub fn from_le_bytes(bytes: &[u8]) -> Result<Self, NotAnEmbedding> {
        let (words, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(NotAnEmbedding::OddLength(bytes.len()));
        }
        let numbers: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        Self::normalised(&numbers)
    }

    /// The cosine similarity of two embeddings, in double precision: the plain truth that kernels are held to.
    pub fn cosine(&self, other: &Self) -> Score {
        let dot: f64 = self.0.iter().zip(&other.0).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        #[expect(clippy::cast_possible_truncation, reason = "a cosine lies in [-1, 1]")]
        Score(dot as f32)
    }
}

fn l2_norm(numbers: &[f32]) -> f32 {
    let sum: f64 = numbers.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    #[expect(clippy::cast_possible_truncation, reason = "the norm of 32-bit floats fits or becomes infinite")]
    {
        sum.sqrt() as f32
    }
}

/// How alike two faces are: a cosine similarity in [-1, 1].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub f32);

/// What a score means to the person who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Band {
    /// This is you.
    Sure,
    /// This may be you.
    Maybe,
}

/// The least score of each band, for one model pack. Scores of different packs do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// From here on a face is surely the same person.
    pub sure: f32,
    /// From here on it may be.
    pub maybe: f32,
}

impl Thresholds {
    /// The band of `score`; `None` when the face is somebody else's.
    pub fn band(&self, score: Score) -> Option<Band> {
        if score.0 >= self.sure {
            Some(Band::Sure)
        } else if score.0 >= self.maybe {
            Some(Band::Maybe)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_vector_without_direction_is_refused() {
        for raw in [&[][..], &[0.0, 0.0], &[f32::NAN, 1.0], &[f32::INFINITY, 1.0]] {
            assert_eq!(Embedding::normalised(raw), Err(NotAnEmbedding::NoDirection), "{raw:?}");
        }
        assert_eq!(Embedding::from_le_bytes(&[1, 2, 3]), Err(NotAnEmbedding::OddLength(3)));
    }

    #[test]
    fn bands_begin_at_their_threshold() {
        let thresholds = Thresholds { sure: 0.4, maybe: 0.2 };
        assert_eq!(thresholds.band(Score(0.4)), Some(Band::Sure));
        assert_eq!(thresholds.band(Score(0.39)), Some(Band::Maybe));
        assert_eq!(thresholds.band(Score(0.2)), Some(Band::Maybe));
        assert_eq!(thresholds.band(Score(0.19)), None);
    }

    proptest! {
        #[test]
        fn an_embedding_is_unit_length_and_survives_its_bytes(raw in prop::collection::vec(-9.0_f32..9.0, 1..64)) {
            prop_assume!(raw.iter().any(|x| x.abs() > 1e-3));
            let embedding = Embedding::normalised(&raw).unwrap();
            prop_assert!((embedding.cosine(&embedding).0 - 1.0).abs() < 1e-5);
            let again = Embedding::from_le_bytes(&embedding.to_le_bytes()).unwrap();
            prop_assert!((again.cosine(&embedding).0 - 1.0).abs() < 1e-5);
        }
    }
}
