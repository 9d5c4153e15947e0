//! Which of the faces on a selfie is the person who asks.

use domain::BoxPx;

use crate::SelfieError;
use crate::faces::quality;

/// Shortest side of a selfie's face, in pixels of the original. Below, recognition fails often: the default recogniser's
/// vectors of 32-pixel faces are visibly shorter.
const FACE_SIDE_PX_LEAST: f32 = 40.0;
/// A second face of at least this share of the largest one's area could be meant as well; smaller ones stand behind.
pub(crate) const RIVAL_AREA_LEAST: f32 = 0.4;

/// A face that a detector reports on a selfie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceSeen {
    /// Where it is, in pixels of the oriented original.
    pub bounds: BoxPx,
    /// Whether the detector has no doubt that it is a face. What one doubts in a portrait is mostly a hand, an ear or a
    /// pattern, so that doubtful faces count only when there are no others.
    pub is_certain: bool,
}

/// The place in `faces` of the largest one, when no other could be meant and it is large enough.
///
/// # Errors
/// [`SelfieError::NoFace`], [`SelfieError::SeveralFaces`] or [`SelfieError::FaceTooSmall`].
pub fn dominant_face(faces: &[FaceSeen]) -> Result<usize, SelfieError> {
    let any_certain = faces.iter().any(|face| face.is_certain);
    let counted = faces.iter().enumerate().filter(|(_, face)| face.is_certain || !any_certain);
    let mut largest_first: Vec<(usize, &BoxPx)> = counted.map(|(at, face)| (at, &face.bounds)).collect();
    largest_first.sort_by(|(_, a), (_, b)| b.area().total_cmp(&a.area()));
    let (at, largest) = *largest_first.first().ok_or(SelfieError::NoFace)?;
    if largest_first.get(1).is_some_and(|(_, second)| second.area() >= largest.area() * RIVAL_AREA_LEAST) {
        return Err(SelfieError::SeveralFaces);
    }
    if quality::size_px(largest) < FACE_SIDE_PX_LEAST {
        return Err(SelfieError::FaceTooSmall);
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(side: f32, is_certain: bool) -> FaceSeen {
        FaceSeen { bounds: BoxPx { x: 3.0, y: 5.0, width: side, height: side }, is_certain }
    }

    #[test]
    fn the_largest_face_that_nobody_rivals() {
        assert_eq!(dominant_face(&[face(50.0, true), face(100.0, true)]).unwrap(), 1);
        assert_eq!(dominant_face(&[face(100.0, true), face(40.0, true), face(30.0, true)]).unwrap(), 0);
        assert!(matches!(
            dominant_face(&[face(70.0, true), face(100.0, true)]),
            Err(SelfieError::SeveralFaces)
        ));
    }

    #[test]
    fn doubtful_faces_count_only_when_there_are_no_others() {
        assert_eq!(dominant_face(&[face(300.0, false), face(60.0, true)]).unwrap(), 1);
        assert_eq!(dominant_face(&[face(300.0, false)]).unwrap(), 0);
        assert!(matches!(
            dominant_face(&[face(300.0, false), face(290.0, false)]),
            Err(SelfieError::SeveralFaces)
        ));
    }

    #[test]
    fn no_face_and_one_that_is_too_small() {
        assert!(matches!(dominant_face(&[]), Err(SelfieError::NoFace)));
        assert!(matches!(dominant_face(&[face(39.0, true)]), Err(SelfieError::FaceTooSmall)));
        assert_eq!(dominant_face(&[face(40.0, true)]).unwrap(), 0);
    }
}
