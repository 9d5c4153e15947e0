//! `cargo bench -p app --bench uploads`: memory of `findme serve` while 20 clients upload 50 MB files at once, by tus
//! and as forms, into a folder and into an S3-compatible store.

#![expect(clippy::print_stdout, reason = "a bench answers on its standard output")]

mod process;
#[path = "../crates/blobs/tests/it/s3_server.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "shared with blobs' own tests")]
mod s3_server;
#[expect(dead_code, reason = "shared with benches that also search")]
mod server;

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::future::join_all;
use futures::stream;
use process::mebibytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder, Response};
use server::{Server, URL, findme, open_to_all, shared, start};
use tokio::sync::Barrier;

const CLIENTS: usize = 20;
const FILE_BYTES: usize = 50 * 1000 * 1000;
const MEBIBYTES_MAX: u64 = 300;
/// What a file is sent in.
const PIECE_BYTES: usize = 64 * 1024;

/// How files are sent.
#[derive(Clone, Copy, Debug)]
enum Way {
    Tus,
    Form,
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let s3 = s3_server::start().await;
    let endpoint = format!("http://{}", s3.address);
    let settings = [
        ("S3_BUCKET", "photos"),
        ("S3_ENDPOINT", &endpoint),
        ("S3_ACCESS_KEY_ID", "key"),
        ("S3_SECRET_ACCESS_KEY", "right-secret"),
    ];
    let mut too_much = false;
    for (store, settings) in [("folder", &[][..]), ("S3", &settings[..])] {
        let folder = tempfile::tempdir().expect("a folder");
        open_to_all(folder.path());
        assert!(findme(&root, folder.path(), &["models", "pull"]).status().expect("findme").success());
        let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
        for way in [Way::Tus, Way::Form] {
            let mut command = findme(&root, folder.path(), &["serve"]);
            command.envs(settings.iter().copied());
            let server = start(command, &client).await;
            too_much |= measure(&root, &server, &client, store, way).await > MEBIBYTES_MAX;
        }
    }
    assert!(!too_much, "more than {MEBIBYTES_MAX} MiB");
}

/// Lets all clients send at once; returns the most memory that the server had.
async fn measure(root: &Path, server: &Server, client: &reqwest::Client, store: &str, way: Way) -> u64 {
    let pid = server.0.id();
    let at_start = mebibytes(pid, "VmRSS");
    let photo = Bytes::from(smallest_photo(root));
    let barrier = Barrier::new(CLIENTS);
    let began = Instant::now();
    let sending = (0..CLIENTS).map(|number| {
        let (photo, barrier) = (&photo, &barrier);
        async move {
            let pieces = pieces(photo, &format!("{way:?} {number}"));
            match way {
                Way::Tus => by_tus(client, &pieces, barrier).await,
                Way::Form => as_form(client, &pieces, barrier).await,
            }
        }
    });
    join_all(sending).await;
    let seconds = began.elapsed().as_secs_f64();
    let most = mebibytes(pid, "VmHWM");
    println!(
        "{store}, {way:?}: {CLIENTS} files of {} MB at once in {seconds:.1} s; {at_start} MiB after start, at most {most} MiB",
        FILE_BYTES / 1_000_000
    );
    most
}

fn smallest_photo(root: &Path) -> Vec<u8> {
    let files = server::files(&shared(root).join("photos/public-event/photos")).into_iter();
    let photos = files.map(|file| std::fs::read(file).expect("a photo"));
    photos.filter(|bytes| bytes.starts_with(b"\xFF\xD8\xFF")).min_by_key(Vec::len).expect("a JPEG")
}

/// A JPEG of [`FILE_BYTES`] in pieces that share their bytes, different from all others: the photo's start, a comment
/// with `mark`, the rest, and zeros behind the picture's end.
fn pieces(photo: &Bytes, mark: &str) -> Vec<Bytes> {
    let mut head = photo[..2].to_vec();
    head.extend_from_slice(b"\xFF\xFE");
    head.extend_from_slice(&u16::try_from(mark.len() + 2).expect("a short mark").to_be_bytes());
    head.extend_from_slice(mark.as_bytes());
    head.extend_from_slice(&photo[2..]);
    let missing = FILE_BYTES - head.len();
    let zeros = Bytes::from(vec![0; PIECE_BYTES]);
    let mut pieces = vec![Bytes::from(head)];
    pieces.extend(std::iter::repeat_n(zeros.clone(), missing / PIECE_BYTES));
    pieces.push(zeros.slice(..missing % PIECE_BYTES));
    pieces
}

fn body(pieces: &[Bytes], from: usize) -> Body {
    let mut skip = from;
    let rest = pieces.iter().filter_map(|piece| {
        let skipped = skip.min(piece.len());
        skip -= skipped;
        Some(piece.slice(skipped..)).filter(|piece| !piece.is_empty())
    });
    let rest: Vec<Result<Bytes, std::io::Error>> = rest.map(Ok).collect();
    Body::wrap_stream(stream::iter(rest))
}

/// The answer; as long as the server says so, the client comes back later.
async fn answer(request: impl AsyncFn() -> RequestBuilder) -> Response {
    loop {
        let answer = request().await.send().await.expect("an answer");
        let status = answer.status();
        if status.is_success() {
            return answer;
        }
        assert!(
            matches!(status.as_u16(), 429 | 503),
            "{status}: {}",
            answer.text().await.unwrap_or_default()
        );
        let after = answer.headers()["Retry-After"].to_str().expect("text").parse().expect("seconds");
        tokio::time::sleep(Duration::from_secs(after)).await;
    }
}

async fn by_tus(client: &reqwest::Client, pieces: &[Bytes], barrier: &Barrier) {
    let with = |request: RequestBuilder| request.header("Tus-Resumable", "1.0.0").header("X-FindMe", "1");
    let create = async || {
        with(client.post(format!("{URL}/api/events/gala/uploads")))
            .header("Upload-Length", FILE_BYTES)
            .header("Upload-Metadata", format!("filename {}", BASE64_STANDARD.encode("a.jpg")))
    };
    let created = answer(create).await;
    let location = format!("{URL}{}", created.headers()["Location"].to_str().expect("text"));
    barrier.wait().await;
    let patch = async || {
        let head = answer(async || with(client.head(&location))).await;
        let offset = head.headers()["Upload-Offset"].to_str().expect("text").parse().expect("a number");
        with(client.patch(&location))
            .header("Content-Type", "application/offset+octet-stream")
            .header("Upload-Offset", offset)
            .header("Content-Length", FILE_BYTES - offset)
            .body(body(pieces, offset))
    };
    let done = answer(patch).await;
    assert_eq!(done.headers()["FindMe-Outcome"], "accepted");
}

async fn as_form(client: &reqwest::Client, pieces: &[Bytes], barrier: &Barrier) {
    barrier.wait().await;
    let send = async || {
        let part = Part::stream_with_length(body(pieces, 0), FILE_BYTES as u64).file_name("a.jpg");
        let request = client.post(format!("{URL}/api/events/gala/photos")).header("X-FindMe", "1");
        request.multipart(Form::new().part("photo", part))
    };
    let text = answer(send).await.text().await.expect("an answer");
    assert!(text.contains("\"accepted\""), "{text}");
}
