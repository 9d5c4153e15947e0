//! `findme serve`: pages and API, with the background work if asked for.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::http::HeaderValue;
use axum::serve::ListenerExt as _;
use recognizer::Recognizer;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use web::{
    AccessTokens, Looks, MarkedPhotos, MfaKey, NewsFeed, Passwords, Pseudonyms, SealKey, SignedUrls, System,
    Web, WebSettings,
};

use crate::cli::Serve;
use crate::commands::doctor::while_serving;
use crate::config::Config;
use crate::{Installation, gone_events, news, say, system};

/// How often the calls of Rekognition are written down.
const CALLS_EVERY: Duration = Duration::from_secs(10);
/// How long open requests may go on after the process was told to stop.
const GRACE: Duration = Duration::from_secs(5);

pub(crate) async fn run(arguments: Serve, config: &Config) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let installation = Installation::open(config).await?;
    let served = serve(&arguments, config, &installation, stop).await;
    installation.close().await?;
    served
}

async fn serve(
    arguments: &Serve,
    config: &Config,
    installation: &Installation,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let recognizer = installation.recognizer()?;
    let (feed, wake) = (NewsFeed::default(), Arc::new(Notify::new()));
    let web = web_of(config, installation, &recognizer, feed.clone())?;
    let marked = web.marked.clone();
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    tokio::spawn(news::pass_on(installation.store.clone(), feed.clone(), Arc::clone(&wake)));
    let forgetting =
        tokio::spawn(gone_events::forget(installation.store.clone(), recognizer.clone(), marked, feed));
    let worker = arguments.with_worker.then(|| installation.worker(&recognizer, wake));
    let working = worker.map(|worker| {
        let stop = stop.clone();
        tokio::spawn(async move { worker.run(stop).await })
    });
    let counting = tokio::spawn(count_calls(installation.store.clone(), recognizer.clone()));
    greet(config, installation).await?;
    serve_http(listener, web, stop).await?;
    forgetting.abort();
    counting.abort();
    if let Some(working) = working {
        working.await?;
    }
    jobs::write_calls(&installation.store, &recognizer, &installation.clock).await?;
    Ok(())
}

/// Writes down from time to time what Rekognition was asked, if it is.
async fn count_calls(store: Store, recognizer: Recognizer) {
    let clock = system::clock();
    loop {
        tokio::time::sleep(CALLS_EVERY).await;
        // What went wrong stands in the log.
        let _ = jobs::write_calls(&store, &recognizer, &clock).await;
    }
}

/// The parts that the HTTP side needs.
fn web_of(
    config: &Config,
    installation: &Installation,
    recognizer: &Recognizer,
    news: NewsFeed,
) -> anyhow::Result<Web> {
    let secret = installation.jwt_secret()?;
    Ok(Web {
        store: installation.store.clone(),
        blobs: installation.blobs.clone(),
        recognizer: recognizer.clone(),
        clock: installation.clock.clone(),
        entropy: installation.entropy.clone(),
        urls: SignedUrls::new(installation.url_key()?),
        news,
        passwords: Passwords::new(&installation.entropy),
        tokens: AccessTokens::new(&secret, config.jwt_expires_in),
        pseudonyms: Pseudonyms::new(&secret),
        mfa: MfaKey::new(installation.mfa_key()?),
        seals: SealKey::new(installation.seal_key()?),
        looks: Looks::default(),
        marked: MarkedPhotos::default(),
        receiver: installation.receiver(),
        system: system_of(config, installation),
        settings: WebSettings { spool: installation.spool(), ..web_settings(config)? },
    })
}

/// What admins are told of the parts.
fn system_of(config: &Config, installation: &Installation) -> System {
    let (config, store, blobs) = (config.clone(), installation.store.clone(), installation.blobs.clone());
    System::new(installation.clock.now(), move |language| {
        let (config, store, blobs) = (config.clone(), store.clone(), blobs.clone());
        async move { while_serving(&config, &store, &blobs, language).await }
    })
}

fn web_settings(config: &Config) -> anyhow::Result<WebSettings> {
    let origins = config.allowed_origins.iter().map(|origin| HeaderValue::from_str(origin));
    Ok(WebSettings {
        https: config.address().starts_with("https://"),
        public_url: config.address(),
        allowed_origins: origins.collect::<Result<_, _>>().context("ALLOWED_ORIGINS")?,
        trusted_proxies: config.trusted_proxies.clone(),
        rate_limits: config.rate_limits,
        ..WebSettings::default()
    })
}

async fn greet(config: &Config, installation: &Installation) -> anyhow::Result<()> {
    let token = web::new_setup_token(&installation.store, &installation.clock, &installation.entropy).await?;
    let address = config.address();
    say(format_args!("FindMe is ready: {address}"));
    if let Some(token) = token {
        say(format_args!("Create the first admin (works once, for 24 hours): {address}/setup?token={token}"));
    }
    Ok(())
}

/// Answers requests until told to stop; then those that are open may go on for a moment.
async fn serve_http(listener: TcpListener, web: Web, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    // Without it the end of an answer waits up to 40 ms for the browser's word that the beginning came (Nagle's algorithm
    // beside delayed acknowledgements).
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection sends its answers late");
        }
    });
    let router = web::router(web, ui::router()).into_make_service_with_connect_info::<SocketAddr>();
    let server =
        axum::serve(listener, router).with_graceful_shutdown(told_to_stop(stop.clone())).into_future();
    tokio::select! {
        served = server => served.context("the HTTP server failed"),
        () = async { told_to_stop(stop).await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

pub(crate) async fn told_to_stop(mut stop: watch::Receiver<bool>) {
    // The sender lives as long as the process; if it ever went away, stopping is right.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Becomes true on SIGTERM or Ctrl-C.
pub(crate) fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        let _ = sender.send(true);
    });
    Ok(receiver)
}
