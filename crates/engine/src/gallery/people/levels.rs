//! From which score on a face is shown, and from which it may vouch for others.

use domain::{Band, Score, Thresholds};

/// Faces in a gallery up to which a pack's thresholds hold as they are: a thousand photos or so.
const FACES_PLAIN: f32 = 2000.0;
/// How far above `sure` a member begins, in steps. See [`Levels`].
const MEMBER_STEPS: f32 = 1.4;

/// The least scores for one gallery.
///
/// Packs place `sure` and `maybe` so that from one to the other the rate of false matches changes about tenfold: their
/// distance is one *step*. (Over several powers of ten it changes by nearly the same distance each time: the scores of
/// strangers fall off like a bell curve.) So
///
/// * a gallery with ten times the faces is searched one step higher, which shows about as many strangers as before;
/// * members begin 1.4 steps above `sure`, where a search through a whole event meets a stranger once in some hundred
///   searches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// From here on a face vouches for others.
    pub member: f32,
    /// From here on it is surely the person.
    pub sure: f32,
    /// From here on it may be.
    pub maybe: f32,
}

impl Levels {
    /// The levels of a pack with `thresholds` in a gallery of `faces` faces.
    pub fn of(thresholds: Thresholds, faces: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a logarithm forgives")]
        let decades = (faces as f32 / FACES_PLAIN).log10().max(0.0);
        let step = thresholds.sure - thresholds.maybe;
        // Never so high that the person's own next photo could not reach it.
        let at = |score: f32| (score + decades * step).min(f32::midpoint(1.0, score));
        let Thresholds { sure, maybe } = thresholds;
        Self {
            member: at((sure + MEMBER_STEPS * step).min(f32::midpoint(1.0, sure))),
            sure: at(sure),
            maybe: at(maybe),
        }
    }

    /// One step; see [`Levels`].
    pub(super) fn step(self) -> f32 {
        self.sure - self.maybe
    }

    /// What a score means; `None` when it is too low to be shown.
    pub(super) fn band(self, score: Score) -> Option<Band> {
        Thresholds { sure: self.sure, maybe: self.maybe }.band(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f32, b: f32) -> bool {
        (a - b).abs() < 1e-5
    }

    #[test]
    fn a_gallery_ten_times_larger_is_searched_one_step_higher() {
        let thresholds = Thresholds { sure: 0.3, maybe: 0.25 };
        for faces in [0, 1, 2000] {
            let Levels { member, sure, maybe } = Levels::of(thresholds, faces);
            assert!(near(member, 0.37) && near(sure, 0.3) && near(maybe, 0.25), "{faces} faces");
        }
        let Levels { member, sure, maybe } = Levels::of(thresholds, 200_000);
        assert!(near(member, 0.47) && near(sure, 0.4) && near(maybe, 0.35));
    }

    #[test]
    fn the_levels_stay_in_order_and_can_be_reached() {
        for thresholds in [Thresholds { sure: 0.9, maybe: 0.8 }, Thresholds { sure: 0.95, maybe: 0.85 }] {
            for faces in [10, 1_000_000, 1_000_000_000] {
                let Levels { member, sure, maybe } = Levels::of(thresholds, faces);
                assert!(maybe < sure && sure < member && member < 1.0, "{thresholds:?} {faces}");
            }
        }
    }
}
