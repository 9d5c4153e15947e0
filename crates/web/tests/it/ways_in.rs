//! The six ways to an account. All obey one rule: attendees are unique per event, staff across the installation, in any
//! case.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Answer, Server};
use crate::people::{PASSWORD, Person, token_in};

/// A way by which an attendee gets an account.
#[derive(Clone, Copy, Debug)]
enum Way {
    Registers,
    ByPhotographer,
    ByOrganiser,
    ByAdmin,
    ByList,
}

const WAYS: [Way; 5] = [Way::Registers, Way::ByPhotographer, Way::ByOrganiser, Way::ByAdmin, Way::ByList];

/// Two events with everybody who may make accounts there.
struct Stage {
    server: Server,
    admin: Person,
    organiser: Person,
    photographer: Person,
    events: [String; 2],
}

impl Stage {
    async fn new(pool: &PgPool) -> Self {
        let server = Server::start(pool).await;
        let admin = server.first_admin().await;
        let organiser = server.staff(&admin, "organiser", "olive").await;
        let photographer = server.staff(&admin, "photographer", "paul").await;
        let events = [server.event_of(&organiser, "Gala").await, server.event_of(&organiser, "Ball").await];
        for event in &events {
            server.assign(&organiser, event, &photographer).await;
        }
        Self { server, admin, organiser, photographer, events }
    }

    /// Makes an account by this way. The answer of a list is made to look like the others'.
    async fn enter(&self, way: Way, event: &str, email: &str, username: &str) -> Result<(), (u16, Value)> {
        let form = json!({"name": "Zoé", "email": email, "username": username, "password": PASSWORD});
        let post = async |who: Option<&Person>, uri: String| {
            self.server.call(who.map(|who| who.access.as_str()), "POST", &uri, Some(&form)).await
        };
        let answer = match way {
            Way::Registers => post(None, format!("/api/events/{event}/register")).await,
            Way::ByPhotographer => {
                post(Some(&self.photographer), format!("/api/photographer/events/{event}/attendees")).await
            }
            Way::ByOrganiser => {
                post(Some(&self.organiser), format!("/api/organiser/events/{event}/attendees")).await
            }
            Way::ByAdmin => post(Some(&self.admin), format!("/api/admin/events/{event}/attendees")).await,
            Way::ByList => {
                let csv = format!("name,email,username,password\nZoé,{email},{username},{PASSWORD}\n");
                let answer = self.import(event, &csv, false).await;
                let mut report = answer.json();
                return match answer.status {
                    StatusCode::OK => Ok(()),
                    status => Err((if status == 422 { 409 } else { 500 }, report["errors"][0].take())),
                };
            }
        };
        if answer.status == StatusCode::CREATED {
            Ok(())
        } else {
            Err((answer.status.as_u16(), answer.json()))
        }
    }

    async fn import(&self, event: &str, csv: &str, dry_run: bool) -> Answer {
        let request = Request::post(format!("/api/events/{event}/attendees/import?dry_run={dry_run}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.organiser.access))
            .header(header::CONTENT_TYPE, "text/csv")
            .header(header::ACCEPT_LANGUAGE, "fr")
            .body(Body::from(csv.to_owned()))
            .unwrap();
        self.server.send(request).await
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_way_obeys_the_same_rules(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let [gala, ball] = &stage.events;
    for (n, way) in WAYS.into_iter().enumerate() {
        let (email, username) = (format!("zoe{n}@example.org"), format!("zoe{n}"));
        stage.enter(way, gala, &email, &username).await.unwrap_or_else(|error| panic!("{way:?}: {error:?}"));
        // The same person at another event, by each other way.
        let other = WAYS[(n + 1) % WAYS.len()];
        stage
            .enter(other, ball, &email, &username)
            .await
            .unwrap_or_else(|error| panic!("{other:?}: {error:?}"));
        // A second account at the same event, by any way and in any case, is refused and the field named.
        for again in WAYS {
            let (shouted, new) = (email.to_uppercase(), format!("new{n}"));
            let (status, problem) = stage.enter(again, gala, &shouted, &new).await.unwrap_err();
            let told = (status, problem["code"].as_str(), problem["field"].as_str());
            assert_eq!(told, (409, Some("email_taken"), Some("email")), "{way:?} then {again:?}");
            let (shouted, new) = (username.to_uppercase(), format!("new{n}@example.org"));
            let (status, problem) = stage.enter(again, gala, &new, &shouted).await.unwrap_err();
            let told = (status, problem["code"].as_str(), problem["field"].as_str());
            assert_eq!(told, (409, Some("username_taken"), Some("username")), "{way:?} then {again:?}");
        }
        // Each account has a password of its own, and works at its own event.
        for login in [email.to_uppercase(), username] {
            for event in [gala, ball] {
                let entered = stage.server.log_in(&login, PASSWORD, Some(event)).await;
                assert_eq!(entered.json()["user"]["event"]["slug"], *event, "{way:?}");
            }
            assert_eq!(
                stage.server.log_in(&login, PASSWORD, None).await.code(),
                "wrong_credentials",
                "not staff"
            );
        }
        stage.server.pass(120); // the limits of these accounts come back
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_same_e_mail_may_be_staffs_and_an_attendees(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    for way in WAYS.into_iter().take(1) {
        stage.enter(way, &stage.events[0], "olive@example.org", "olive").await.unwrap();
    }
    let staff = stage.server.log_in("olive@example.org", PASSWORD, None).await;
    assert_eq!(staff.json()["user"]["role"], "organiser");
    let attendee = stage.server.log_in("olive@example.org", PASSWORD, Some("gala")).await;
    assert_eq!(attendee.json()["user"]["role"], "attendee");
}

#[sqlx::test(migrations = "../../migrations")]
async fn staff_are_created_or_invited_by_an_admin(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let server = &stage.server;
    let admin = Some(stage.admin.access.as_str());
    for (email, username, code, field) in [
        ("OLIVE@example.org", "new", "email_taken", "email"),
        ("new@example.org", "OLIVE", "username_taken", "username"),
    ] {
        let form = json!({"role": "photographer", "name": "N", "email": email, "username": username, "password": PASSWORD});
        let clash = server.call(admin, "POST", "/api/staff", Some(&form)).await;
        assert_eq!((clash.status.as_u16(), clash.code().as_str()), (409, code));
        assert_eq!(clash.json()["field"], field);
    }
    let invite = async |email: &str, role: &str| {
        server.call(admin, "POST", "/api/invitations", Some(&json!({"email": email, "role": role}))).await
    };
    assert_eq!(invite("olive@EXAMPLE.org", "photographer").await.code(), "email_taken");
    assert_eq!(invite("pia@example.org", "attendee").await.json()["field"], "role");
    assert_eq!(invite("pia@example.org", "photographer").await.status, StatusCode::CREATED);
    let first = token_in(&server.newest_mail(&stage.admin, "pia@example.org").await.unwrap());
    assert_eq!(invite("pia@example.org", "organiser").await.status, StatusCode::CREATED);
    let token = token_in(&server.newest_mail(&stage.admin, "pia@example.org").await.unwrap());
    let accept = async |token: &str, username: &str| {
        let form = json!({"token": token, "name": "Pia", "username": username, "password": PASSWORD});
        server.call(None, "POST", "/api/invitations/accept", Some(&form)).await
    };
    assert_eq!(accept(&first, "pia").await.code(), "link_invalid", "a second invitation replaces the first");
    assert_eq!(accept(&token, "paul").await.code(), "username_taken");
    let accepted = accept(&token, "pia").await;
    assert_eq!(
        (accepted.status, accepted.json()["user"]["role"].as_str()),
        (StatusCode::CREATED, Some("organiser"))
    );
    assert_eq!(accept(&token, "pia2").await.code(), "link_invalid", "it works once");
    // One that has run out, and one that was withdrawn.
    invite("late@example.org", "photographer").await;
    let late = token_in(&server.newest_mail(&stage.admin, "late@example.org").await.unwrap());
    let waiting = server.call(admin, "GET", "/api/invitations", None).await.json();
    let id = waiting["invitations"][0]["invitation_id"].as_str().unwrap().to_owned();
    server.pass(7 * 24 * 3600 + 1);
    assert_eq!(accept(&late, "late").await.code(), "link_invalid");
    let admin = Person::of(&server.log_in("ada@example.org", PASSWORD, None).await);
    let uri = format!("/api/invitations/{id}");
    assert_eq!(server.call(Some(&admin.access), "DELETE", &uri, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.call(Some(&admin.access), "DELETE", &uri, None).await.code(), "invitation_not_found");
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_two_who_register_at_once_one_wins(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    for round in 0..5 {
        let email = format!("race{round}@example.org");
        let all = WAYS.into_iter().chain(WAYS).enumerate();
        let entries = all.map(|(n, way)| {
            let (email, stage) = (email.clone(), &stage);
            async move { stage.enter(way, "gala", &email, &format!("racer{round}x{n}")).await }
        });
        let outcomes = futures::future::join_all(entries).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        for (status, problem) in outcomes.into_iter().filter_map(Result::err) {
            let known = problem["code"] == "email_taken" || problem["code"] == "too_many_attempts";
            assert!(known, "{status} {problem}");
        }
        stage.server.pass(120);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_list_with_one_wrong_line_makes_nobody(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    stage.enter(Way::Registers, "gala", "there@example.org", "there").await.unwrap();
    let csv = "\u{feff}name;email;username;password\n\
               Ann;ann@example.org;;\n\
               ;bob@example.org;;\n\
               Cyd;nonsense;;\n\
               Dan;;dan;\n\
               Eve;THERE@example.org;;\n\
               Fay;ann@EXAMPLE.org;;\n\
               Gil;;gil;1234567890\n";
    for dry_run in [true, false] {
        let answer = stage.import("gala", csv, dry_run).await;
        assert_eq!(answer.status, if dry_run { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY });
        let report = answer.json();
        let errors: Vec<(u64, &str, &str)> = report["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                (
                    error["line"].as_u64().unwrap(),
                    error["field"].as_str().unwrap(),
                    error["code"].as_str().unwrap(),
                )
            })
            .collect();
        let expected = [
            (3, "name", "field_invalid"),
            (4, "email", "field_invalid"),
            (5, "password", "field_invalid"),
            (6, "email", "email_taken"),
            (7, "email", "email_taken"),
            (8, "password", "password_too_easy"),
        ];
        assert_eq!(errors, expected);
        assert_eq!((report["rows"].as_u64(), report["created"].as_u64()), (Some(7), Some(0)));
        let french = report["errors"][3]["detail"].as_str().unwrap();
        assert!(french.contains("déjà"), "{french}");
    }
    let good = "name,email,username\nAnn,ann@example.org,\nBob,bob@example.org,bob\n";
    assert_eq!(stage.import("gala", good, true).await.json()["created"], 0);
    assert_eq!(stage.import("gala", good, false).await.json()["created"], 2);
    // Who has no password is mailed a link to choose one.
    let mail = stage.server.newest_mail(&stage.admin, "ann@example.org").await.unwrap();
    let form = json!({"token": token_in(&mail), "password": PASSWORD});
    let chosen = stage.server.call(None, "POST", "/api/password/reset", Some(&form)).await;
    assert_eq!(chosen.status, StatusCode::NO_CONTENT);
    assert_eq!(stage.server.log_in("ann@example.org", PASSWORD, Some("gala")).await.status, StatusCode::OK);
    for nonsense in ["", "email\na@b\n", "name\n\"\n"] {
        let refused = stage.import("gala", nonsense, false).await;
        assert!(refused.status.is_client_error(), "{nonsense:?}: {}", refused.status);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_account_needs_an_address_or_a_name_and_a_good_password(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let register =
        async |form: &Value| stage.server.call(None, "POST", "/api/events/gala/register", Some(form)).await;
    for (form, field) in [
        (json!({"name": "A", "password": PASSWORD}), "email"),
        (json!({"name": "A", "email": "nonsense", "password": PASSWORD}), "email"),
        (json!({"name": "A", "username": "a b", "password": PASSWORD}), "username"),
        (json!({"name": " ", "username": "ann", "password": PASSWORD}), "name"),
        (json!({"name": "A", "username": "ann", "password": "short"}), "password"),
        (json!({"name": "A", "username": "ann", "password": "1234567890"}), "password"),
        (json!({"name": "A", "username": "ann", "password": ""}), "password"),
    ] {
        let answer = register(&form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert_eq!(answer.json()["field"], field, "{form}");
    }
    assert_eq!(register(&json!({"name": "A"})).await.code(), "body_invalid");
    stage.server.pass(60);
    assert_eq!(
        register(&json!({"name": "A", "username": "ann", "password": PASSWORD})).await.status,
        StatusCode::CREATED
    );
    let elsewhere = stage.server.call(None, "POST", "/api/events/nowhere/register", Some(&json!({}))).await;
    assert_eq!(elsewhere.code(), "event_not_found");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_list_of_a_thousand_fits_and_passwords_stay_as_they_are(pool: PgPool) {
    let stage = Stage::new(&pool).await;
    let row =
        |n| format!("Marie-Claire Dupont-Lefebvre {n},marie-claire.dupont-lefebvre.{n}@example.org,,\n");
    let rows: String = (0..999).map(row).collect();
    let csv = format!("name,email,username,password\n{rows}Zoé,zoe@example.org,,\" seven green lamps \"\n");
    let imported = stage.import("gala", &csv, false).await;
    assert_eq!(imported.json()["created"], 1000, "{}", String::from_utf8_lossy(&imported.bytes));
    let entered = stage.server.log_in("zoe@example.org", " seven green lamps ", Some("gala")).await;
    assert_eq!(entered.status, StatusCode::OK);
    let too_large = stage.import("gala", &"x".repeat(600 * 1024), false).await;
    assert_eq!(too_large.code(), "too_large");
}
