//! The arguments of `findme upload`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Send photographs to a server, on this machine or another one.
///
/// Who you are: a token in `FINDME_TOKEN`, or your e-mail and your password, which is `FINDME_PASSWORD` or asked for.
/// Whatever interrupts it, the same command goes on where it was.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that a person may give")]
pub(crate) struct Upload {
    /// Address of the server, such as <https://photos.example.org>.
    #[arg(long, value_name = "URL")]
    pub(super) server: String,
    /// The event: the last part of its address, or its id.
    #[arg(long, value_name = "SLUG")]
    pub(super) event: String,
    /// Folders of photographs with the folders in them, or single files.
    #[arg(required = true)]
    pub(super) dirs: Vec<PathBuf>,
    /// E-mail address to log in with.
    #[arg(long)]
    pub(super) email: Option<String>,
    /// Go on looking for new photographs, such as a tethered camera's, until Ctrl-C.
    #[arg(long)]
    pub(super) watch: bool,
    /// Files sent at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(super) parallel: u8,
    /// What this upload is called on the event's page; the folder's name if not given.
    #[arg(long, value_name = "NAME")]
    pub(super) batch_name: Option<String>,
    /// Send every file, not only those whose name ends like a photograph's.
    #[arg(long)]
    pub(super) all: bool,
    /// Where to keep what was sent already; a file in your cache folder if not given.
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// How long to go on trying while nothing at all arrives.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    pub(super) give_up_after: Duration,
    /// End when everything is sent, without waiting until it is read.
    #[arg(long)]
    pub(super) no_wait: bool,
    /// Print one line of JSON at the end instead of a summary.
    #[arg(long)]
    pub(super) json: bool,
}
