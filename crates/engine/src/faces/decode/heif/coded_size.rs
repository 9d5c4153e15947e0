//! How large the pictures of a video codec's data are: what a decoder will take memory for, whatever the file around the
//! data says. HEVC: ITU-T H.265, 7.3.2.2; AV1: the AV1 bitstream specification, 5.5 and 5.9.

use crate::containers::bmff::number;

/// A size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CodedSize {
    pub(super) width_px: u64,
    pub(super) height_px: u64,
}

impl CodedSize {
    pub(super) fn pixels(self) -> u64 {
        self.width_px.saturating_mul(self.height_px)
    }

    /// The one with more pixels.
    pub(super) fn larger(self, other: Self) -> Self {
        if other.pixels() > self.pixels() { other } else { self }
    }
}

/// The NAL unit type of a sequence parameter set.
const HEVC_SPS: u8 = 33;
/// The OBU type of a sequence header.
const AV1_SEQUENCE_HEADER: u8 = 1;

/// The largest size in the parameter sets of an `hvcC` property, and in those that lie in the data itself. Nothing when
/// there are none, or when one cannot be read.
pub(super) fn of_hevc(configuration: &[u8], data: &[u8]) -> Option<CodedSize> {
    let mut largest = None;
    for unit in configured_units(configuration)?.into_iter().chain(units(data)) {
        if unit.first().is_some_and(|first| (first >> 1) & 0x3F == HEVC_SPS) {
            let size = sps_size(unit)?;
            largest = Some(largest.map_or(size, |known| size.larger(known)));
        }
    }
    largest
}

/// The NAL units of an `hvcC` property (ISO/IEC 14496-15, 8.3.3.1).
fn configured_units(configuration: &[u8]) -> Option<Vec<&[u8]>> {
    let mut units = Vec::new();
    let mut at = 23;
    for _ in 0..*configuration.get(22)? {
        let count = number(configuration, at + 1..at + 3)?;
        at += 3;
        for _ in 0..count {
            let length = usize::try_from(number(configuration, at..at + 2)?).ok()?;
            units.push(configuration.get(at + 2..at + 2 + length)?);
            at += 2 + length;
        }
    }
    Some(units)
}

/// The NAL units of coded data, each behind its length in four bytes.
fn units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_at_checked(4)?;
        let length = usize::try_from(number(length, 0..4)?).ok()?;
        let (unit, behind) = behind.split_at_checked(length)?;
        rest = behind;
        Some(unit)
    })
}

fn sps_size(unit: &[u8]) -> Option<CodedSize> {
    let plain = without_emulation(unit.get(2..)?);
    let mut bits = Bits::of(&plain);
    bits.skip(4);
    let sub_layers = bits.read(3)?;
    bits.skip(1 + 96);
    let present: Vec<(bool, bool)> =
        (0..sub_layers).map(|_| Some((bits.flag()?, bits.flag()?))).collect::<Option<_>>()?;
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers));
    }
    for (has_profile, has_level) in present {
        bits.skip(u64::from(has_profile) * 88 + u64::from(has_level) * 8);
    }
    bits.exp_golomb()?;
    if bits.exp_golomb()? == 3 {
        bits.skip(1);
    }
    Some(CodedSize { width_px: bits.exp_golomb()?, height_px: bits.exp_golomb()? })
}

/// The bytes of a NAL unit without the threes that keep start codes out of it. The first kilobyte is enough.
fn without_emulation(unit: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut zeros = 0;
    for &byte in unit.iter().take(1024) {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

/// The largest size in the sequence headers of an `av1C` property and of the data itself. Nothing when there are none, or
/// when one cannot be read. Where frames may have sizes of their own, it is the largest that they can name.
pub(super) fn of_av1(configuration: &[u8], data: &[u8]) -> Option<CodedSize> {
    let mut largest = None;
    for part in [configuration.get(4..).unwrap_or_default(), data] {
        let mut rest = part;
        while let Some((kind, payload, behind)) = obu(rest) {
            rest = behind;
            if kind == AV1_SEQUENCE_HEADER {
                let size = sequence_size(payload)?;
                largest = Some(largest.map_or(size, |known| size.larger(known)));
            }
        }
    }
    largest
}

/// The first OBU: its type, what it holds, and what follows it.
fn obu(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let head = *bytes.first()?;
    let (has_extension, has_size) = (head & 4 != 0, head & 2 != 0);
    let mut rest = bytes.get(1 + usize::from(has_extension)..)?;
    let mut size = rest.len();
    if has_size {
        let digits = rest.iter().take(8).position(|byte| byte & 0x80 == 0)? + 1;
        let number = rest[..digits].iter().rev().fold(0_u64, |sum, digit| sum << 7 | u64::from(digit & 0x7F));
        (rest, size) = (&rest[digits..], usize::try_from(number).ok()?);
    }
    let (payload, behind) = rest.split_at_checked(size)?;
    Some(((head >> 3) & 15, payload, behind))
}

fn sequence_size(header: &[u8]) -> Option<CodedSize> {
    let mut bits = Bits::of(header);
    bits.skip(3 + 1);
    let is_reduced = bits.flag()?;
    if is_reduced {
        bits.skip(5);
    } else {
        skip_operating_points(&mut bits)?;
    }
    let (width_bits, height_bits) = (bits.read(4)? + 1, bits.read(4)? + 1);
    let (width_most, height_most) = (bits.read(width_bits)? + 1, bits.read(height_bits)? + 1);
    Some(if is_reduced {
        CodedSize { width_px: width_most, height_px: height_most }
    } else {
        CodedSize { width_px: 1 << width_bits, height_px: 1 << height_bits }
    })
}

fn skip_operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64);
        if bits.flag()? {
            bits.exp_golomb()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.read(5)? + 1);
            bits.skip(32 + 5 + 5);
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.read(5)? {
        bits.skip(12);
        if bits.read(5)? > 7 {
            bits.skip(1);
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1);
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4);
        }
    }
    Some(())
}

/// Reads bits, the most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl<'a> Bits<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn skip(&mut self, count: u64) {
        self.at += count;
    }

    fn flag(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(usize::try_from(self.at / 8).ok()?)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    fn read(&mut self, count: u64) -> Option<u64> {
        (0..count).try_fold(0, |number, _| Some(number << 1 | u64::from(self.flag()?)))
    }

    /// `ue(v)` of H.265, which is also `uvlc()` of AV1.
    fn exp_golomb(&mut self) -> Option<u64> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        (zeros <= 32).then_some(())?;
        Some((1 << zeros) - 1 + self.read(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that these bits make, filled up with zeros.
    fn packed(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        let byte = |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << (7 - at));
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn a_parameter_set_tells_its_size() {
        // One sub-layer beside the highest, with a profile and a level of its own; 4:4:4; 7 × 1.
        let bits = format!(
            "0000 001 1 {} 1 1 {} {} 1 00100 0 0001000 010",
            "1".repeat(96),
            "0".repeat(14),
            "1".repeat(96)
        );
        let unit = [&[HEVC_SPS << 1, 1][..], &packed(&bits)].concat();
        let expected = Some(CodedSize { width_px: 7, height_px: 1 });
        assert_eq!(sps_size(&unit), expected);
        let data =
            [&0_u32.to_be_bytes()[..], &u32::try_from(unit.len()).unwrap().to_be_bytes(), &unit].concat();
        assert_eq!(of_hevc(&[0; 23], &data), expected);
        assert_eq!(of_hevc(&[0; 23], &data[..data.len() - 1]), None);
        assert_eq!(of_hevc(&[], &data), None);
    }

    #[test]
    fn a_sequence_header_tells_its_size() {
        let reduced = packed("000 1 1 00000 0010 0001 110 10");
        let obu =
            [&[AV1_SEQUENCE_HEADER << 3 | 2, u8::try_from(reduced.len()).unwrap()][..], &reduced].concat();
        assert_eq!(of_av1(&[], &obu), Some(CodedSize { width_px: 7, height_px: 3 }));
        assert_eq!(of_av1(&[&[0; 4][..], &obu].concat(), b""), Some(CodedSize { width_px: 7, height_px: 3 }));
        assert_eq!(of_av1(&[], &obu[..obu.len() - 1]), None);
        // Frames may have other sizes: as large as their bits allow.
        let full = packed(&format!("000 0 0 0 0 00000 {} 00000 0010 0001 110 10", "0".repeat(12)));
        let obu = [&[AV1_SEQUENCE_HEADER << 3][..], &full].concat();
        assert_eq!(of_av1(&[], &obu), Some(CodedSize { width_px: 8, height_px: 4 }));
    }

    #[test]
    fn endless_zeros_are_no_number() {
        assert_eq!(Bits::of(&[0; 40]).exp_golomb(), None);
        assert_eq!(Bits::of(&[0, 0, 0, 0, 1]).exp_golomb(), None);
    }
}
