//! Tokens, cookies and keys over several processes of one installation.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::findme::{Place, text};
use crate::server::Server;

const PASSWORD: &str = "seven green lamps";

/// Logs in as a program does.
async fn log_in(server: &Server) -> Value {
    let form = json!({"login": "ann@example.org", "password": PASSWORD});
    let answer = server.client.post(format!("{}/api/login", server.url)).json(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn status(server: &Server, token: &Value) -> u16 {
    let request = server.client.get(format!("{}/api/me", server.url)).bearer_auth(token.as_str().unwrap());
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_token_works_in_every_process_and_after_a_restart() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::with_models();
    let one = Server::start(&place);
    let link = one.setup_link.as_deref().expect("a set-up link");
    let token = link.split_once("token=").unwrap().1;
    let admin = json!({"token": token, "name": "Ann", "email": "ann@example.org", "password": PASSWORD});
    assert_eq!(one.post("/api/setup", &admin).await.status(), 201);
    let session = log_in(&one).await;

    let two = Server::start(&place);
    assert_eq!(status(&two, &session["access_token"]).await, 200, "another process");
    let refresh = json!({"refresh_token": session["refresh_token"]});
    let fresh = two.client.post(format!("{}/api/refresh", two.url)).json(&refresh).send().await.unwrap();
    let fresh: Value = fresh.json().await.unwrap();
    assert_eq!(status(&one, &fresh["access_token"]).await, 200, "refreshed there, used here");
    assert!(two.terminate().success() && one.terminate().success());

    let again = Server::start(&place);
    assert_eq!(status(&again, &fresh["access_token"]).await, 200, "after a restart");
    for key in ["jwt.key", "mfa.key", "url.key"] {
        let mode = std::fs::metadata(place.path("data").join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    assert!(again.terminate().success());

    // The key of the environment is used instead, and tokens last as long as they are told to.
    let secret = ("JWT_SECRET", "a key of at least thirty-two characters");
    let other = Server::start_with(&place, &[secret, ("JWT_EXPIRES_IN", "2s")]);
    assert_eq!(status(&other, &fresh["access_token"]).await, 401, "signed with another key");
    let session = log_in(&other).await;
    assert_eq!(session["expires_in_s"], 2);
    assert_eq!(status(&other, &session["access_token"]).await, 200);
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(status(&other, &session["access_token"]).await, 401, "it has run out");
    assert!(other.terminate().success());
}

#[test]
fn settings_that_cannot_be_are_told_with_their_mend() {
    let place = Place::new();
    for (name, value, mend) in [
        ("ALLOWED_ORIGINS", "https://a.example,https://b.example/", "write \"https://b.example\""),
        ("JWT_SECRET", "short", "openssl rand -hex 32"),
        ("JWT_EXPIRES_IN", "soon", "15m"),
        ("MFA_ENCRYPTION_KEY", "short", "openssl rand -hex 32"),
        ("FINDME_TRUSTED_PROXIES", "everybody", "10.0.0.0/8"),
        ("FINDME_RATE_LIMITS", "maybe", "on or off"),
    ] {
        let refused = place.command(&["serve"]).env(name, value).output().unwrap();
        let said = text(&refused);
        assert!(!refused.status.success() && said.contains(name) && said.contains(mend), "{said}");
        assert!(!name.contains("SECRET") || !said.contains("short"), "a secret is not repeated: {said}");
    }
}
