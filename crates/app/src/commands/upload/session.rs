//! Who is logged in: tokens, and new ones before the old ones end.
//!
//! A refresh token works once, and one that comes a second time ends the log-in. So a single lock guards the exchange,
//! and where its answer was lost the password is used instead, if it is known.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use console::Term;
use reqwest::{Client, Url, header};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::trouble::{Refusal, Trouble};
use crate::config::UploadSettings;

/// Refresh tokens begin like this.
const REFRESH_PREFIX: &str = "fmr_";
/// A token is renewed so long before it ends, or after four fifths of its life if that is short.
const AHEAD: Duration = Duration::from_mins(1);
/// When a renewal ahead of time failed, the next one.
const AHEAD_AGAIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// A log-in.
pub(super) struct Session {
    client: Client,
    base: Url,
    credentials: Option<Credentials>,
    tokens: Mutex<Tokens>,
}

struct Credentials {
    login: String,
    password: String,
}

struct Tokens {
    access: String,
    refresh: Option<String>,
    renew_at: Option<Instant>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    refresh_token: String,
    expires_in_s: u64,
}

impl From<Answer> for Tokens {
    fn from(answer: Answer) -> Self {
        let lasts = Duration::from_secs(answer.expires_in_s);
        let renew_at = Instant::now() + lasts.saturating_sub(AHEAD.min(lasts / 5));
        Self { access: answer.access_token, refresh: Some(answer.refresh_token), renew_at: Some(renew_at) }
    }
}

/// How the exchange of a refresh token failed.
enum Exchange {
    /// The token was not used.
    Unused(Trouble),
    /// The answer was lost, so nobody knows whether it was used.
    Unknown(Trouble),
    /// It is not good for anything.
    Refused,
}

impl Session {
    /// Logs in with what there is: a token, or an e-mail and a password.
    pub(super) async fn begin(
        client: Client,
        base: Url,
        email: Option<&str>,
        settings: &UploadSettings,
    ) -> anyhow::Result<Self> {
        if let Some(token) = settings.token.as_ref().filter(|_| email.is_none()) {
            let tokens = Tokens::given(token.reveal());
            return Ok(Self { client, base, credentials: None, tokens: Mutex::new(tokens) });
        }
        let credentials = ask_credentials(email, settings)?;
        let tokens = first_log_in(&client, &base, &credentials).await?;
        Ok(Self { client, base, credentials: Some(credentials), tokens: Mutex::new(tokens) })
    }

    /// A token that is good now, as far as is known.
    pub(super) async fn token(&self) -> Result<String, Trouble> {
        let mut tokens = self.tokens.lock().await;
        if tokens.renew_at.is_some_and(|at| at <= Instant::now()) {
            match self.renew_locked(&mut tokens).await {
                Ok(()) => {}
                // The present one is still good for a moment.
                Err(Trouble::Passing { .. }) if !tokens.access.is_empty() => {
                    tokens.renew_at = Some(Instant::now() + AHEAD_AGAIN);
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(tokens.access.clone())
    }

    /// Gets another token than `refused`, once for all who were refused with it.
    pub(super) async fn renew(&self, refused: &str) -> Result<(), Trouble> {
        let mut tokens = self.tokens.lock().await;
        if tokens.access == refused { self.renew_locked(&mut tokens).await } else { Ok(()) }
    }

    async fn renew_locked(&self, tokens: &mut Tokens) -> Result<(), Trouble> {
        if let Some(refresh) = &tokens.refresh {
            match exchange(&self.client, &self.base, refresh).await {
                Ok(fresh) => {
                    *tokens = fresh;
                    return Ok(());
                }
                Err(Exchange::Unused(trouble)) => return Err(trouble),
                // Without a password nothing is lost by a second try: if it was used, the log-in has ended either way.
                Err(Exchange::Unknown(trouble)) if self.credentials.is_none() => return Err(trouble),
                Err(Exchange::Unknown(_) | Exchange::Refused) => tokens.refresh = None,
            }
        }
        let credentials = self.credentials.as_ref().ok_or(Trouble::LoggedOut)?;
        match log_in(&self.client, &self.base, credentials, None).await {
            Ok(fresh) => *tokens = fresh,
            Err(Trouble::Refused(_)) => return Err(Trouble::LoggedOut),
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }
}

impl Tokens {
    /// A token that a person gave: a refresh token is exchanged before the first request.
    fn given(token: &str) -> Self {
        if token.starts_with(REFRESH_PREFIX) {
            let refresh = Some(token.to_owned());
            return Self { access: String::new(), refresh, renew_at: Some(Instant::now()) };
        }
        Self { access: token.to_owned(), refresh: None, renew_at: None }
    }
}

fn ask_credentials(email: Option<&str>, settings: &UploadSettings) -> anyhow::Result<Credentials> {
    let login = match email {
        Some(email) => email.to_owned(),
        None => ask("E-mail", Term::read_line)?.context(
            "say who you are: --email with the password in FINDME_PASSWORD, or a token in FINDME_TOKEN",
        )?,
    };
    let password = match &settings.password {
        Some(password) => password.reveal().to_owned(),
        None => ask("Password", Term::read_secure_line)?
            .context("there is no terminal to ask for the password: put it into FINDME_PASSWORD")?,
    };
    Ok(Credentials { login, password })
}

/// Asks a person at the terminal; `None` if there is none.
fn ask(what: &str, read: impl FnOnce(&Term) -> std::io::Result<String>) -> anyhow::Result<Option<String>> {
    let terminal = Term::stderr();
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    terminal.write_str(&format!("{what}: "))?;
    Ok(Some(read(&terminal)?.trim().to_owned()))
}

/// The log-in at the start, where a person may be asked for the code of the second step.
async fn first_log_in(client: &Client, base: &Url, credentials: &Credentials) -> anyhow::Result<Tokens> {
    let mut code = None;
    loop {
        match log_in(client, base, credentials, code.as_deref()).await {
            Ok(tokens) => return Ok(tokens),
            Err(Trouble::Refused(Refusal { code: problem, detail, .. }))
                if ["mfa_required", "mfa_code_wrong"].contains(&problem.as_str()) =>
            {
                if code.is_some() {
                    crate::say_error(&detail);
                }
                code = ask("Code of the second step", Term::read_line)?;
                if code.is_none() {
                    bail!("this account has a second step: run this at a terminal, or give FINDME_TOKEN");
                }
            }
            Err(trouble) => bail!("log-in at {base}: {trouble}"),
        }
    }
}

async fn log_in(
    client: &Client,
    base: &Url,
    credentials: &Credentials,
    code: Option<&str>,
) -> Result<Tokens, Trouble> {
    let body = json!({ "email": credentials.login, "password": credentials.password, "code": code });
    let answer = post(client, base, "/api/login", body.to_string()).await?;
    if !answer.status().is_success() {
        return Err(Trouble::of(answer).await);
    }
    read(answer).await
}

async fn exchange(client: &Client, base: &Url, refresh: &str) -> Result<Tokens, Exchange> {
    let body = json!({ "refresh_token": refresh }).to_string();
    let answer = match post(client, base, "/api/refresh", body).await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => return Err(Exchange::Unused(error.into())),
        Err(error) => return Err(Exchange::Unknown(error.into())),
    };
    match answer.status().as_u16() {
        200 => read(answer).await.map_err(Exchange::Unknown),
        429 | 503 => Err(Exchange::Unused(Trouble::of(answer).await)),
        500.. => Err(Exchange::Unknown(Trouble::of(answer).await)),
        _ => Err(Exchange::Refused),
    }
}

async fn post(client: &Client, base: &Url, path: &str, body: String) -> reqwest::Result<reqwest::Response> {
    let mut url = base.clone();
    url.set_path(path);
    let request = client.post(url).header(header::CONTENT_TYPE, "application/json").body(body);
    request.timeout(ANSWER_WITHIN).send().await
}

async fn read(answer: reqwest::Response) -> Result<Tokens, Trouble> {
    let body = answer.bytes().await?;
    let answer: Answer = serde_json::from_slice(&body)
        .map_err(|_| Trouble::passing("the answer to the log-in is not FindMe's: is the address right?"))?;
    Ok(answer.into())
}
