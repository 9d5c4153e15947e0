//! One file per subcommand.

mod admin;
pub mod doctor;
pub mod eval;
mod import;
mod migrate;
mod models;
mod openapi;
mod reindex;
pub mod serve;
pub(crate) mod upload;
mod work;

use std::process::ExitCode;

use crate::cli::{Command, Eval};
use crate::config::Config;

pub(crate) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, config).await.map(|()| ExitCode::SUCCESS),
        Command::Work => work::run(config).await.map(|()| ExitCode::SUCCESS),
        Command::Migrate => migrate::run(config).await.map(|()| ExitCode::SUCCESS),
        Command::Admin(arguments) => admin::run(arguments, config).await.map(|()| ExitCode::SUCCESS),
        Command::Import(arguments) => import::run(arguments, config).await,
        Command::Reindex(arguments) => reindex::run(arguments, config).await,
        Command::Upload(arguments) => upload::run(arguments, config).await,
        Command::Models(arguments) => models::run(arguments, config).await,
        Command::Doctor(arguments) => doctor::run(arguments, config).await,
        Command::Openapi => openapi::run(),
        Command::Eval(Eval::Pairs(arguments)) => eval::pairs::run(config, &arguments),
        Command::Eval(Eval::Event(arguments)) => eval::event::run(config, &arguments),
    }
}
