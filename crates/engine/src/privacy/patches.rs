//! Places in a file and what stands there instead.

/// Changes to a file that keep its length: sorted, and no two of them meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patches(Vec<Patch>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    /// The first byte of the file that it changes.
    pub(super) at: u64,
    /// How many it changes.
    pub(super) length: u64,
    pub(super) fill: Fill,
}

/// What stands at a patch's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    Zeros,
    Spaces,
    /// As many as the patch is long.
    Bytes(Vec<u8>),
}

/// Bytes that are no patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no patches of version {VERSION}")]
pub struct PatchesError;

/// The first byte of the binary form.
const VERSION: u8 = 1;

impl Patches {
    /// Largest binary form. A camera's photo needs a few hundred bytes.
    pub const BYTES_MAX: usize = 1 << 19;

    pub(super) fn of(patches: Vec<Patch>) -> Self {
        Self(patches)
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Changes `chunk`, which lies at `offset` in the file.
    pub fn apply(&self, offset: u64, chunk: &mut [u8]) {
        let end = offset.saturating_add(chunk.len() as u64);
        let first = self.0.partition_point(|patch| patch.at.saturating_add(patch.length) <= offset);
        for patch in self.0[first..].iter().take_while(|patch| patch.at < end) {
            let from = patch.at.max(offset);
            let to = patch.at.saturating_add(patch.length).min(end);
            let target = &mut chunk[index(from - offset)..index(to - offset)];
            match &patch.fill {
                Fill::Zeros => target.fill(0),
                Fill::Spaces => target.fill(b' '),
                Fill::Bytes(bytes) => {
                    target.copy_from_slice(&bytes[index(from - patch.at)..][..target.len()]);
                }
            }
        }
    }

    /// The binary form: a version, then for each patch the gap since the last one, its length times four plus the kind of
    /// its fill (0 zeros, 1 spaces, 2 bytes), and the bytes if there are any. Numbers are LEB128.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        let mut end = 0;
        for patch in &self.0 {
            let (kind, bytes) = match &patch.fill {
                Fill::Zeros => (0, &[][..]),
                Fill::Spaces => (1, &[][..]),
                Fill::Bytes(bytes) => (2, &bytes[..]),
            };
            put(&mut out, patch.at - end);
            put(&mut out, patch.length << 2 | kind);
            out.extend_from_slice(bytes);
            end = patch.at + patch.length;
        }
        out
    }

    /// Reads the binary form.
    ///
    /// # Errors
    /// When the bytes are of another version, too many, or not what [`Self::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PatchesError> {
        let rest = bytes.strip_prefix(&[VERSION]).filter(|_| bytes.len() <= Self::BYTES_MAX);
        let mut rest = rest.ok_or(PatchesError)?;
        let (mut patches, mut end) = (Vec::new(), 0_u64);
        while !rest.is_empty() {
            let at = end.checked_add(take(&mut rest)?).ok_or(PatchesError)?;
            let (length, kind) = take(&mut rest).map(|number| (number >> 2, number & 3))?;
            let fill = match kind {
                0 => Fill::Zeros,
                1 => Fill::Spaces,
                2 => {
                    let length = usize::try_from(length).map_err(|_| PatchesError)?;
                    let (bytes, behind) = rest.split_at_checked(length).ok_or(PatchesError)?;
                    rest = behind;
                    Fill::Bytes(bytes.to_vec())
                }
                _ => return Err(PatchesError),
            };
            end = at.checked_add(length).filter(|_| length > 0).ok_or(PatchesError)?;
            patches.push(Patch { at, length, fill });
        }
        Ok(Self(patches))
    }
}

fn index(distance: u64) -> usize {
    usize::try_from(distance).expect("within a chunk or a patch that lies in memory")
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// A number of at most 63 bits.
fn take(rest: &mut &[u8]) -> Result<u64, PatchesError> {
    let digits = rest.iter().take(9).position(|byte| byte & 0x80 == 0).ok_or(PatchesError)? + 1;
    let (number, behind) = rest.split_at(digits);
    *rest = behind;
    Ok(number.iter().rev().fold(0, |sum, digit| sum << 7 | u64::from(digit & 0x7F)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Patches from gaps, lengths and fills.
    fn patches() -> impl Strategy<Value = Patches> {
        let fill = prop_oneof![
            (1_u64..300).prop_map(|length| (length, Fill::Zeros)),
            (1_u64..300).prop_map(|length| (length, Fill::Spaces)),
            prop::collection::vec(any::<u8>(), 1..40)
                .prop_map(|bytes| (bytes.len() as u64, Fill::Bytes(bytes))),
        ];
        prop::collection::vec((0_u64..200, fill), 0..12).prop_map(|parts| {
            let mut end = 0;
            let patch = |(gap, (length, fill)): (u64, (u64, Fill))| {
                let at = end + gap;
                end = at + length;
                Patch { at, length, fill }
            };
            Patches(parts.into_iter().map(patch).collect())
        })
    }

    proptest! {
        #[test]
        fn the_binary_form_is_read_back(patches in patches()) {
            prop_assert_eq!(Patches::from_bytes(&patches.to_bytes()).unwrap(), patches);
        }

        #[test]
        fn chunks_come_out_as_the_whole_does(patches in patches(), cuts in prop::collection::vec(1_usize..700, 0..9)) {
            let file: Vec<u8> = (0..4000_u32).map(|index| index.to_le_bytes()[0] | 1).collect();
            let mut whole = file.clone();
            patches.apply(0, &mut whole);
            let (mut chunked, mut at) = (Vec::new(), 0);
            for cut in cuts.into_iter().chain([file.len()]) {
                let mut chunk = file[at..(at + cut).min(file.len())].to_vec();
                patches.apply(at as u64, &mut chunk);
                at += chunk.len();
                chunked.extend(chunk);
            }
            prop_assert_eq!(chunked, whole);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let versioned = [&[VERSION][..], &bytes].concat();
            if let Ok(patches) = Patches::from_bytes(&versioned) {
                patches.apply(u64::MAX - 5, &mut [7; 20]);
                prop_assert_eq!(Patches::from_bytes(&patches.to_bytes()).unwrap(), patches);
            }
        }
    }

    #[test]
    fn nothing_and_other_versions() {
        assert_eq!(Patches::default().to_bytes(), [VERSION]);
        assert!(Patches::from_bytes(&[VERSION]).unwrap().is_empty());
        assert_eq!(Patches::from_bytes(&[]), Err(PatchesError));
        assert_eq!(Patches::from_bytes(&[2]), Err(PatchesError));
        assert_eq!(Patches::from_bytes(&[VERSION, 0, 0]), Err(PatchesError));
        assert_eq!(Patches::from_bytes(&vec![VERSION; Patches::BYTES_MAX + 1]), Err(PatchesError));
    }
}
