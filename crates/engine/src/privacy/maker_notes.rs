//! Serial numbers in the makers' notes of RAW files, where the notes themselves must stay.
//!
//! Makers do not describe their notes; the forms and tags here are those that ExifTool's documentation lists
//! (exiftool.org/TagNames). Nikon's serial number is also the key by which RAW converters read other parts of the notes,
//! of which only its remainder by 256 counts: another number with the same remainder takes its place.

use std::ops::Range;

use super::draft::Draft;
use super::exif::{Serials, rewrite};
use crate::containers::tiff::{Directory, Entry, Order, Tiff};

/// One maker's form of notes.
struct Form {
    /// How the notes begin.
    mark: &'static [u8],
    /// Where the directory begins behind the start of the notes.
    directory: At,
    /// What offsets count from.
    base: Base,
    /// Private entries.
    private: &'static [u16],
}

/// Where the directory of notes lies.
enum At {
    /// So many bytes behind their start.
    Fixed(usize),
    /// Where the number at this place says (Fujifilm).
    Named(usize),
    /// Where a TIFF header at this place says (Nikon).
    Header(usize),
}

/// What offsets in notes count from.
enum Base {
    /// What the file's other offsets count from.
    File,
    /// The start of the notes.
    Notes,
}

/// The entries of Canon's notes: owner's name, serial number and its form, unique number, internal serial number, and the
/// lens's.
pub(super) const CANON: &[u16] = &[0x0009, 0x000C, 0x0015, 0x0028, 0x0096, 0x4019];

/// Canon's notes are a directory without a mark.
const CANON_FORM: Form = Form { mark: b"", directory: At::Fixed(0), base: Base::File, private: CANON };

const FORMS: [Form; 8] = [
    Form { mark: b"Nikon\0\x02", directory: At::Header(10), base: Base::Notes, private: &[0x00A0] },
    // The second one is enciphered: counters and the internal serial number.
    Form { mark: b"SONY", directory: At::Fixed(12), base: Base::File, private: &[0x2031, 0x9050] },
    Form { mark: b"OLYMPUS\0", directory: At::Fixed(12), base: Base::Notes, private: &[] },
    Form { mark: b"OM SYSTEM\0", directory: At::Fixed(16), base: Base::Notes, private: &[] },
    Form { mark: b"OLYMP\0", directory: At::Fixed(8), base: Base::File, private: &[0x0404, 0x101A] },
    Form {
        mark: b"Panasonic\0",
        directory: At::Fixed(12),
        base: Base::File,
        private: &[0x0025, 0x0052, 0x0054],
    },
    Form { mark: b"FUJIFILM", directory: At::Named(8), base: Base::Notes, private: &[0x0010] },
    Form { mark: b"GENERALE", directory: At::Named(8), base: Base::Notes, private: &[0x0010] },
];

/// The entry of Olympus' notes that points to the directory of equipment, and its serial numbers: of the body, inside the
/// body, of the lens, of the converter, of the flash.
const OLYMPUS_EQUIPMENT: u16 = 0x2010;
const OLYMPUS_SERIALS: &[u16] = &[0x0101, 0x0102, 0x0202, 0x0302, 0x1003];
/// Nikon's serial number.
const NIKON_SERIAL: u16 = 0x001D;

/// Blanks the serial numbers in the notes in `range`, and gives them. Nothing when their form is not known.
pub(super) fn clean(
    draft: &mut Draft<'_>,
    tiff: Tiff<'_>,
    range: Range<usize>,
    maker: &[u8],
) -> Option<Serials> {
    let notes = draft.bytes.get(range.clone())?;
    let form = FORMS.iter().find(|form| notes.starts_with(form.mark));
    let form = form.or_else(|| maker.starts_with(b"Canon").then_some(&CANON_FORM))?;
    let (inside, at) = open(draft.bytes, notes, tiff, range.start, form)?;
    let directory = inside.directory(at)?;
    let mut serials = without(draft, inside, &directory, form.private);
    for entry in
        directory.entries.iter().filter(|entry| entry.tag == OLYMPUS_EQUIPMENT && form.mark.starts_with(b"O"))
    {
        let at = inside.places(entry).first().copied().filter(|_| !entry.is_apart());
        if let Some(equipment) = inside.directory(at.unwrap_or(entry.value.start)) {
            serials.extend(without(draft, inside, &equipment, OLYMPUS_SERIALS));
        }
    }
    if let Some(entry) = directory.entry(NIKON_SERIAL).filter(|_| form.mark.starts_with(b"Nikon")) {
        let serial = inside.value(entry);
        serials.push(serial.to_vec());
        let stand_in = same_key(serial);
        draft.write(entry.value.start, &stand_in);
    }
    Some(serials)
}

/// The notes as a structure of directories, and where the first lies.
fn open<'a>(
    bytes: &'a [u8],
    notes: &[u8],
    tiff: Tiff<'a>,
    start: usize,
    form: &Form,
) -> Option<(Tiff<'a>, usize)> {
    let order = match notes.get(form.mark.len()..)? {
        [b'I', b'I', ..] => Order::Little,
        [b'M', b'M', ..] => Order::Big,
        _ => tiff.order(),
    };
    let base = match form.base {
        Base::File => tiff.with_order(order),
        Base::Notes => tiff.rebased(start, order),
    };
    match form.directory {
        At::Fixed(at) => Some((base, start + at)),
        At::Named(at) => {
            let offset = Order::Little.u32(*notes.get(at..)?.first_chunk()?);
            Some((tiff.rebased(start, Order::Little), start.checked_add(usize::try_from(offset).ok()?)?))
        }
        At::Header(at) => Tiff::open(bytes, start + at),
    }
}

/// Takes the private entries out of a directory, zeros their values, and gives them.
fn without(draft: &mut Draft<'_>, tiff: Tiff<'_>, directory: &Directory, private: &[u16]) -> Serials {
    let is_private = |entry: &Entry| private.contains(&entry.tag);
    let goes: Vec<bool> = directory.entries.iter().map(is_private).collect();
    rewrite(draft, tiff, directory, &goes);
    let gone: Vec<&Entry> = directory.entries.iter().filter(|entry| is_private(entry)).collect();
    gone.iter().filter(|entry| entry.is_apart()).for_each(|entry| draft.zero(entry.value.clone()));
    gone.into_iter().map(|entry| tiff.value(entry).to_vec()).collect()
}

/// A serial number of the same length that is the same key. Converters make the key of the digits; ExifTool takes a fixed
/// one where there is anything else, so one letter stands for all others.
fn same_key(serial: &[u8]) -> Vec<u8> {
    let text = serial.split(|byte| *byte == 0).next().unwrap_or_default();
    let digit = |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { byte % 10 };
    let key = text.iter().fold(0_u8, |key, byte| key.wrapping_mul(10).wrapping_add(digit(*byte)));
    let width = text.len();
    // `P` counts as a zero.
    let mut stand_in = format!("{key:0width$}").into_bytes();
    if text.iter().any(|byte| !byte.is_ascii_digit()) && stand_in.first() == Some(&b'0') {
        stand_in[0] = b'P';
    }
    stand_in.truncate(width);
    stand_in
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_becomes_another_one_with_the_same_key() {
        assert_eq!(same_key(b"6013579\0"), b"0000139");
        assert_eq!(6_013_579 % 256, 139);
        assert_eq!(same_key(b"NO= 30024e4b\0"), same_key(b"NO= 30024e4b"));
        assert_eq!(same_key(b"NO= 30024e4b").len(), 12);
        assert!(same_key(b"NO= 30024e4b").starts_with(b"P00000000"));
        assert_eq!(same_key(b"7\0"), b"7");
        assert_eq!(same_key(b""), b"");
    }
}
