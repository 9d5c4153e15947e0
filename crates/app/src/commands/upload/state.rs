//! What was done already, so that the next run goes on from there: a file of JSON lines.
//!
//! A line is added for everything that happens, so a killed process loses nothing but, at worst, half of the last
//! line. Each start writes the file anew without the lines that others have replaced.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use domain::Digest;
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

use super::files::{Found, Hashed, Stamp};

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    #[serde(flatten)]
    pub(super) stamp: Stamp,
    pub(super) sha256: Digest,
    /// The address of its upload, while that is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    /// The server has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) sent: bool,
    /// The photo's id, where the server told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) photo_id: Option<String>,
}

impl Remembered {
    /// Of a file that nothing was sent of.
    pub(super) fn unsent(file: &Hashed) -> Self {
        Self { stamp: file.file.stamp, sha256: file.sha256, location: None, sent: false, photo_id: None }
    }
}

/// The batch that the files go into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenBatch {
    pub(super) batch_id: String,
    pub(super) name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    File {
        path: String,
        #[serde(flatten)]
        remembered: Remembered,
    },
    Batch {
        batch: Option<OpenBatch>,
    },
}

/// The state of one upload: one server, one event, some folders.
pub(super) struct State {
    path: PathBuf,
    file: File,
    files: BTreeMap<String, Remembered>,
    batch: Option<OpenBatch>,
    /// Why it cannot be written any more.
    broken: Option<String>,
    _lock: File,
}

impl State {
    /// Opens the state in the file `path`, which need not exist.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("{} cannot be written: name another place with --state", path.display());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(cannot)?;
        let lock = lock(path, cannot)?;
        let (files, batch) = read(path)?;
        let file = write(folder, path, &files, batch.as_ref()).with_context(cannot)?;
        Ok(Self { path: path.to_owned(), file, files, batch, broken: None, _lock: lock })
    }

    /// What is remembered of a file that was not changed since.
    pub(super) fn of(&self, file: &Found) -> Option<&Remembered> {
        self.files.get(file.path.to_str()?).filter(|remembered| remembered.stamp == file.stamp)
    }

    /// Remembers a file.
    pub(super) fn remember(&mut self, file: &Found, remembered: Remembered) {
        // A name that is no text is not remembered: its file is sent again, and found to be there.
        let Some(path) = file.path.to_str().map(str::to_owned) else { return };
        self.files.insert(path.clone(), remembered.clone());
        self.append(&Line::File { path, remembered });
    }

    pub(super) fn batch(&self) -> Option<&OpenBatch> {
        self.batch.as_ref()
    }

    /// Remembers the batch; `None` when it is finished.
    pub(super) fn set_batch(&mut self, batch: Option<OpenBatch>) {
        self.batch.clone_from(&batch);
        self.append(&Line::Batch { batch });
    }

    /// Why it could not be written, if so: the next run will have to ask for everything again.
    pub(super) fn broken(&self) -> Option<String> {
        self.broken.as_ref().map(|reason| format!("{} could not be written: {reason}", self.path.display()))
    }

    fn append(&mut self, line: &Line) {
        if let Err(error) = write_line(&mut self.file, line) {
            self.broken = Some(error.to_string());
        }
    }
}

fn write_line(file: &mut File, line: &Line) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line).expect("strings and numbers are JSON");
    text.push(b'\n');
    file.write_all(&text)
}

/// One process at a time. The lock lies beside the state, which is replaced at every start.
fn lock(path: &Path, cannot: impl Fn() -> String) -> anyhow::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(&name).with_context(&cannot)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => bail!("another findme is sending these folders"),
        Err(error) => Err(error).with_context(cannot),
    }
}

type Contents = (BTreeMap<String, Remembered>, Option<OpenBatch>);

fn read(path: &Path) -> anyhow::Result<Contents> {
    let (mut files, mut batch) = (BTreeMap::new(), None);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((files, batch)),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    for (number, line) in BufReader::new(file).split(b'\n').enumerate() {
        match serde_json::from_slice(&line?) {
            Ok(Line::File { path, remembered }) => drop(files.insert(path, remembered)),
            Ok(Line::Batch { batch: now }) => batch = now,
            // A file that begins with something else is not ours to overwrite.
            Err(_) if number == 0 => {
                bail!("{} is not a state of findme upload: move it away", path.display())
            }
            // Cut off as the process ended.
            Err(_) => {}
        }
    }
    Ok((files, batch))
}

/// Writes the state beside its place and moves it there.
fn write(
    folder: &Path,
    path: &Path,
    files: &BTreeMap<String, Remembered>,
    batch: Option<&OpenBatch>,
) -> anyhow::Result<File> {
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    let mut text = Vec::new();
    let batch = Line::Batch { batch: batch.cloned() };
    let file = |(path, remembered): (&String, &Remembered)| Line::File {
        path: path.clone(),
        remembered: remembered.clone(),
    };
    for line in std::iter::once(batch).chain(files.iter().map(file)) {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    aside.write_all(&text)?;
    aside.as_file().sync_all()?;
    Ok(aside.persist(path)?)
}

/// The name of the state's file for one server, event and set of folders.
pub(super) fn file_name(server: &str, event: &str, roots: &[PathBuf]) -> String {
    let mut roots: Vec<_> = roots.iter().map(|root| root.as_os_str().as_encoded_bytes()).collect();
    roots.sort_unstable();
    let key = [&[server.as_bytes(), event.as_bytes()], roots.as_slice()].concat().join(&b'\n');
    format!("{}.jsonl", &Digest::of(&key).to_string()[..32])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, size: u64) -> Hashed {
        let stamp = Stamp { size, written_ns: 1_800_000_000_123_456_789 };
        Hashed { file: Found { path: name.into(), stamp }, sha256: Digest::of(name.as_bytes()) }
    }

    #[test]
    fn what_was_remembered_is_known_after_a_kill() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/state.jsonl");
        let (a, b) = (file("/a.jpg", 3), file("/b.jpg", 4));
        let mut state = State::open(&path).unwrap();
        state.remember(&a.file, Remembered::unsent(&a));
        state.remember(
            &a.file,
            Remembered { sent: true, photo_id: Some("7".into()), ..Remembered::unsent(&a) },
        );
        state.remember(&b.file, Remembered { location: Some("/u/1".into()), ..Remembered::unsent(&b) });
        let batch = OpenBatch { batch_id: "x".into(), name: "DCIM".into() };
        state.set_batch(Some(batch.clone()));
        assert!(State::open(&path).is_err(), "it is locked");
        drop(state);
        let mut torn = File::options().append(true).open(&path).unwrap();
        torn.write_all(br#"{"path":"/c.jpg","si"#).unwrap();
        let state = State::open(&path).unwrap();
        let known = state.of(&a.file).unwrap();
        assert!(known.sent && known.photo_id.as_deref() == Some("7"));
        assert_eq!(state.of(&b.file).unwrap().location.as_deref(), Some("/u/1"));
        assert_eq!(state.batch(), Some(&batch));
        assert_eq!(state.of(&file("/a.jpg", 99).file), None, "it has changed");
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3, "replaced lines are gone");
    }

    #[test]
    fn another_file_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        std::fs::write(&path, b"\xff\xd8 a photograph\nof ours").unwrap();
        assert!(State::open(&path).is_err());
        assert!(std::fs::read(&path).unwrap().starts_with(b"\xff\xd8"));
    }

    #[test]
    fn each_upload_has_its_own_state() {
        let roots = [PathBuf::from("/card"), PathBuf::from("/other")];
        let name = file_name("https://a.example/", "gala", &roots);
        let turned = [roots[1].clone(), roots[0].clone()];
        assert_eq!(name, file_name("https://a.example/", "gala", &turned));
        assert_ne!(name, file_name("https://a.example/", "gala", &roots[..1]));
        assert_ne!(name, file_name("https://b.example/", "gala", &roots));
    }
}
