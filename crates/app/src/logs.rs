//! Where logs go: standard error, as text for people, as JSON in production.

use tracing_subscriber::EnvFilter;

use crate::config::Config;

pub(crate) fn begin(config: &Config) {
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    // ONNX Runtime and the HTTP client speak of their own matters below warnings.
    let quiet = ["ort=warn", "hyper=warn", "reqwest=warn", "sqlx=warn"];
    let filter = quiet.iter().filter_map(|text| text.parse().ok()).fold(filter, EnvFilter::add_directive);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.production {
        logs.json().init();
    } else {
        logs.with_target(false).compact().init();
    }
}
