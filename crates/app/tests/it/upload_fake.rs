//! A server that speaks the API of uploads and misbehaves on purpose, and a network that cuts connections.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Digest;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

/// What the server holds, what it was asked, and how it misbehaves.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) uploads: BTreeMap<usize, Upload>,
    /// Stored photos, in order: name and content.
    pub(crate) photos: Vec<(String, Vec<u8>)>,
    /// Bytes of all parts that were taken.
    pub(crate) bytes: usize,
    /// Method and what was asked for, in order.
    pub(crate) asked: Vec<(Instant, String)>,
    pub(crate) known_asked: Vec<usize>,
    pub(crate) log_ins: usize,
    pub(crate) renewals: usize,
    /// A refresh token came a second time.
    pub(crate) reused: bool,
    /// Takes so long for 100 kB.
    pub(crate) slowly: Duration,
    /// So many uploads are refused with 429 first.
    pub(crate) busy: usize,
    /// An access token is good for so many requests.
    pub(crate) token_uses: Option<usize>,
    access: String,
    uses: usize,
    refresh: String,
    used: BTreeSet<String>,
}

/// An upload under way.
#[derive(Default)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
    length: usize,
    /// Who writes: another request takes over, as if the one before were cut off.
    writer: usize,
    gone: bool,
}

/// The server. Names of files tell how it treats them: `text…` is no photo, `damaged…` cannot be read later,
/// `flips…` is stored with a wrong byte.
#[derive(Clone, Default)]
pub(crate) struct Fake {
    world: Arc<Mutex<World>>,
}

impl Fake {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Serves until the test ends; returns the address.
    pub(crate) async fn serve(&self) -> String {
        let api = Router::new()
            .route("/", get(show_event))
            .route("/photos/known", post(known))
            .route("/photos", get(photos))
            .route("/batches", post(async || (StatusCode::CREATED, Json(json!({ "batch_id": "b1" })))))
            .route("/batches/{batch}", get(batch))
            .route("/batches/{batch}/progress", get(progress))
            .route("/uploads", post(create))
            .route(
                "/uploads/{id}",
                get(offset).head(offset).patch(part).delete(async || StatusCode::NO_CONTENT),
            )
            .route_layer(axum::middleware::from_fn_with_state(self.clone(), authorise));
        let router = Router::new()
            .nest("/api/events/gala", api)
            .route("/api/login", post(log_in))
            .route("/api/refresh", post(refresh))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }
}

impl World {
    fn tokens(&mut self) -> Json<Value> {
        let number = self.log_ins + self.renewals;
        (self.access, self.refresh, self.uses) = (format!("a.{number}.s"), format!("fmr_{number}"), 0);
        Json(json!({ "access_token": self.access, "refresh_token": self.refresh, "expires_in_s": 900 }))
    }

    fn counts(&self) -> Value {
        let failed = self.photos.iter().filter(|(name, _)| name.starts_with("damaged")).count();
        let ready = self.photos.len() - failed;
        json!({ "received": self.photos.len(), "waiting": 0, "working": 0, "ready": ready, "failed": failed,
            "without_faces": 0, "duplicates": 0, "rejected": 0, "faces": 3 * ready })
    }
}

fn problem(status: u16, code: &str, detail: &str) -> Response {
    let body = json!({ "code": code, "title": "No", "detail": detail, "status": status });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn authorise(
    State(fake): State<Fake>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let good = {
        let mut world = fake.world();
        world.asked.push((Instant::now(), format!("{} {}", request.method(), request.uri())));
        let token = request.headers().get("authorization").and_then(|token| token.to_str().ok());
        world.uses += 1;
        token == Some(&format!("Bearer {}", world.access))
            && world.token_uses.is_none_or(|uses| world.uses <= uses)
    };
    if good { next.run(request).await } else { problem(401, "not_logged_in", "Log in.") }
}

async fn log_in(State(fake): State<Fake>, Json(form): Json<Value>) -> Response {
    if form["password"] != "right" {
        return problem(401, "wrong_credentials", "The name or the password is wrong.");
    }
    let mut world = fake.world();
    world.log_ins += 1;
    world.tokens().into_response()
}

async fn refresh(State(fake): State<Fake>, Json(form): Json<Value>) -> Response {
    // Long enough for two to meet.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut world = fake.world();
    let token = form["refresh_token"].as_str().unwrap().to_owned();
    if !world.used.insert(token.clone()) {
        world.reused = true;
    }
    if world.reused || token != world.refresh {
        return problem(401, "not_logged_in", "Log in.");
    }
    world.renewals += 1;
    world.tokens().into_response()
}

async fn show_event() -> Json<Value> {
    Json(json!({ "slug": "gala" }))
}

async fn known(State(fake): State<Fake>, Json(asked): Json<Value>) -> Json<Value> {
    let mut world = fake.world();
    let asked: Vec<&str> =
        asked["sha256"].as_array().unwrap().iter().map(|sha| sha.as_str().unwrap()).collect();
    world.known_asked.push(asked.len());
    let there: Vec<String> = world.photos.iter().map(|(_, data)| Digest::of(data).to_string()).collect();
    Json(
        json!({ "known": asked.into_iter().filter(|sha| there.iter().any(|s| s == sha)).collect::<Vec<_>>() }),
    )
}

/// The failed ones, one per page.
async fn photos(State(fake): State<Fake>, Query(query): Query<BTreeMap<String, String>>) -> Json<Value> {
    let world = fake.world();
    let after: usize = query.get("after").map_or(0, |after| after.parse().unwrap());
    let failed = world.photos.iter().enumerate().filter(|(_, (name, _))| name.starts_with("damaged"));
    let Some((number, _)) = failed.clone().nth(after) else { return Json(json!({ "photos": [] })) };
    let reason = json!({ "code": "damaged", "detail": "The photo is damaged." });
    let photo = json!({ "photo_id": number.to_string(), "reason": reason });
    Json(json!({ "photos": [photo], "next": (after + 1).to_string() }))
}

async fn batch(State(fake): State<Fake>, Path(batch_id): Path<String>) -> Json<Value> {
    let world = fake.world();
    let refused = world.uploads.values().filter(|upload| upload.gone);
    let rejected = refused.map(
        |upload| json!({ "file_name": upload.name, "code": "not_a_photo", "detail": "This is no photo." }),
    );
    let rejected: Vec<Value> = rejected.collect();
    Json(json!({ "batch_id": batch_id, "counts": world.counts(), "rejected": rejected }))
}

/// Tells the counts, and breaks off.
async fn progress(State(fake): State<Fake>) -> Response {
    let text = format!("event: progress\nid: 1\ndata: {}\n\n", fake.world().counts());
    ([("content-type", "text/event-stream")], text).into_response()
}

async fn create(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    use base64::Engine as _;
    let mut world = fake.world();
    if world.busy > 0 {
        world.busy -= 1;
        let answer = problem(429, "busy", "Too much at once.");
        return ([("retry-after", "2")], answer).into_response();
    }
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("tus-resumable"), "1.0.0");
    let metadata = header("upload-metadata");
    let name = metadata.split(',').find_map(|pair| pair.strip_prefix("filename ")).unwrap();
    let name = base64::engine::general_purpose::STANDARD.decode(name).unwrap();
    let name = String::from_utf8(name).unwrap();
    let length = header("upload-length").parse().unwrap();
    let id = world.uploads.len();
    world.uploads.insert(id, Upload { name, length, ..Upload::default() });
    (StatusCode::CREATED, [("location", format!("/api/events/gala/uploads/{id}"))]).into_response()
}

async fn offset(State(fake): State<Fake>, Path(id): Path<usize>) -> Response {
    let mut world = fake.world();
    match world.uploads.get_mut(&id) {
        Some(upload) if upload.gone => problem(422, "not_a_photo", "This is no photo."),
        Some(upload) => {
            upload.writer += 1;
            [("upload-offset", upload.data.len().to_string())].into_response()
        }
        None => problem(404, "upload_not_found", "There is no such upload."),
    }
}

async fn part(State(fake): State<Fake>, Path(id): Path<usize>, headers: HeaderMap, body: Body) -> Response {
    let at: usize = headers["upload-offset"].to_str().unwrap().parse().unwrap();
    let (writer, slowly) = {
        let mut world = fake.world();
        let slowly = world.slowly;
        let Some(upload) = world.uploads.get_mut(&id) else {
            return problem(404, "upload_not_found", "There is no such upload.");
        };
        if upload.gone || upload.data.len() != at {
            return problem(409, "offset_wrong", "The offset is wrong.");
        }
        upload.writer += 1;
        (upload.writer, slowly)
    };
    let mut body = body.into_data_stream();
    while let Some(piece) = body.next().await {
        let Ok(piece) = piece else { return problem(400, "cut_off", "It was cut off.") };
        tokio::time::sleep(slowly * u32::try_from(piece.len() / 1000).unwrap() / 100).await;
        let mut world = fake.world();
        let upload = world.uploads.get_mut(&id).unwrap();
        if upload.writer != writer {
            return problem(423, "locked", "Another request writes.");
        }
        upload.data.extend_from_slice(&piece);
        if upload.name.starts_with("text") {
            upload.gone = true;
            return problem(422, "not_a_photo", "This is no photo.");
        }
        world.bytes += piece.len();
    }
    complete(&mut fake.world(), id)
}

fn complete(world: &mut World, id: usize) -> Response {
    let upload = world.uploads.get_mut(&id).unwrap();
    let offset = ("upload-offset", upload.data.len().to_string());
    if upload.data.len() < upload.length {
        return (StatusCode::NO_CONTENT, [offset]).into_response();
    }
    let (name, mut data) = (upload.name.clone(), upload.data.clone());
    if name.starts_with("flips") {
        data[7] ^= 1;
    }
    let there = world.photos.iter().position(|(_, photo)| *photo == data);
    let outcome = if there.is_some() { "duplicate" } else { "accepted" };
    let photo = there.unwrap_or_else(|| {
        world.photos.push((name, data));
        world.photos.len() - 1
    });
    let headers = [offset, ("findme-outcome", outcome.to_owned()), ("findme-photo", photo.to_string())];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// A way to `url` on which every connection is cut after it carried between 100 and 600 kB up.
pub(crate) async fn bad_network(url: &str) -> String {
    let target = url.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, target.clone()));
        }
    });
    format!("http://{address}")
}

async fn carry(mut client: TcpStream, target: String) {
    use tokio::io::AsyncReadExt as _;
    let mut server = TcpStream::connect(target).await.unwrap();
    let mut random = [0; 2];
    getrandom::fill(&mut random).unwrap();
    let most = 100_000 + u64::from(u16::from_le_bytes(random)) * 500_000 / 65_536;
    let (from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut from_client = from_client.take(most);
    // Whichever direction ends first ends both.
    tokio::select! {
        _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
    }
}
