//! Turning pixels the way EXIF asks for (tag 274).

use crate::picture::{Picture, rgb_len};

/// How stored pixels must be turned to be seen as the photographer saw them. The default leaves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orientation {
    /// Rows become columns.
    transposes: bool,
    /// The result's columns run from right to left.
    mirrors_x: bool,
    /// The result's rows run from bottom to top.
    mirrors_y: bool,
}

impl Orientation {
    /// The meaning of EXIF's values 1 to 8.
    pub(crate) fn from_exif(code: u32) -> Option<Self> {
        let (transposes, mirrors_x, mirrors_y) = match code {
            1 => (false, false, false),
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => return None,
        };
        Some(Self { transposes, mirrors_x, mirrors_y })
    }

    /// Width and height after turning.
    pub(crate) fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.transposes { (height, width) } else { (width, height) }
    }

    /// `picture`, turned.
    pub(crate) fn apply(self, picture: Picture) -> Picture {
        match self {
            Self { transposes: false, mirrors_x: false, mirrors_y: false } => picture,
            Self { transposes: false, .. } => self.mirrored(picture),
            Self { transposes: true, .. } => self.transposed(&picture),
        }
    }

    fn mirrored(self, mut picture: Picture) -> Picture {
        let stride = rgb_len(picture.width, 1);
        let (pixels, _) = picture.rgb.as_chunks_mut::<3>();
        if self.mirrors_x && self.mirrors_y {
            pixels.reverse();
        } else if self.mirrors_x {
            pixels.chunks_exact_mut(stride / 3).for_each(<[[u8; 3]]>::reverse);
        } else {
            let (upper, lower) = pixels.split_at_mut((picture.height / 2) as usize * (stride / 3));
            let lower_rows = lower.rchunks_exact_mut(stride / 3);
            upper.chunks_exact_mut(stride / 3).zip(lower_rows).for_each(|(a, b)| a.swap_with_slice(b));
        }
        picture
    }

    /// Works in square tiles, so that both the rows read and the rows written stay in the cache.
    fn transposed(self, picture: &Picture) -> Picture {
        const TILE: usize = 32;
        let (width, height) = (picture.width as usize, picture.height as usize);
        let mut turned = Picture::black(picture.height, picture.width);
        let (source, _) = picture.rgb.as_chunks::<3>();
        let (target, _) = turned.rgb.as_chunks_mut::<3>();
        for tile_y in (0..width).step_by(TILE) {
            for tile_x in (0..height).step_by(TILE) {
                for y in tile_y..(tile_y + TILE).min(width) {
                    let from_x = if self.mirrors_y { width - 1 - y } else { y };
                    for x in tile_x..(tile_x + TILE).min(height) {
                        let from_y = if self.mirrors_x { height - 1 - x } else { x };
                        target[y * height + x] = source[from_y * width + from_x];
                    }
                }
            }
        }
        turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What EXIF's value does to the picture `ab/cd/ef` (two columns, three rows).
    #[test]
    fn all_eight_orientations() {
        let check = |code, expected: &str| {
            let rgb = "abcdef".bytes().flat_map(|letter| [letter; 3]).collect();
            let turned = Orientation::from_exif(code).unwrap().apply(Picture { width: 2, height: 3, rgb });
            let letters: Vec<u8> = turned.rgb.iter().step_by(3).copied().collect();
            let rows: Vec<String> = letters
                .chunks(turned.width as usize)
                .map(|row| String::from_utf8(row.to_vec()).unwrap())
                .collect();
            assert_eq!(rows.join("/"), expected, "orientation {code}");
        };
        check(1, "ab/cd/ef");
        check(2, "ba/dc/fe");
        check(3, "fe/dc/ba");
        check(4, "ef/cd/ab");
        check(5, "ace/bdf");
        check(6, "eca/fdb");
        check(7, "fdb/eca");
        check(8, "bdf/ace");
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }
}
