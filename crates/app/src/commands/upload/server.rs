//! The server's API, as somebody who is logged in.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode, Url, header};
use serde::de::DeserializeOwned;

use super::arguments::Upload;
use super::session::Session;
use super::trouble::Trouble;
use crate::config::UploadSettings;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// A connection that is gone without a word, as after a change of Wi-Fi, is noticed after about this long.
const DEAD_AFTER: Duration = Duration::from_secs(30);

/// A server, an event there, and a log-in.
pub(super) struct Server {
    client: Client,
    base: Url,
    event: String,
    session: Session,
}

impl Server {
    /// Finds the server and logs in.
    pub(super) async fn log_in(arguments: &Upload, settings: &UploadSettings) -> anyhow::Result<Self> {
        let (base, event) = (origin(&arguments.server)?, event(&arguments.event)?);
        if base.scheme() == "http" && !is_this_machine(&base) {
            crate::say_error(
                "http:// lets everybody on the way read your password and your photographs: use https://",
            );
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection that the server closes just then would lose the answer to a refresh token, which works once.
        let fresh = builder().pool_max_idle_per_host(0).build()?;
        let session = Session::begin(fresh, base.clone(), arguments.email.as_deref(), settings).await?;
        let client = builder().build()?;
        Ok(Self { client, base, event, session })
    }

    /// The address that people know it by.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// `path` below the event in the API, such as `/photos`.
    pub(super) fn of_event(&self, path: &str) -> String {
        format!("/api/events/{}{path}", self.event)
    }

    /// A request. `path` may have a query; whatever host it names, the request goes to this server.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        let mut url = self.base.join(path).map_err(|_| Trouble::passing(format!("{path} is no address")))?;
        let (path, query) = (url.path().to_owned(), url.query().map(str::to_owned));
        url = self.base.clone();
        url.set_path(&path);
        url.set_query(query.as_deref());
        Ok(self.client.request(method, url))
    }

    /// Sends a request without waiting for its answer's body; a success is returned, all else is trouble.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        let token = self.session.token().await?;
        let answer = request.bearer_auth(&token).send().await?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            StatusCode::UNAUTHORIZED => {
                self.session.renew(&token).await?;
                Err(Trouble::Renewed)
            }
            _ => Err(Trouble::of(answer).await),
        }
    }

    /// Sends a small request and reads the JSON of its answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<T, Trouble> {
        let mut request = self.request(method, path)?.timeout(ANSWER_WITHIN);
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let answer = self.send(request).await?.bytes().await?;
        serde_json::from_slice(&answer)
            .map_err(|error| Trouble::passing(format!("the answer of {path} is not FindMe's: {error}")))
    }

    /// Sends a small request whose answer's headers are all.
    pub(super) async fn head(&self, request: RequestBuilder) -> Result<Response, Trouble> {
        self.send(request.timeout(ANSWER_WITHIN)).await
    }
}

fn builder() -> ClientBuilder {
    // A connection of its own for each file: over one shared connection a lost packet would hold up all of them.
    Client::builder()
        .http1_only()
        .connect_timeout(CONNECT_WITHIN)
        .tcp_keepalive(DEAD_AFTER / 2)
        .tcp_user_timeout(DEAD_AFTER)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("findme/", env!("CARGO_PKG_VERSION")))
}

fn origin(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text).with_context(|| {
        format!("--server is an address such as https://photos.example.org, not {text:?}")
    })?;
    if !["http", "https"].contains(&url.scheme()) || url.host().is_none() {
        bail!("--server begins with https:// or http://, not {text:?}");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        bail!("--server ends with the name of the machine or its port, not {text:?}");
    }
    Ok(url)
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn event(text: &str) -> anyhow::Result<String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        bail!("--event is the last part of the event's address, such as anna-and-ben, not {text:?}");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_its_origin() {
        assert_eq!(origin("https://photos.example.org/").unwrap().as_str(), "https://photos.example.org/");
        assert_eq!(origin("http://10.0.0.2:8080").unwrap().as_str(), "http://10.0.0.2:8080/");
        for wrong in
            ["photos.example.org", "ftp://a.example", "https://a.example/e/gala", "https://me@a.example"]
        {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_event_is_one_part_of_an_address() {
        assert!(event("anna-and-ben").is_ok());
        for wrong in ["", "../admin", "a/b", "a?b", "Gala d'été"] {
            assert!(event(wrong).is_err(), "{wrong}");
        }
    }
}
