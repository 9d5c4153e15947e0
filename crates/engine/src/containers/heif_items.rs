//! The items of a HEIF file (ISO/IEC 23008-12): what it holds, where, and what belongs to what.
//!
//! Stricter than readers of pictures are: a file that could be understood in two ways, or that has no end of tiny parts,
//! is not understood at all.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bmff::{Boxed, Reader, boxes};

/// The `meta` box of a file.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// The item that is the photo.
    pub(crate) primary: u32,
    /// Every item by its number.
    pub(crate) all: BTreeMap<u32, Item>,
    /// From an item, by the kind of reference, to others in their order.
    references: BTreeMap<([u8; 4], u32), Vec<u32>>,
    /// Properties of pictures, in the order in which they are numbered from 1.
    properties: Vec<Boxed>,
    /// Numbers of an item's properties.
    associations: BTreeMap<u32, Vec<usize>>,
    data: Option<Range<usize>>,
}

/// An item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    /// Such as `hvc1`, `grid`, `Exif`, `mime`.
    pub(crate) kind: [u8; 4],
    /// Of a `mime` item, what it is.
    pub(crate) content_type: Vec<u8>,
    /// Whether a `mime` item is compressed.
    pub(crate) is_encoded: bool,
    /// Where its bytes lie in the file, in their order.
    pub(crate) extents: Vec<Range<usize>>,
}

/// Most pieces of all items together. An 8K photo in small tiles has a few hundred items of one piece each.
const EXTENTS_MAX: usize = 1 << 14;
/// Most properties, associations and references: as for items.
const PARTS_MAX: usize = 1 << 16;

impl Items {
    /// Reads the one `meta` box of a file.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut metas = boxes(bytes, 0..bytes.len()).filter(|found| &found.kind == b"meta");
        let (meta, None) = (metas.next()?, metas.next()) else { return None };
        // A full box: four bytes of version and flags come first.
        let parts: Vec<Boxed> = boxes(bytes, meta.body.start + 4..meta.body.end).collect();
        let only = |kind: &[u8; 4]| {
            let mut found = parts.iter().filter(|part| &part.kind == kind);
            found.next().filter(|_| found.next().is_none()).map(|part| part.body.clone())
        };
        let has = |kind: &[u8; 4]| parts.iter().any(|part| &part.kind == kind);
        let mut items = Self { data: only(b"idat"), ..Self::default() };
        items.read_primary(Reader::of(bytes, only(b"pitm")?))?;
        items.read_kinds(bytes, only(b"iinf")?)?;
        items.read_extents(Reader::of(bytes, only(b"iloc")?), bytes.len())?;
        if has(b"iref") {
            items.read_references(bytes, only(b"iref")?)?;
        }
        if has(b"iprp") {
            items.read_properties(bytes, only(b"iprp")?)?;
        }
        Some(items)
    }

    /// What `item` refers to by references of this kind.
    pub(crate) fn referred(&self, kind: [u8; 4], item: u32) -> &[u32] {
        self.references.get(&(kind, item)).map_or(&[], Vec::as_slice)
    }

    /// The items that refer to `item` by references of this kind.
    pub(crate) fn referring(&self, kind: [u8; 4], item: u32) -> impl Iterator<Item = u32> {
        let of_kind = self.references.range((kind, 0)..=(kind, u32::MAX));
        of_kind.filter(move |(_, to)| to.contains(&item)).map(|((_, from), _)| *from)
    }

    /// The properties of `item`.
    pub(crate) fn properties(&self, item: u32) -> impl Iterator<Item = &Boxed> {
        let numbers = self.associations.get(&item).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.properties.get(number.checked_sub(1)?))
    }

    fn read_primary(&mut self, mut pitm: Reader<'_>) -> Option<()> {
        let version = pitm.number(4)? >> 24;
        self.primary = pitm.u32(if version == 0 { 2 } else { 4 })?;
        Some(())
    }

    fn read_kinds(&mut self, bytes: &[u8], iinf: Range<usize>) -> Option<()> {
        let mut reader = Reader::of(bytes, iinf);
        let version = reader.number(4)? >> 24;
        reader.number(if version == 0 { 2 } else { 4 })?;
        for entry in boxes(bytes, reader.rest()).filter(|entry| &entry.kind == b"infe") {
            let mut reader = Reader::of(bytes, entry.body);
            let version = reader.number(4)? >> 24;
            let id = match version {
                2 => reader.u32(2)?,
                3 => reader.u32(4)?,
                _ => return None,
            };
            reader.number(2)?;
            let kind = reader.kind()?;
            let mut item = Item { kind, ..Item::default() };
            if &kind == b"mime" {
                reader.text()?;
                item.content_type = reader.text()?.to_vec();
                item.is_encoded = reader.text().is_some_and(|encoding| !encoding.is_empty());
            }
            if self.all.insert(id, item).is_some() {
                return None;
            }
        }
        Some(())
    }

    fn read_extents(&mut self, mut iloc: Reader<'_>, file_bytes: usize) -> Option<()> {
        let version = iloc.number(4)? >> 24;
        let (sizes, more) = (iloc.usize(1)?, iloc.usize(1)?);
        let (offset_size, length_size, base_size) = (sizes >> 4, sizes & 15, more >> 4);
        let index_size = if version == 0 { 0 } else { more & 15 };
        let wide = if version < 2 { 2 } else { 4 };
        let count = iloc.usize(wide)?;
        let mut pieces = 0;
        for _ in 0..count {
            let id = iloc.u32(wide)?;
            let method = if version == 0 { 0 } else { iloc.number(2)? & 15 };
            iloc.number(2)?;
            let base = iloc.usize(base_size)?;
            let extent_count = iloc.usize(2)?;
            pieces += extent_count;
            let within = match method {
                0 => 0..file_bytes,
                1 => self.data.clone()?,
                _ => return None,
            };
            let mut extents = Vec::new();
            for _ in 0..extent_count.min(EXTENTS_MAX) {
                iloc.number(index_size)?;
                let start = within.start.checked_add(base)?.checked_add(iloc.usize(offset_size)?)?;
                let end = match iloc.usize(length_size)? {
                    0 => within.end,
                    length => start.checked_add(length)?,
                };
                extents.push(start..end);
            }
            // An extent that ends behind the file is what a truncated file has; it is cut, and found out when it is read.
            let cut = |extent: Range<usize>| extent.start.min(within.end)..extent.end.min(within.end);
            let extents = extents.into_iter().map(cut).collect();
            if pieces > EXTENTS_MAX {
                return None;
            }
            if let Some(item) = self.all.get_mut(&id) {
                item.extents = extents;
            }
        }
        Some(())
    }

    fn read_references(&mut self, bytes: &[u8], iref: Range<usize>) -> Option<()> {
        let mut reader = Reader::of(bytes, iref);
        let wide = if reader.number(4)? >> 24 == 0 { 2 } else { 4 };
        let mut total = 0;
        for reference in boxes(bytes, reader.rest()) {
            let mut reader = Reader::of(bytes, reference.body);
            let from = reader.u32(wide)?;
            let count = reader.usize(2)?;
            total += count;
            let to = (0..count).map(|_| reader.u32(wide)).collect::<Option<Vec<_>>>()?;
            let is_new = self.references.insert((reference.kind, from), to).is_none();
            if !is_new || total > PARTS_MAX {
                return None;
            }
        }
        Some(())
    }

    fn read_properties(&mut self, bytes: &[u8], iprp: Range<usize>) -> Option<()> {
        for part in boxes(bytes, iprp) {
            if &part.kind == b"ipco" {
                if !self.properties.is_empty() {
                    return None;
                }
                self.properties = boxes(bytes, part.body).take(PARTS_MAX).collect();
            } else if &part.kind == b"ipma" {
                self.read_associations(Reader::of(bytes, part.body))?;
            }
        }
        Some(())
    }

    fn read_associations(&mut self, mut ipma: Reader<'_>) -> Option<()> {
        let head = ipma.number(4)?;
        let (id_size, number_size) = (if head >> 24 == 0 { 2 } else { 4 }, if head & 1 == 0 { 1 } else { 2 });
        let is_essential = if number_size == 1 { 0x80 } else { 0x8000 };
        for _ in 0..ipma.usize(4)? {
            let id = ipma.u32(id_size)?;
            for _ in 0..ipma.usize(1)? {
                let number = ipma.usize(number_size)? & !is_essential;
                self.associations.entry(id).or_default().push(number);
            }
        }
        Some(())
    }
}
