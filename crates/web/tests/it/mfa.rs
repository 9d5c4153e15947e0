//! The second step of staff's log-in.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use totp_rs::{Builder, Secret};

use crate::harness::{Answer, Server};
use crate::people::{PASSWORD, Person};

/// What an authenticator shows now.
fn code(server: &Server, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let now = u64::try_from(server.web.clock.unix_seconds()).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(now).to_string()
}

async fn log_in(server: &Server, code: Option<&str>) -> Answer {
    let form = json!({"login": "ada@example.org", "password": PASSWORD, "code": code});
    server.call(None, "POST", "/api/login", Some(&form)).await
}

/// Sets the second step up; returns the secret and the backup codes.
async fn enrol(server: &Server, who: &Person) -> (String, Vec<String>) {
    let begun = server.call(Some(&who.access), "POST", "/api/me/mfa", None).await.json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let url = begun["otpauth_url"].as_str().unwrap();
    assert!(
        url.starts_with("otpauth://totp/FindMe") && url.contains(&secret) && url.contains("issuer=FindMe"),
        "{url}"
    );
    let confirm = async |code: &str| {
        server.call(Some(&who.access), "POST", "/api/me/mfa/confirm", Some(&json!({"code": code}))).await
    };
    assert_eq!(confirm("000000").await.code(), "mfa_code_wrong");
    let confirmed = confirm(&code(server, &secret)).await.json();
    let codes = confirmed["backup_codes"].as_array().unwrap();
    let codes: Vec<String> = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (secret, codes)
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_second_step_is_asked_for_and_no_code_counts_twice(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let none =
        server.call(Some(&ada.access), "POST", "/api/me/mfa/confirm", Some(&json!({"code": "1"}))).await;
    assert_eq!(none.code(), "mfa_not_begun");
    let (secret, _) = enrol(&server, &ada).await;
    assert_eq!(server.call(Some(&ada.access), "POST", "/api/me/mfa", None).await.code(), "mfa_on");
    assert_eq!(log_in(&server, None).await.code(), "mfa_required");
    assert_eq!(log_in(&server, Some("")).await.code(), "mfa_required");
    let shown = code(&server, &secret);
    assert_eq!(log_in(&server, Some(&shown)).await.code(), "mfa_code_wrong", "it was used to confirm");
    server.pass(30);
    let shown = code(&server, &secret);
    let entered = log_in(&server, Some(&shown)).await;
    assert_eq!(entered.json()["user"]["mfa_enabled"], true);
    assert_eq!(log_in(&server, Some(&shown)).await.code(), "mfa_code_wrong", "a replay");
    server.pass(120);
    assert_eq!(log_in(&server, Some(&shown)).await.code(), "mfa_code_wrong", "an old one");
    let wrong = server.log_in("ada@example.org", "wrong", None).await;
    assert_eq!(wrong.code(), "wrong_credentials", "the second step says nothing about the first");
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_backup_code_opens_once(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let (_, codes) = enrol(&server, &ada).await;
    assert_eq!(codes.len(), 10);
    assert_eq!(log_in(&server, Some(&codes[0])).await.status, StatusCode::OK);
    assert_eq!(log_in(&server, Some(&codes[0])).await.code(), "mfa_code_wrong");
    assert_eq!(
        log_in(&server, Some(&codes[1].to_uppercase().replace('-', " "))).await.status,
        StatusCode::OK
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn secrets_and_codes_are_not_in_the_database(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let (secret, codes) = enrol(&server, &ada).await;
    let raw = Secret::try_from_base32(&secret).unwrap();
    let kept: Vec<u8> = sqlx::query_scalar("select secret from staff_mfa").fetch_one(&pool).await.unwrap();
    let holds = |bytes: &[u8]| kept.windows(bytes.len()).any(|window| window == bytes);
    assert!(!holds(secret.as_bytes()) && !holds(raw.as_bytes()));
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("select code_hash from backup_code").fetch_all(&pool).await.unwrap();
    assert!(
        hashes.len() == 10
            && hashes.iter().all(|hash| hash.len() == 32 && !codes[0].as_bytes().starts_with(hash))
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_second_step_is_taken_away_with_both_steps_unless_it_is_required(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let (secret, codes) = enrol(&server, &ada).await;
    let disable = async |password: &str, code: &str| {
        let form = json!({"password": password, "code": code});
        server.call(Some(&ada.access), "POST", "/api/me/mfa/disable", Some(&form)).await
    };
    let require = async |on: bool| {
        server.call(Some(&ada.access), "PUT", "/api/settings", Some(&json!({"require_mfa": on}))).await
    };
    assert_eq!(require(true).await.status, StatusCode::OK);
    assert_eq!(disable(PASSWORD, &codes[0]).await.code(), "mfa_needed_here");
    assert_eq!(require(false).await.status, StatusCode::OK);
    assert_eq!(disable("wrong", &codes[0]).await.code(), "wrong_credentials");
    assert_eq!(disable(PASSWORD, "000000").await.code(), "mfa_code_wrong");
    server.pass(30);
    assert_eq!(disable(PASSWORD, &code(&server, &secret)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&server, None).await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_admin_can_require_it_of_all_staff(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    enrol(&server, &ada).await;
    server.call(Some(&ada.access), "PUT", "/api/settings", Some(&json!({"require_mfa": true}))).await;
    let events = async || server.call(Some(&paul.access), "GET", "/api/events", None).await;
    assert_eq!(events().await.code(), "mfa_enrolment_needed");
    let entered = server.log_in("paul", PASSWORD, None).await.json();
    assert_eq!(entered["user"]["mfa_enrolment_needed"], true);
    enrol(&server, &paul).await;
    assert_eq!(events().await.status, StatusCode::OK);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_admin_helps_whoever_has_lost_everything(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let paul = server.staff(&ada, "photographer", "paul").await;
    enrol(&server, &paul).await;
    assert_eq!(server.log_in("paul", PASSWORD, None).await.code(), "mfa_required");
    let uri = format!("/api/staff/{}/mfa", paul.user_id);
    let reset = async || server.call(Some(&ada.access), "DELETE", &uri, None).await;
    assert_eq!(reset().await.status, StatusCode::NO_CONTENT);
    assert_eq!(reset().await.code(), "user_not_found", "there is nothing to take away");
    assert_eq!(server.log_in("paul", PASSWORD, None).await.status, StatusCode::OK);
}
