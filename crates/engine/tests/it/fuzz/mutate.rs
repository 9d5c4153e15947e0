//! Changes to files: some blind, most where a reader looks.

use std::ops::Range;

use fastrand::Rng;

use super::anatomy::{Anatomy, Field, number};

/// No file grows beyond this: the time is for many files.
const BYTES_MAX: usize = 600_000;

/// `file` after one to six changes. `other` lends parts.
pub(super) fn mutated(file: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut file = file.to_vec();
    let changes = 1 + rng.usize(0..6).min(rng.usize(0..6));
    for _ in 0..changes {
        change(&mut file, other, rng);
        file.truncate(BYTES_MAX);
    }
    // A reader that checks sums would refuse every changed PNG at once.
    if file.starts_with(b"\x89PNG") && rng.u8(0..4) > 0 {
        mend_checksums(&mut file);
    }
    file
}

fn change(file: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let Anatomy { parts, fields } = Anatomy::of(file);
    let part = rng.choice(&parts).cloned();
    match (rng.u8(0..20), part) {
        (0..7, _) if !fields.is_empty() => {
            let field = fields[rng.usize(0..fields.len())];
            let value = lie(file, field, &fields, rng);
            set(file, field, value);
        }
        (7, Some(part)) => drop(file.drain(part)),
        (8, Some(part)) => {
            let copy = file[part.clone()].repeat(1 + rng.usize(0..20));
            insert(file, part.end, &copy);
        }
        (9, Some(part)) => {
            let bytes = file[part].to_vec();
            let at = border(&parts, file.len(), rng);
            insert(file, at, &bytes);
        }
        (10, Some(part)) => {
            let end = rng.usize(part.start..=part.end);
            file.truncate(end);
        }
        (11 | 12, Some(part)) => {
            let inner = range(part.len(), 64, rng);
            overwrite(&mut file[part.start + inner.start..part.start + inner.end], rng);
        }
        (13, _) => {
            let lent = Anatomy::of(other).parts;
            let lent = rng.choice(&lent).cloned().unwrap_or_else(|| range(other.len(), 4096, rng));
            let at = border(&parts, file.len(), rng);
            insert(file, at, &other[lent]);
        }
        (14, _) => {
            let at = rng.usize(0..=file.len());
            file.truncate(at);
            file.extend_from_slice(&other[rng.usize(0..=other.len())..]);
        }
        (15, _) => {
            let at = rng.usize(0..=file.len());
            let bytes: Vec<u8> = (0..rng.usize(1..40)).map(|_| rng.u8(..)).collect();
            insert(file, at, &bytes);
        }
        (16, _) if rng.bool() => {
            let end = rng.usize(0..=file.len());
            file.truncate(end);
        }
        _ => flip_bits(file, rng),
    }
}

/// What a number is replaced by: bounds, neighbours, another number of the file, chance.
fn lie(file: &[u8], field: Field, fields: &[Field], rng: &mut Rng) -> usize {
    let Field { at, width, is_big } = field;
    let (now, most) = (number(file, at, width, is_big), usize::MAX >> (64 - 8 * width));
    let lent = fields[rng.usize(0..fields.len())];
    let lies = [
        0,
        1,
        now.wrapping_sub(1),
        now.wrapping_add(1),
        now.wrapping_mul(2),
        now / 2,
        most,
        most - 1,
        most / 2 + 1,
        at,
        file.len(),
        file.len().saturating_sub(at),
        number(file, lent.at, lent.width, lent.is_big),
        rng.usize(0..=most),
        rng.usize(0..5000),
    ];
    lies[rng.usize(0..lies.len())] & most
}

fn set(file: &mut [u8], Field { at, width, is_big }: Field, value: usize) {
    let little = value.to_le_bytes();
    let target = &mut file[at..at + width];
    target.copy_from_slice(&little[..width]);
    if is_big {
        target.reverse();
    }
}

/// The end of a part, or of the file.
fn border(parts: &[Range<usize>], length: usize, rng: &mut Rng) -> usize {
    rng.choice(parts).map_or(length, |part| part.end)
}

fn range(length: usize, most: usize, rng: &mut Rng) -> Range<usize> {
    let start = rng.usize(0..=length);
    start..(start + rng.usize(0..=most)).min(length)
}

fn insert(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(BYTES_MAX)];
    file.splice(at..at, bytes.iter().copied());
}

fn overwrite(bytes: &mut [u8], rng: &mut Rng) {
    match rng.u8(0..3) {
        0 => bytes.fill(0),
        1 => bytes.fill(0xFF),
        _ => rng.fill(bytes),
    }
}

/// Up to eight, half of the time near the start, where headers are.
fn flip_bits(file: &mut [u8], rng: &mut Rng) {
    let end = if rng.bool() { file.len().min(2048) } else { file.len() };
    if end > 0 {
        (0..rng.usize(1..9)).for_each(|_| file[rng.usize(0..end)] ^= 1 << rng.u8(0..8));
    }
}

fn mend_checksums(file: &mut [u8]) {
    let chunks = Anatomy::of(file).parts;
    for chunk in chunks.into_iter().filter(|chunk| chunk.len() >= 12) {
        let sum = crc32fast::hash(&file[chunk.start + 4..chunk.end - 4]);
        file[chunk.end - 4..chunk.end].copy_from_slice(&sum.to_be_bytes());
    }
}
