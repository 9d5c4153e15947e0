//! `findme admin create`: an admin, without a link.

use std::io::IsTerminal as _;

use anyhow::{Context as _, bail};
use domain::{Email, PersonName, Role, UserId};
use store::staff::{EMAIL_UNIQUE, NewStaff};
use web::Passwords;

use crate::cli::Admin;
use crate::config::Config;
use crate::{Installation, say};

pub(crate) async fn run(arguments: Admin, config: &Config) -> anyhow::Result<()> {
    let Admin::Create { email, name } = arguments;
    let email = Email::parse(&email).context("--email")?;
    let name = PersonName::parse(&name).context("--name")?;
    let password = read_password()?;
    let installation = Installation::open(config).await?;
    let created = create(&installation, &email, &name, password).await;
    installation.close().await?;
    created
}

async fn create(
    installation: &Installation,
    email: &Email,
    name: &PersonName,
    password: String,
) -> anyhow::Result<()> {
    let passwords = Passwords::new(&installation.entropy);
    let hash = passwords.hash(password, &[name.as_str(), email.as_str()], &installation.entropy).await?;
    let new = NewStaff {
        user_id: UserId::from_entropy(&installation.entropy),
        role: Role::Admin,
        name,
        email,
        username: None,
        password_hash: &hash,
        created_at: installation.clock.now(),
    };
    let mut tx = installation.store.begin().await?;
    match store::staff::insert(&mut tx, &new).await {
        Err(error) if error.violates_unique(EMAIL_UNIQUE) => bail!("somebody has this e-mail already"),
        inserted => inserted?,
    }
    tx.commit().await?;
    say(format_args!("{} can log in now.", name.as_str()));
    Ok(())
}

fn read_password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        say("Password (10 characters or more; it is shown as you type):");
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
