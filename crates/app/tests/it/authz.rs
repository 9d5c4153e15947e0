//! Who may call what: every endpoint of the OpenAPI document, tried by everybody.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64_of::forged;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use web::WebSettings;

use crate::harness::Server;
use crate::people::{PASSWORD, Person};

/// Who is let through to an endpoint. For all others it ends with the answer that [`expected`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Everybody,
    /// Everybody, but for those whose token has run out while their log-in goes on: they get a fresh one first, so that
    /// they are taken for who they are. Who is let in to an event depends on more, which `web/tests/it/visiting.rs` tries.
    Visitors,
    /// Whoever has a token of the kind that the endpoint takes; it asks for no other.
    RefreshToken,
    SignedIn,
    Attendees,
    Staff,
    Admins,
    AdminsAndOrganisers,
    /// Admins, and organisers and photographers of the event.
    EventStaff,
    /// Admins, and organisers of the event.
    EventManagers,
    PhotographersOfEvent,
    OrganisersOfEvent,
    AdminsAtEvent,
}

use For::{
    Admins, AdminsAndOrganisers, AdminsAtEvent, Attendees, EventManagers, EventStaff, Everybody,
    OrganisersOfEvent, PhotographersOfEvent, RefreshToken, SignedIn, Staff, Visitors,
};

/// What is expected of every endpoint. One that is missing here fails the test, and so does one that does not exist.
const ENDPOINTS: &[(&str, &str, For)] = &[
    ("GET", "/live", Everybody), // probes
    ("GET", "/ready", Everybody),
    ("GET", "/health", Everybody),
    ("GET", "/api/health-check", Everybody),
    ("GET", "/api/setup", Everybody), // says only whether a first admin is needed
    ("POST", "/api/setup", Everybody), // needs the token of the link
    ("POST", "/api/login", Everybody),
    ("POST", "/api/refresh", RefreshToken),
    ("POST", "/api/logout", Everybody), // ends nothing without a token
    ("POST", "/api/logout/everywhere", SignedIn),
    ("GET", "/api/me", SignedIn),
    ("DELETE", "/api/me", Attendees),
    ("POST", "/api/me/password", SignedIn),
    ("POST", "/api/me/mfa", Staff),
    ("POST", "/api/me/mfa/confirm", Staff),
    ("POST", "/api/me/mfa/disable", Staff),
    ("POST", "/api/password/forgotten", Everybody), // the answer is the same for known and unknown
    ("POST", "/api/password/reset", Everybody),     // needs the token of the link
    ("POST", "/api/invitations/accept", Everybody), // needs the token of the link
    ("GET", "/api/invitations", Admins),
    ("POST", "/api/invitations", Admins),
    ("DELETE", "/api/invitations/{invitation_id}", Admins),
    ("GET", "/api/staff", Admins),
    ("POST", "/api/staff", Admins),
    ("GET", "/api/staff/{user_id}", Admins),
    ("PATCH", "/api/staff/{user_id}", Admins),
    ("DELETE", "/api/staff/{user_id}", Admins),
    ("POST", "/api/staff/{user_id}/password-link", Admins),
    ("DELETE", "/api/staff/{user_id}/mfa", Admins),
    ("GET", "/api/settings", Admins),
    ("PUT", "/api/settings", Admins),
    ("GET", "/api/statistics", Admins),
    ("GET", "/api/outbox", Admins),
    ("GET", "/api/audit", Admins),
    ("GET", "/api/audit/export", Admins),
    ("GET", "/api/jobs", Admins),
    ("DELETE", "/api/jobs/{job_id}", Admins),
    ("POST", "/api/jobs/{job_id}/retry", Admins),
    ("POST", "/api/jobs/retry-dead", Admins),
    ("GET", "/api/integrations/status", Admins),
    ("GET", "/api/system", Admins),
    ("GET", "/api/events", Staff), // their own; see `lists_show_only_ones_own_events`
    ("POST", "/api/events", AdminsAndOrganisers),
    ("GET", "/api/events/{event}", EventStaff),
    ("PATCH", "/api/events/{event}", EventManagers),
    ("DELETE", "/api/events/{event}", EventManagers),
    ("GET", "/api/events/{event}/staff", EventManagers),
    ("POST", "/api/events/{event}/staff", EventManagers),
    ("PUT", "/api/events/{event}/staff/{user_id}", EventManagers),
    ("DELETE", "/api/events/{event}/staff/{user_id}", EventManagers),
    ("GET", "/api/events/{event}/statistics", EventStaff),
    ("GET", "/api/events/{event}/statistics.csv", EventStaff),
    ("GET", "/api/events/{event}/attendees.csv", EventManagers),
    ("PUT", "/api/events/{event}/images/{kind}", EventStaff),
    ("DELETE", "/api/events/{event}/images/{kind}", EventStaff),
    ("PUT", "/api/events/{event}/watermark", EventStaff),
    ("GET", "/api/events/{event}/watermark/preview", EventStaff),
    ("GET", "/api/events/{event}/packs", EventManagers),
    ("POST", "/api/events/{event}/packs", EventManagers),
    ("GET", "/api/events/{event}/packs/{pack_id}", EventManagers),
    ("DELETE", "/api/events/{event}/packs/{pack_id}", EventManagers),
    ("GET", "/api/events/{event}/wall", EventStaff),
    ("POST", "/api/events/{event}/reindex", EventManagers),
    ("DELETE", "/api/events/{event}/reindex", EventManagers),
    ("GET", "/api/events/{event}/photos", EventStaff),
    ("POST", "/api/events/{event}/photos", EventStaff),
    ("GET", "/api/events/{event}/photos.zip", EventStaff),
    ("POST", "/api/events/{event}/photos/{photo_id}/retry", EventStaff),
    ("POST", "/api/events/{event}/photos/retry", EventStaff),
    ("POST", "/api/events/{event}/photos/actions", EventStaff), // photographers delete only their own
    ("POST", "/api/events/{event}/photos/known", EventStaff),
    ("GET", "/api/events/{event}/batches", EventStaff),
    ("POST", "/api/events/{event}/batches", EventStaff),
    ("GET", "/api/events/{event}/batches/{batch_id}", EventStaff),
    ("GET", "/api/events/{event}/batches/{batch_id}/progress", EventStaff),
    ("OPTIONS", "/api/events/{event}/uploads", Everybody), // says what of the protocol is spoken
    ("POST", "/api/events/{event}/uploads", EventStaff),
    ("HEAD", "/api/events/{event}/uploads/{upload_id}", EventStaff),
    ("PATCH", "/api/events/{event}/uploads/{upload_id}", EventStaff),
    ("DELETE", "/api/events/{event}/uploads/{upload_id}", EventStaff),
    ("GET", "/api/events/{event}/progress", EventStaff),
    ("GET", "/api/events/{event}/attendees", EventStaff),
    ("POST", "/api/events/{event}/attendees/import", EventManagers),
    ("DELETE", "/api/events/{event}/attendees/{user_id}", EventManagers),
    ("POST", "/api/photographer/events/{event}/attendees", PhotographersOfEvent),
    ("POST", "/api/organiser/events/{event}/attendees", OrganisersOfEvent),
    ("POST", "/api/admin/events/{event}/attendees", AdminsAtEvent),
    ("POST", "/api/events/{event}/register", Visitors),
    ("POST", "/api/attendee/events/{event}/enter", Visitors), // needs a code
    ("PUT", "/api/attendee/me/template", Attendees),
    ("PATCH", "/api/attendee/me/template", Attendees),
    ("DELETE", "/api/attendee/me/template", Attendees),
    ("GET", "/api/attendee/me/data", Attendees),
    ("DELETE", "/api/attendee/me/face-data", Attendees),
    ("PUT", "/api/attendee/me/hidden", Attendees),
    ("DELETE", "/api/attendee/events/{event}/visit", Everybody), // forgets nobody but whoever asks
    ("GET", "/api/attendee/events/{event}", Visitors),           // the event's page
    ("POST", "/api/events/{event}/search", Visitors),            // needs a consent
    ("POST", "/api/attendee/events/{event}/matches", Visitors),
    ("PUT", "/api/attendee/events/{event}/verdicts/{photo_id}", Visitors),
    ("DELETE", "/api/attendee/events/{event}/verdicts/{photo_id}", Visitors),
    ("GET", "/api/attendee/events/{event}/favourites", Visitors),
    ("PUT", "/api/attendee/events/{event}/favourites/{photo_id}", Visitors),
    ("DELETE", "/api/attendee/events/{event}/favourites/{photo_id}", Visitors),
    ("GET", "/api/attendee/events/{event}/photos", Visitors),
    ("GET", "/api/attendee/events/{event}/news", Visitors),
    ("GET", "/media/{event_id}/{sha256}/{rendition}", Everybody), // needs a signature
    ("GET", "/media/{event_id}/images/{sha256}", Everybody),      // the event's page shows them
    ("POST", "/media/zip", Everybody),                            // needs a signature for each photo
];

/// Calls that end what the next caller needs; after each the stage is set anew.
const SPOILS: &[(&str, &str)] = &[
    ("POST", "/api/logout"),
    ("POST", "/api/logout/everywhere"),
    ("DELETE", "/api/me"),
    ("DELETE", "/api/events/{event}"),
];

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Nobody,
    Admin,
    Organiser,
    Photographer,
    Attendee,
    OrganiserElsewhere,
    PhotographerElsewhere,
    AttendeeElsewhere,
    /// An admin whose token has run out.
    Expired,
    /// A photographer who wrote "admin" into their token.
    Forged,
    /// A photographer's token; they are an organiser now.
    ChangedRole,
    /// An admin who was deleted.
    Deleted,
    /// An admin who lacks the second step that is required of all: tried in `who_lacks_the_second_step…`.
    Nonsense,
}

const CALLERS: [Caller; 13] = [
    Caller::Nobody,
    Caller::Admin,
    Caller::Organiser,
    Caller::Photographer,
    Caller::Attendee,
    Caller::OrganiserElsewhere,
    Caller::PhotographerElsewhere,
    Caller::AttendeeElsewhere,
    Caller::Expired,
    Caller::Forged,
    Caller::ChangedRole,
    Caller::Deleted,
    Caller::Nonsense,
];

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The handler was reached, whatever it said.
    Open,
    NotLoggedIn,
    Forbidden,
    /// The event does not exist, for this caller.
    Hidden,
}

fn expected(who: For, caller: Caller) -> End {
    use Caller::{
        Admin, Attendee, AttendeeElsewhere, Organiser, OrganiserElsewhere, Photographer,
        PhotographerElsewhere,
    };
    if matches!(who, Everybody) {
        return End::Open;
    }
    if matches!(who, Visitors) {
        let has_fresher = matches!(caller, Caller::Expired | Caller::ChangedRole);
        return if has_fresher { End::NotLoggedIn } else { End::Open };
    }
    if matches!(who, RefreshToken) {
        return End::NotLoggedIn;
    }
    let known = [
        Admin,
        Organiser,
        Photographer,
        Attendee,
        OrganiserElsewhere,
        PhotographerElsewhere,
        AttendeeElsewhere,
    ];
    if !known.contains(&caller) {
        return End::NotLoggedIn;
    }
    let elsewhere = matches!(caller, OrganiserElsewhere | PhotographerElsewhere);
    let is_organiser = matches!(caller, Organiser | OrganiserElsewhere);
    let is_photographer = matches!(caller, Photographer | PhotographerElsewhere);
    let is_attendee = matches!(caller, Attendee | AttendeeElsewhere);
    let of_event = |role_fits: bool| match (role_fits, elsewhere) {
        (_, true) => End::Hidden,
        (true, false) => End::Open,
        (false, false) => End::Forbidden,
    };
    let only = |role_fits: bool| if role_fits { End::Open } else { End::Forbidden };
    match who {
        Everybody | Visitors | RefreshToken | SignedIn => End::Open,
        Attendees => only(is_attendee),
        Staff => only(!is_attendee),
        AdminsAndOrganisers => only(caller == Admin || is_organiser),
        EventStaff | EventManagers if is_attendee => End::Forbidden,
        EventStaff => of_event(true),
        EventManagers => of_event(caller == Admin || is_organiser),
        // The role is asked first: whoever has another learns nothing about the event.
        PhotographersOfEvent => {
            if is_photographer {
                of_event(true)
            } else {
                End::Forbidden
            }
        }
        OrganisersOfEvent => {
            if is_organiser {
                of_event(true)
            } else {
                End::Forbidden
            }
        }
        Admins | AdminsAtEvent => only(caller == Admin),
    }
}

/// A server with everybody at hand.
struct Stage {
    server: Server,
    tokens: BTreeMap<Caller, String>,
}

impl Stage {
    async fn set(pool: &PgPool, name: &str) -> Self {
        let settings = WebSettings { rate_limits: false, ..WebSettings::default() };
        let server = Server::with_settings(pool, settings).await;
        let admin = match server.setup_token().await {
            Some(_) => server.first_admin().await,
            None => Person::of(&server.log_in("ada@example.org", PASSWORD, None).await),
        };
        let staff = async |role, n: &str| server.staff(&admin, role, &format!("{name}-{n}")).await;
        let expired = staff("admin", "expired").await;
        server.pass(16 * 60);
        let admin = Person::of(&server.log_in("ada@example.org", PASSWORD, None).await);
        let staff = async |role, n: &str| server.staff(&admin, role, &format!("{name}-{n}")).await;
        let (organiser, stranger) = (staff("organiser", "olive").await, staff("organiser", "oscar").await);
        let (photographer, other) = (staff("photographer", "paul").await, staff("photographer", "pia").await);
        let event = server.event_of(&organiser, name).await;
        let elsewhere = server.event_of(&stranger, &format!("{name} elsewhere")).await;
        server.assign(&organiser, &event, &photographer).await;
        server.assign(&stranger, &elsewhere, &other).await;
        let attendee = server.attendee(&event, "zoe").await;
        let attendee_elsewhere = server.attendee(&elsewhere, "zoe").await;
        let changed = staff("photographer", "changed").await;
        let deleted = staff("admin", "deleted").await;
        let change = |user: &Person| format!("/api/staff/{}", user.user_id);
        let role = json!({"role": "organiser"});
        assert!(
            server
                .call(Some(&admin.access), "PATCH", &change(&changed), Some(&role))
                .await
                .status
                .is_success()
        );
        assert!(
            server.call(Some(&admin.access), "DELETE", &change(&deleted), None).await.status.is_success()
        );
        let tokens = BTreeMap::from([
            (Caller::Forged, forged(&photographer.access)),
            (Caller::Admin, admin.access),
            (Caller::Organiser, organiser.access),
            (Caller::Photographer, photographer.access),
            (Caller::Attendee, attendee.access),
            (Caller::OrganiserElsewhere, stranger.access),
            (Caller::PhotographerElsewhere, other.access),
            (Caller::AttendeeElsewhere, attendee_elsewhere.access),
            (Caller::Expired, expired.access),
            (Caller::ChangedRole, changed.access),
            (Caller::Deleted, deleted.access),
            (Caller::Nonsense, "nonsense".to_owned()),
        ]);
        Self { server, tokens }
    }

    async fn call(&self, caller: Caller, method: &Method, path: &str, event: &str) -> (u16, String) {
        let nobody = "00000000-0000-4000-8000-000000000000";
        let uri = path.replace("{event}", event).replace("{user_id}", nobody).replace("{photo_id}", nobody);
        let uri = uri.replace("{invitation_id}", nobody).replace("{event_id}", nobody);
        let uri = uri.replace("{batch_id}", nobody).replace("{upload_id}", nobody);
        let uri = uri.replace("{job_id}", nobody);
        let mut request = Request::builder().method(method).uri(&uri);
        if let Some(token) = self.tokens.get(&caller) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let json = request.header(header::CONTENT_TYPE, "application/json").header("x-findme", "1");
        let response = self.server.response(json.body(Body::from("{}")).unwrap()).await;
        let status = response.status().as_u16();
        let problem = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind == "application/problem+json");
        // A stream of events has no end, so only problems are read.
        let code = if problem && method == Method::HEAD {
            // No body: the status has to do.
            let codes = [(401, "not_logged_in"), (403, "forbidden"), (404, "event_not_found")];
            codes.iter().find(|(known, _)| *known == status).map_or("", |(_, code)| code).to_owned()
        } else if problem {
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            serde_json::from_slice::<Value>(&bytes).unwrap()["code"].as_str().unwrap().to_owned()
        } else {
            String::new()
        };
        (status, code)
    }
}

fn end(status: u16, code: &str) -> End {
    match (status, code) {
        (401, "not_logged_in") => End::NotLoggedIn,
        (403, "forbidden") => End::Forbidden,
        (404, "event_not_found") => End::Hidden,
        (500.., _) | (_, "no_such_endpoint" | "method_not_allowed" | "guard_header_missing") => {
            panic!("an answer that must not be: {status} {code}")
        }
        _ => End::Open,
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_endpoint_lets_in_whom_it_should_and_nobody_else(pool: PgPool) {
    let operations = operations();
    let known: Vec<(String, String)> =
        ENDPOINTS.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    for operation in &operations {
        assert!(known.contains(operation), "nobody has said who may call {operation:?}");
    }
    for endpoint in &known {
        assert!(operations.contains(endpoint), "{endpoint:?} does not exist");
    }
    assert_eq!(operations.len(), ENDPOINTS.len());
    let (mut stage, mut sets, mut tries) = (Stage::set(&pool, "gala0").await, 0, 0);
    for (method, path, who) in ENDPOINTS {
        let method: Method = method.parse().unwrap();
        for caller in CALLERS {
            let (status, code) = stage.call(caller, &method, path, &format!("gala{sets}")).await;
            let outcome = end(status, &code);
            assert_eq!(outcome, expected(*who, caller), "{caller:?} calls {method} {path}: {status} {code}");
            tries += 1;
            if SPOILS.contains(&(method.as_str(), *path)) && outcome == End::Open {
                sets += 1;
                stage = Stage::set(&pool, &format!("gala{sets}")).await;
            }
        }
    }
    assert_eq!(tries, ENDPOINTS.len() * CALLERS.len());
    assert!(sets >= 10, "the calls that spoil the stage reached their handlers: {sets}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_lacks_the_second_step_that_is_required_can_only_set_it_up(pool: PgPool) {
    let stage = Stage::set(&pool, "gala").await;
    let admin = stage.tokens[&Caller::Admin].clone();
    let on = json!({"require_mfa": true});
    assert!(stage.server.call(Some(&admin), "PUT", "/api/settings", Some(&on)).await.status.is_success());
    for (method, path, who) in ENDPOINTS {
        if path.starts_with("/api/logout") {
            continue; // the others need the log-in
        }
        let method: Method = method.parse().unwrap();
        let (_, code) = stage.call(Caller::Admin, &method, path, "gala").await;
        let free = matches!(who, Everybody | Visitors | RefreshToken | SignedIn | Attendees)
            || path.starts_with("/api/me");
        let refused = code == "mfa_enrolment_needed" || (method == Method::HEAD && code == "forbidden");
        assert_eq!(refused, !free, "{method} {path}: {code}");
    }
    assert!(
        stage.server.call(Some(&admin), "GET", "/api/me", None).await.json()["mfa_enrolment_needed"] == true
    );
    assert!(stage.server.call(Some(&admin), "POST", "/api/me/mfa", None).await.status.is_success());
    let attendee = &stage.tokens[&Caller::Attendee];
    assert!(
        stage.server.call(Some(attendee), "GET", "/api/me", None).await.status.is_success(),
        "staff only"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn lists_show_only_ones_own_events(pool: PgPool) {
    let stage = Stage::set(&pool, "gala").await;
    for (caller, expected) in [
        (Caller::Admin, vec!["gala", "gala-elsewhere"]),
        (Caller::Organiser, vec!["gala"]),
        (Caller::Photographer, vec!["gala"]),
        (Caller::OrganiserElsewhere, vec!["gala-elsewhere"]),
        (Caller::PhotographerElsewhere, vec!["gala-elsewhere"]),
    ] {
        let token = &stage.tokens[&caller];
        let list = stage.server.call(Some(token), "GET", "/api/events?sort=name", None).await.json();
        let slugs: Vec<&str> =
            list["events"].as_array().unwrap().iter().map(|event| event["slug"].as_str().unwrap()).collect();
        assert_eq!(slugs, expected, "{caller:?}");
    }
}

/// Method and path of every operation of the document.
fn operations() -> Vec<(String, String)> {
    let document = serde_json::to_value(web::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            operations.push((method.to_uppercase(), path.clone()));
        }
    }
    operations
}

/// A handler is registered together with its documentation (`routes!`). So whatever the router has beyond the document
/// stands in the code as a route by hand, and whatever is documented and not registered as one description too many.
#[test]
fn the_router_has_what_the_document_has() {
    let mut described = 0;
    let mut by_hand = Vec::new();
    for entry in walkdir::WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../web/src")) {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let code = std::fs::read_to_string(&path).unwrap();
        described += code.matches("#[utoipa::path(").count();
        for call in [".route(", ".nest(", ".nest_service(", ".route_service("] {
            by_hand.extend(
                code.match_indices(call).map(|(at, _)| code[at..].lines().next().unwrap().to_owned()),
            );
        }
    }
    assert_eq!(by_hand, [r#".route("/api/{*rest}", axum::routing::any(error::no_such_endpoint))"#]);
    assert_eq!(described, operations().len());
}

mod base64_of {
    //! Just enough base64url to write another role into a token.

    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    fn decode(text: &str) -> Vec<u8> {
        let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
        for digit in text.bytes() {
            let value = DIGITS.iter().position(|known| *known == digit).expect("a digit");
            bits = bits << 6 | u32::try_from(value).expect("below 64");
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from(bits >> count & 255).expect("a byte"));
            }
        }
        bytes
    }

    fn encode(bytes: &[u8]) -> String {
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            for place in 0..=chunk.len() {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]));
            }
        }
        text
    }

    /// The same token, in which its owner has written that they are an admin.
    pub(super) fn forged(token: &str) -> String {
        let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        let claims = String::from_utf8(decode(body)).expect("JSON");
        let changed = claims.replace("photographer", "admin");
        assert_ne!(claims, changed);
        assert_eq!(encode(claims.as_bytes()), body, "the encoding is the library's");
        format!("{head}.{}.{signature}", encode(changed.as_bytes()))
    }
}
