//! In production, photos must outlive the container: the data folder has to be a mount, and writable.

use std::path::Path;

use anyhow::{Context as _, bail};

use crate::config::Config;

pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
    if !config.production {
        return Ok(());
    }
    let data = std::fs::canonicalize(&config.data).with_context(|| {
        format!("the data folder {} does not exist; mount one there", config.data.display())
    })?;
    tempfile::NamedTempFile::new_in(&data)
        .with_context(|| format!("the data folder {} is not writable; change its owner", data.display()))?;
    let everything_elsewhere = config.s3.is_some() && config.database_url.is_some();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    if !everything_elsewhere && !is_mounted(&data, &mounts) {
        bail!(
            "the data folder {} is not a mount: photos would be lost with the container. Mount a volume there, or \
             set S3_BUCKET and DATABASE_URL",
            data.display()
        );
    }
    Ok(())
}

/// Whether `folder` lies on a mount other than the root, by the text of `/proc/self/mountinfo` (proc(5)).
fn is_mounted(folder: &Path, mounts: &str) -> bool {
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    points.filter(|point| *point != "/").any(|point| folder.starts_with(point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_on_the_containers_own_disk_is_not_mounted() {
        let mounts =
            "22 1 0:21 / / rw - overlay overlay rw\n36 22 8:1 /x /data rw shared:1 - ext4 /dev/sda1 rw\n";
        let check =
            |folder, expected| assert_eq!(is_mounted(Path::new(folder), mounts), expected, "{folder}");
        check("/data", true);
        check("/data/findme", true);
        check("/database", false);
        check("/srv/findme", false);
    }
}
