//! People of each role at an event, with their tokens.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Answer, Server};

pub(crate) const PASSWORD: &str = "seven green lamps";

/// Somebody with an account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user_id: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Person {
    pub(crate) fn of(answer: &Answer) -> Self {
        assert!(answer.status.is_success(), "{} {}", answer.status, String::from_utf8_lossy(&answer.bytes));
        let json = answer.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            user_id: text(&json["user"]["user_id"]),
            access: text(&json["access_token"]),
            refresh: text(&json["refresh_token"]),
        }
    }
}

impl Server {
    /// Logs in as a program does.
    pub(crate) async fn log_in(&self, login: &str, password: &str, event: Option<&str>) -> Answer {
        let form = json!({"login": login, "password": password, "event": event});
        self.call(None, "POST", "/api/login", Some(&form)).await
    }

    /// The first admin, made by the set-up link.
    pub(crate) async fn first_admin(&self) -> Person {
        let token = self.setup_token().await.unwrap();
        let form = json!({"token": token, "name": "Ada", "email": "ada@example.org", "password": PASSWORD});
        Person::of(&self.call(None, "POST", "/api/setup", Some(&form)).await)
    }

    /// A member of staff, made by an admin; the e-mail is `name@example.org`.
    pub(crate) async fn staff(&self, admin: &Person, role: &str, name: &str) -> Person {
        let email = format!("{name}@example.org");
        let form =
            json!({"role": role, "name": name, "email": email, "username": name, "password": PASSWORD});
        let made = self.call(Some(&admin.access), "POST", "/api/staff", Some(&form)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&made.bytes));
        Person::of(&self.log_in(&email, PASSWORD, None).await)
    }

    /// An attendee who registers; the e-mail is `name@example.org`.
    pub(crate) async fn attendee(&self, event: &str, name: &str) -> Person {
        let form = json!({"name": name, "email": format!("{name}@example.org"), "password": PASSWORD});
        Person::of(&self.call(None, "POST", &format!("/api/events/{event}/register"), Some(&form)).await)
    }

    /// An event of this person's; returns its slug.
    pub(crate) async fn event_of(&self, owner: &Person, name: &str) -> String {
        let made = self.call(Some(&owner.access), "POST", "/api/events", Some(&json!({"name": name}))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&made.bytes));
        made.json()["slug"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn assign(&self, manager: &Person, event: &str, member: &Person) {
        let uri = format!("/api/events/{event}/staff/{}", member.user_id);
        assert_eq!(self.call(Some(&manager.access), "PUT", &uri, None).await.status, StatusCode::NO_CONTENT);
    }

    /// The text of the newest message to `recipient`.
    pub(crate) async fn newest_mail(&self, admin: &Person, recipient: &str) -> Option<String> {
        let outbox = self.call(Some(&admin.access), "GET", "/api/outbox", None).await.json();
        let found = outbox["messages"].as_array().unwrap().iter().find(|mail| mail["recipient"] == recipient);
        found.map(|mail| mail["body"].as_str().unwrap().to_owned())
    }
}

/// The token of the link in a message.
pub(crate) fn token_in(mail: &str) -> String {
    let token = mail.split_once("?token=").unwrap().1;
    token.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}
