//! What a photo is called in an archive: a name that sorts by time and that every system can unpack.

use std::collections::HashSet;

use domain::Rendition;
use store::photo_by_time::TimedPhoto;
use time::PrimitiveDateTime;

/// Longest part of a name that comes from its uploader, in bytes: with time, number and extension it stays far below
/// the 255 of most file systems.
const STEM_BYTES_MAX: usize = 120;

/// Extensions that fit a media type, the usual one first.
const EXTENSIONS: &[(&str, &[&str])] = &[
    ("image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
    ("image/png", &["png"]),
    ("image/webp", &["webp"]),
    ("image/heic", &["heic", "heif", "hif"]),
    ("image/heif", &["heif", "heic", "hif"]),
    ("image/avif", &["avif"]),
];

/// Gives each photo of an archive a name of its own. Photos must come in the order of their times.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The second that the names in `used` begin with. As photos come by time, only those can be met again.
    second: String,
    used: HashSet<String>,
}

impl Names {
    /// The name of this copy of `photo`: `2026-06-20_14-03-22_DSC_0001.jpg`.
    ///
    /// As it begins with a date, it is none of the names that Windows keeps for itself, such as `con.jpg`.
    pub(crate) fn of(&mut self, photo: &TimedPhoto, rendition: Rendition) -> String {
        let second = second(photo.at);
        if second != self.second {
            self.used.clear();
            self.second.clone_from(&second);
        }
        let (stem, own_extension) = split(&photo.photo.file_name);
        let stem = harmless(stem);
        let extension = extension(&photo.photo.media_type, own_extension, rendition);
        let mut name = format!("{second}_{stem}.{extension}");
        let mut number = 1;
        // Windows and macOS take upper and lower case for the same.
        while !self.used.insert(name.to_lowercase()) {
            number += 1;
            name = format!("{second}_{stem}_{number}.{extension}");
        }
        name
    }
}

fn second(at: PrimitiveDateTime) -> String {
    let (date, clock) = (at.date(), at.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = clock.as_hms();
    format!("{year:04}-{month:02}-{day:02}_{hour:02}-{minute:02}-{second:02}")
}

/// Stem and extension; what stands behind the last dot is only an extension when it looks like one.
fn split(file_name: &str) -> (&str, Option<&str>) {
    let looks_like_one = |text: &str| {
        (1..=5).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    match file_name.rsplit_once('.') {
        Some((stem, extension)) if looks_like_one(extension) => (stem, Some(extension)),
        _ => (file_name, None),
    }
}

/// `stem` without what some system refuses in a name, or what makes a name look like another.
fn harmless(stem: &str) -> String {
    let refused = |c: char| {
        let directs_text =
            matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        c.is_control() || directs_text || "<>:\"/\\|?*".contains(c)
    };
    let mut text: String = stem.chars().map(|c| if refused(c) { '_' } else { c }).collect();
    text.truncate(text.floor_char_boundary(STEM_BYTES_MAX));
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if text.is_empty() { "photo".to_owned() } else { text.to_owned() }
}

/// The uploader's own extension where it fits what is delivered, else the usual one.
fn extension(media_type: &str, own: Option<&str>, rendition: Rendition) -> String {
    let delivered = match rendition {
        Rendition::Original => media_type,
        Rendition::Preview | Rendition::Thumb | Rendition::Marked => "image/jpeg",
    };
    let fitting = EXTENSIONS.iter().find(|(name, _)| *name == delivered).map(|(_, extensions)| *extensions);
    match (fitting, own, rendition) {
        (Some(fitting), Some(own), Rendition::Original)
            if fitting.contains(&own.to_ascii_lowercase().as_str()) =>
        {
            own.to_owned()
        }
        (Some(fitting), _, _) => fitting[0].to_owned(),
        (None, own, _) => own.unwrap_or("bin").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Digest, Entropy, PhotoId, PhotoState};
    use store::photo::Photo;
    use time::macros::datetime;

    use super::*;

    fn photo(at: PrimitiveDateTime, file_name: &str, media_type: &str) -> TimedPhoto {
        let photo = Photo {
            photo_id: PhotoId::from_entropy(&Entropy::fixed(1)),
            sha256: Digest::of(b"x"),
            file_name: file_name.to_owned(),
            media_type: media_type.to_owned(),
            size_bytes: 1,
            state: PhotoState::Ready,
            failure_code: None,
            failure_detail: None,
            width_px: None,
            height_px: None,
            face_count: 0,
            taken_at: None,
            uploaded_by: None,
            batch_id: None,
            published: true,
            change: 1,
            private_parts: None,
            uploaded_at: datetime!(2026-06-21 0:00 UTC),
        };
        TimedPhoto { photo, at }
    }

    const AT: PrimitiveDateTime = datetime!(2026-06-20 14:03:22.5);

    #[test]
    fn a_name_is_time_and_name_with_an_extension_that_fits() {
        let check = |file_name: &str, media_type: &str, rendition, expected: &str| {
            let name = Names::default().of(&photo(AT, file_name, media_type), rendition);
            assert_eq!(name, format!("2026-06-20_14-03-22_{expected}"), "{file_name:?}");
        };
        let web = Rendition::Preview;
        check("DSC_0001.JPG", "image/jpeg", Rendition::Original, "DSC_0001.JPG");
        check("DSC_0001.JPG", "image/jpeg", web, "DSC_0001.jpg");
        check("a.png", "image/png", web, "a.jpg");
        check("a.jpg", "image/png", Rendition::Original, "a.png");
        check("a.CR2", "image/x-canon-cr2", Rendition::Original, "a.CR2");
        check("a.CR2", "image/x-canon-cr2", web, "a.jpg");
        check("été à 10.30", "image/jpeg", web, "été à 10.30.jpg");
        check("con.jpg", "image/jpeg", web, "con.jpg");
        check("a<b>:\"/\\|?*\u{7}\u{202E}c. .jpg", "image/jpeg", web, "a_b__________c.jpg");
        check("...", "image/jpeg", web, "photo.jpg");
        check("", "image/jpeg", web, "photo.jpg");
        check(&"é".repeat(300), "image/jpeg", web, &format!("{}.jpg", "é".repeat(60)));
    }

    #[test]
    fn no_two_names_are_alike_on_any_system() {
        let mut names = Names::default();
        let mut of = |file_name: &str, at| names.of(&photo(at, file_name, "image/jpeg"), Rendition::Preview);
        assert_eq!(of("a.jpg", AT), "2026-06-20_14-03-22_a.jpg");
        assert_eq!(of("A_2.JPG", AT), "2026-06-20_14-03-22_A_2.jpg");
        assert_eq!(of("A.jpeg", AT), "2026-06-20_14-03-22_A_3.jpg", "_2 is taken, in another case");
        assert_eq!(of("a.jpg", AT + time::Duration::SECOND), "2026-06-20_14-03-23_a.jpg");
    }
}
