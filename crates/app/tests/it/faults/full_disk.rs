//! The disk fills up under a store in a folder, is freed, and nothing acknowledged is lost.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;

use super::album::Album;
use super::client::Client;
use super::{CLIENTS, EMAIL, Ground, PASSWORD, judge, keep_uploading, seed, verdict};

/// Room for some dozens of photos with their renditions and the largest one on its way.
const DISK_MIB: usize = 160;
/// How often it fills up.
const TIMES: usize = 3;
/// The data folder, which is all of the disk.
const DATA: &str = "data-small";
/// How long it stays full.
const FULL_FOR: Duration = Duration::from_secs(3);

/// A small disk; it is gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one; the reason, where that is not allowed.
    fn mount(at: PathBuf) -> Result<Self, String> {
        std::fs::create_dir_all(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={DISK_MIB}m,mode=755"), "findme-test"]).arg(&at);
        let output = mount.output().map_err(|error| error.to_string())?;
        let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(Self(at)) } else { Err(told) }
    }

    /// Leaves no byte free, for a while.
    async fn fill(&self) {
        let path = self.0.join("ballast");
        let mut file = File::create(&path).unwrap();
        let until = Instant::now() + FULL_FOR;
        // What others free meanwhile is taken too.
        while Instant::now() < until {
            while file.write(&[0xAA; 4096]).is_ok() {}
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(file);
        std::fs::remove_file(path).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_turns_uploads_away_and_loses_nothing() {
    let seed = seed();
    println!("FINDME_FAULT_SEED={seed}");
    let ground = tokio::task::block_in_place(|| Ground::prepare(Vec::new()));
    let disk = match SmallDisk::mount(ground.place.path(DATA)) {
        Ok(disk) => disk,
        Err(reason) => {
            eprintln!("SKIPPED: a small disk cannot be mounted here ({reason}): run the tests as root");
            return;
        }
    };
    let members = [ground.start("server-s", true, DATA), ground.start("worker-s", false, DATA)];
    members[0].ready().await;
    let servers = vec![members[0].url.clone().unwrap()];
    let client = Client::log_in(servers, EMAIL, PASSWORD, "Gala").await;
    let (album, stop) = (Arc::new(Album::open(seed)), Arc::new(AtomicBool::new(false)));
    let next = Arc::new(AtomicUsize::new(0));
    let uploading = (0..CLIENTS).map(|_| {
        let (album, next, stop) = (Arc::clone(&album), Arc::clone(&next), Arc::clone(&stop));
        tokio::spawn(keep_uploading(client.clone(), album, next, stop, 900))
    });
    let uploading: Vec<_> = uploading.collect();
    for _ in 0..TIMES {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        disk.fill().await;
    }
    stop.store(true, Ordering::SeqCst);
    let ended = tokio::time::timeout(Duration::from_mins(2), join_all(uploading)).await;
    println!("{}", client.book.summary());
    assert!(ended.is_ok(), "clients wait in vain\n{}", members[0].last_words());
    assert!(client.book.seen("503") > 0, "the disk was never full: {}", client.book.summary());
    verdict::settled(&client, Duration::from_mins(2)).await;
    judge(&ground, (&disk.0.join("blobs"), DATA), &client, &album, &members).await;
}
