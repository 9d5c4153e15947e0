//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::Language;

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
    Pairs(EvalPairs),
    Event(EvalEvent),
}

/// Verification of pairs, after the protocol of Labeled Faces in the Wild.
#[derive(Args)]
pub(crate) struct EvalPairs {
    /// A pairs file in the format of LFW's pairs.txt.
    #[arg(long)]
    pub(crate) pairs: PathBuf,
    /// Folder with one folder per person: `Name/Name_0001.jpg`. Pictures may also be PNG or WebP.
    #[arg(long)]
    pub(crate) images: PathBuf,
    /// Also list every pair that is judged wrongly, with its score.
    #[arg(long)]
    pub(crate) wrong: bool,
}

/// How many of a person's photos are found on a labelled event, and how many of those found are theirs.
#[derive(Args)]
pub(crate) struct EvalEvent {
    /// Folder of photographs.
    #[arg(long)]
    pub(crate) photos: PathBuf,
    /// Folder of selfies.
    #[arg(long)]
    pub(crate) selfies: PathBuf,
    /// CSV with the columns file, identities and maybe (names separated by semicolons).
    #[arg(long)]
    pub(crate) labels: PathBuf,
    /// Also write every figure into this file, as JSON.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Also write a sheet with pictures into this file: what was found, missed and wrong, person by person.
    #[arg(long)]
    pub(crate) html: Option<PathBuf>,
    /// Language of the sheet: en or fr.
    #[arg(long, requires = "html", value_parser = language)]
    pub(crate) language: Option<Language>,
}

fn language(text: &str) -> Result<Language, String> {
    match text {
        "en" => Ok(Language::En),
        "fr" => Ok(Language::Fr),
        _ => Err("it must be en or fr".to_owned()),
    }
}
