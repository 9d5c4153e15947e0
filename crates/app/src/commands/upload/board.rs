//! What a person sees meanwhile: bars at a terminal, a line every ten seconds elsewhere.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

use super::batch::Counts;

const REFRESH: Duration = Duration::from_millis(200);
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// What is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) files: u64,
    /// Sent, there already, or failed.
    pub(super) files_done: u64,
    pub(super) files_failed: u64,
    /// Of all files that are not there already.
    pub(super) bytes: u64,
    pub(super) bytes_sent: u64,
    /// How far the server is with the photos of this batch.
    pub(super) counts: Counts,
    /// Why nothing arrives at present.
    pub(super) away: Option<String>,
    /// Waiting for new files.
    pub(super) watching: bool,
}

/// The figures, and where they are shown.
pub(super) struct Board {
    figures: Mutex<Figures>,
    began: Instant,
}

impl Board {
    pub(super) fn new() -> Self {
        Self { figures: Mutex::default(), began: Instant::now() }
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.figures.lock().expect("no panic holds it"));
    }

    pub(super) fn figures(&self) -> Figures {
        self.figures.lock().expect("no panic holds it").clone()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Shows the figures until it is dropped.
    pub(super) async fn show(&self) -> std::convert::Infallible {
        if std::io::stderr().is_terminal() { self.show_bars().await } else { self.show_lines().await }
    }

    async fn show_bars(&self) -> std::convert::Infallible {
        let bars = Bars::new();
        loop {
            bars.draw(&self.figures());
            tokio::time::sleep(REFRESH).await;
        }
    }

    async fn show_lines(&self) -> std::convert::Infallible {
        let mut sent_before = 0;
        loop {
            tokio::time::sleep(PLAIN_EVERY).await;
            let figures = self.figures();
            let per_second = figures.bytes_sent.saturating_sub(sent_before) / PLAIN_EVERY.as_secs();
            sent_before = figures.bytes_sent;
            crate::say_error(&line(&figures, per_second));
        }
    }
}

/// The figures as one line.
fn line(figures: &Figures, per_second: u64) -> String {
    let Figures { files, files_done, files_failed, bytes, bytes_sent, counts, away, watching } = figures;
    let left = match bytes.saturating_sub(*bytes_sent).checked_div(per_second) {
        Some(seconds) if seconds > 0 => {
            format!(", {} left", humantime::format_duration(Duration::from_secs(seconds)))
        }
        _ => String::new(),
    };
    let mut line = format!(
        "{files_done} of {files} files, {} of {} ({}/s{left}); {}; {} failed",
        HumanBytes(*bytes_sent),
        HumanBytes(*bytes),
        HumanBytes(per_second),
        read(counts),
        files_failed + counts.failed,
    );
    if let Some(away) = away {
        line.extend(["; ", away]);
    } else if *watching {
        line += "; watching for new files";
    }
    line
}

fn read(counts: &Counts) -> String {
    format!("{} of {} photos read, {} faces", counts.ready + counts.failed, counts.received, counts.faces)
}

struct Bars {
    files: ProgressBar,
    bytes: ProgressBar,
    photos: ProgressBar,
    word: ProgressBar,
    all: MultiProgress,
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let bar = |template: &str| {
            let style = ProgressStyle::with_template(template).expect("the template is right");
            all.add(ProgressBar::new(0).with_style(style))
        };
        Self {
            files: bar("sent  {bar:32} {pos}/{len} files  {msg}"),
            bytes: bar("      {bar:32} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left"),
            photos: bar("read  {bar:32} {pos}/{len} photos  {msg}"),
            word: bar("{wide_msg}"),
            all,
        }
    }

    fn draw(&self, figures: &Figures) {
        let counts = &figures.counts;
        let place = |bar: &ProgressBar, length, position| {
            bar.set_length(length);
            bar.set_position(position);
        };
        place(&self.files, figures.files, figures.files_done);
        place(&self.bytes, figures.bytes, figures.bytes_sent);
        place(&self.photos, counts.received, counts.ready + counts.failed);
        self.files.set_message(failed(figures.files_failed));
        self.photos.set_message(format!("{} faces  {}", counts.faces, failed(counts.failed)));
        let watching = if figures.watching { "Watching for new files. Ctrl-C ends it." } else { "" };
        self.word.set_message(figures.away.clone().unwrap_or_else(|| watching.to_owned()));
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        // What cannot be cleared stays on the screen, no more.
        let _ = self.all.clear();
    }
}

fn failed(count: u64) -> String {
    if count == 0 { String::new() } else { format!("{count} failed") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_it_all() {
        let counts = Counts { received: 3, ready: 1, failed: 1, faces: 5, ..Counts::default() };
        let mut figures = Figures {
            files: 10,
            files_done: 4,
            bytes: 4 << 20,
            bytes_sent: 1 << 20,
            counts,
            ..Figures::default()
        };
        let text = line(&figures, 1 << 20);
        assert_eq!(
            text,
            "4 of 10 files, 1.00 MiB of 4.00 MiB (1.00 MiB/s, 3s left); 2 of 3 photos read, 5 faces; 1 failed"
        );
        figures.away = Some("Connection refused; trying again".to_owned());
        assert!(
            line(&figures, 0).ends_with(
                "(0 B/s); 2 of 3 photos read, 5 faces; 1 failed; Connection refused; trying again"
            )
        );
    }
}
