//! The connections to Rekognition, and how patient they are.
//!
//! The SDK tries again by itself: after throttling, errors of the service and time-outs, with pauses that grow
//! exponentially and of which each is drawn between nothing and its longest ("full jitter"), so that those who were
//! refused together do not come back together.

use std::time::Duration;

use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::config::retry::RetryConfig;
use aws_sdk_rekognition::config::timeout::TimeoutConfig;
use aws_sdk_rekognition::config::{BehaviorVersion, Config, Credentials, Region, SharedHttpClient};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, tls};

use super::RekognitionSettings;

/// Tries for work that nobody waits for: with the pauses, about fifteen seconds of throttling are waited out.
const BULK_TRIES: u32 = 6;
/// Tries for selfies.
const QUICK_TRIES: u32 = 3;
/// No pause is longer.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long connecting may take.
const CONNECT_LASTS: Duration = Duration::from_secs(5);

/// The connections, which all clients share.
pub(super) fn http() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// A client for photos.
pub(super) fn bulk(settings: &RekognitionSettings, http: SharedHttpClient) -> Client {
    client(settings, http, BULK_TRIES)
}

/// A client for selfies.
pub(super) fn quick(settings: &RekognitionSettings, http: SharedHttpClient) -> Client {
    client(settings, http, QUICK_TRIES)
}

fn client(settings: &RekognitionSettings, http: SharedHttpClient, tries: u32) -> Client {
    let RekognitionSettings { region, access_key_id, secret_access_key, session_token, .. } = settings;
    let retry = RetryConfig::standard()
        .with_max_attempts(tries)
        .with_initial_backoff(settings.first_pause)
        .with_max_backoff(PAUSE_MAX);
    let timeout = TimeoutConfig::builder()
        .connect_timeout(CONNECT_LASTS)
        .operation_attempt_timeout(settings.try_lasts)
        .build();
    let keys =
        Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "FindMe's settings");
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.clone()))
        .credentials_provider(keys)
        .http_client(http)
        .retry_config(retry)
        .timeout_config(timeout);
    config.set_endpoint_url(settings.endpoint.clone());
    Client::from_conf(config.build())
}
