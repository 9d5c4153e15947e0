//! Looks for new files, again and again: a tethered camera writes them while we look.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::files::{Found, Look, Stamp, Unreadable};

/// How often the folders are looked at.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// A file is whole when it did not change for so long.
const STILL: Duration = Duration::from_secs(2);
/// So long if its end does not look like one.
const STILL_WITHOUT_END: Duration = Duration::from_secs(10);

/// Remembers what was seen.
#[derive(Default)]
pub(super) struct Watch {
    seen: HashMap<PathBuf, Seen>,
    unreadable: HashMap<PathBuf, Unreadable>,
}

struct Seen {
    stamp: Stamp,
    since: Instant,
    taken: bool,
}

impl Watch {
    /// What of a look at `now` is new and whole.
    pub(super) fn take(&mut self, look: Look, now: Instant) -> Look {
        let mut news = Look::default();
        for file in look.found {
            if self.is_whole(&file, now) {
                news.found.push(file);
            }
        }
        for unreadable in look.unreadable {
            let before = self.unreadable.insert(unreadable.path.clone(), unreadable.clone());
            if before.as_ref() != Some(&unreadable) {
                news.unreadable.push(unreadable);
            }
        }
        news
    }

    fn is_whole(&mut self, file: &Found, now: Instant) -> bool {
        let begins = || Seen { stamp: file.stamp, since: now, taken: false };
        let seen = self.seen.entry(file.path.clone()).or_insert_with(begins);
        if seen.stamp != file.stamp {
            *seen = begins();
        }
        let still = now.saturating_duration_since(seen.since);
        let whole = !seen.taken && (still >= STILL_WITHOUT_END || still >= STILL && ends_well(&file.path));
        seen.taken |= whole;
        whole
    }
}

/// Whether a file ends as its kind does: JPEG says where it ends, and of others we cannot tell.
fn ends_well(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    !matches!(ending.as_deref(), Some("jpg" | "jpeg" | "jpe")) || ends_with_marker(path).unwrap_or(false)
}

fn ends_with_marker(path: &Path) -> std::io::Result<bool> {
    let (mut file, mut end) = (std::fs::File::open(path)?, [0; 2]);
    file.seek(SeekFrom::End(-2))?;
    file.read_exact(&mut end)?;
    Ok(end == [0xff, 0xd9])
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = b"\xff\xd8 a photograph \xff\xd9";

    fn found(path: &Path) -> Look {
        let found = Found { path: path.to_owned(), stamp: Stamp::of(&path.metadata().unwrap()) };
        Look { found: vec![found], unreadable: Vec::new() }
    }

    /// After how many seconds, looked at each second, a file of this content and name is taken.
    fn taken_after(name: &str, content: &[u8]) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let (mut watch, start) = (Watch::default(), Instant::now());
        let taken: Vec<u64> = (0..30)
            .filter(|second| !watch.take(found(&path), start + Duration::from_secs(*second)).found.is_empty())
            .collect();
        assert_eq!(taken.len(), 1, "it is taken once");
        taken[0]
    }

    #[test]
    fn a_file_is_taken_when_it_is_whole() {
        assert_eq!(taken_after("a.jpg", WHOLE), 2);
        assert_eq!(taken_after("a.JPG", &WHOLE[..9]), 10);
        assert_eq!(taken_after("a.jpg", b""), 10);
        assert_eq!(taken_after("a.nef", b"raw"), 2);
    }

    #[test]
    fn a_file_that_grows_is_waited_for_and_one_that_changes_is_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jpg");
        let (mut watch, start) = (Watch::default(), Instant::now());
        let mut at = |second, content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            let mut look = found(&path);
            look.found[0].stamp.written_ns = 0;
            !watch.take(look, start + Duration::from_secs(second)).found.is_empty()
        };
        for second in 0..8 {
            assert!(!at(second, &WHOLE.repeat(usize::try_from(second).unwrap() + 1)), "it grows");
        }
        assert!(!at(8, &WHOLE.repeat(8)));
        assert!(at(9, &WHOLE.repeat(8)));
        assert!(!at(60, &WHOLE.repeat(8)));
        assert!(!at(61, WHOLE), "written anew");
        assert!(at(63, WHOLE));
    }
}
