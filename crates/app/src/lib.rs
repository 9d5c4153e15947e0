//! The binary `findme`: serve, work, migrate, admin, import, reindex, models, doctor, openapi, eval.
//!
//! ## Why
//! - The wiring is here and nowhere else: this crate alone reads the environment, the clock and the operating
//!   system's randomness, and hands them down as arguments.
//! - It is a library with a three-line `main`, so that tests and benches start what people start.

mod cli;
pub mod commands;
pub mod config;
pub mod gone_events;
mod installation;
mod logs;
mod models;
pub mod news;
mod photo_store;
pub mod private_postgres;
mod production;
pub mod rekognition;
mod secrets;
mod system;

use std::process::ExitCode;

use clap::Parser as _;

pub use installation::Installation;

/// Reads the arguments and does what they say. Exit codes: 0 done, 1 failed, 2 done but some photos could not be read.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let config = match config::Config::from_environment() {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    logs::begin(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("async").build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(commands::run(cli.command, &config)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    say_error(&format!("findme: {error:#}"));
    ExitCode::FAILURE
}

/// Writes a line for the person at the terminal.
#[expect(clippy::print_stdout, reason = "the one place where a command answers")]
pub(crate) fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

/// Writes a line about a failure for the person at the terminal.
#[expect(clippy::print_stderr, reason = "the one place where a command complains")]
pub(crate) fn say_error(line: &str) {
    eprintln!("{line}");
}
