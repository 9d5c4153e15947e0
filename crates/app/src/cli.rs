//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::upload::Upload;

/// Photos of an event, found by a selfie.
#[derive(Parser)]
#[command(name = "findme", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve pages and API.
    Serve(Serve),
    /// Do background work only.
    Work,
    /// Bring the database's shape up to date.
    Migrate,
    /// Accounts of admins.
    #[command(subcommand)]
    Admin(Admin),
    /// Put the photographs of a folder into an event, and read them.
    Import(Import),
    /// Read an event's photos anew with another model pack, while the old index goes on to answer.
    Reindex(Reindex),
    Upload(Upload),
    /// The face models.
    #[command(subcommand)]
    Models(Models),
    /// Check every part and say how to mend what does not work.
    Doctor(Doctor),
    /// Print the OpenAPI document of the API, as JSON.
    Openapi,
    /// Measure how well people are found.
    #[command(subcommand)]
    Eval(Eval),
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Also do the background work.
    #[arg(long)]
    pub(crate) with_worker: bool,
}

#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Create an admin. The password is read from the terminal or the first line of standard input.
    Create {
        /// E-mail address to log in with.
        #[arg(long)]
        email: String,
        /// The person's name.
        #[arg(long)]
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// Compare every photo's row with its files, both ways, read every original, and repair what can be repaired.
    #[arg(long)]
    pub(crate) deep: bool,
    /// Only tell what would be repaired.
    #[arg(long, requires = "deep")]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct Import {
    /// Name of the event; it is created when there is none of this name.
    #[arg(long)]
    pub(crate) event: String,
    /// Folder of photographs, with the folders in it.
    pub(crate) dir: PathBuf,
    /// Print one line of JSON at the end instead of a summary.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Reindex {
    /// Name of the event, or the last part of its address.
    #[arg(long)]
    pub(crate) event: String,
    /// Name of the model pack, as `findme models list` shows it.
    #[arg(long)]
    pub(crate) pack: String,
}

#[derive(Subcommand)]
pub(crate) enum Models {
    /// List the packs: licence, size, whether they are here.
    List,
    /// Get the files of a pack; the default pack when none is named.
    Pull {
        /// Name of the pack.
        pack: Option<String>,
    },
    /// Check the files that are here against their SHA-256.
    Verify,
}

#[derive(Subcommand)]
pub(crate) enum Eval {
    /// Verification of pairs, after the protocol of Labeled Faces in the Wild.
    Pairs {
        /// A pairs file in the format of LFW's pairs.txt.
        #[arg(long)]
        pairs: PathBuf,
        /// Folder with one folder per person: `Name/Name_0001.jpg`.
        #[arg(long)]
        images: PathBuf,
    },
    /// Recall and precision of "my photos" on a labelled event.
    Event {
        /// Folder of photographs.
        #[arg(long)]
        photos: PathBuf,
        /// Folder of selfies.
        #[arg(long)]
        selfies: PathBuf,
        /// CSV with the columns file, identities and maybe (names separated by semicolons).
        #[arg(long)]
        labels: PathBuf,
    },
}
