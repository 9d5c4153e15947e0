//! Amazon Rekognition's protocol (HTTP, JSON 1.1) served by a test, over people who are coloured tiles. What is sent is
//! held to the service's limits, and calls fail when a test says so.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp};

pub(crate) const ACCESS_KEY_ID: &str = "AKIDTEST";

/// The colours of people.
const COLOURS: [[u8; 3]; 6] =
    [[220, 30, 30], [30, 200, 30], [40, 40, 220], [220, 200, 30], [30, 200, 210], [210, 40, 210]];
/// Somebody who is never sharp: seen, and not kept.
pub(crate) const BLURRED: usize = 5;
/// Two who look somewhat alike.
pub(crate) const TWINS: [usize; 2] = [3, 4];
const BACKGROUND: [u8; 3] = [128, 128, 128];
/// Faces on a page of `ListFaces`, whatever is asked for.
const PAGE: usize = 2;

/// What happens to a call instead of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Too many calls.
    Throttled,
    /// The service fails.
    Broken,
    /// It is done, but its answer is lost.
    AnswerLost,
    /// There is no answer for so long.
    Hangs(Duration),
    /// One face is not deleted.
    KeepsOne,
    /// The key may not.
    Denied,
}

#[derive(Clone, Debug)]
struct Kept {
    face_id: String,
    photo_id: String,
    person: usize,
}

#[derive(Debug, Default)]
struct Inner {
    collections: BTreeMap<String, Vec<Kept>>,
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
    /// Photos on which it fails.
    broken: Vec<String>,
    calls: Vec<String>,
    violations: Vec<String>,
    last_id: u128,
}

/// The server, and what it keeps. It ends with the test's runtime.
#[derive(Clone, Debug)]
pub(crate) struct FakeServer {
    inner: Arc<Mutex<Inner>>,
    pub(crate) endpoint: String,
}

/// A refusal as the service words it.
struct Refusal(StatusCode, &'static str, &'static str);

impl FakeServer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { inner: Arc::default(), endpoint };
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::max(16 * 1024 * 1024))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// Lets the next calls of an operation fail so.
    pub(crate) fn fail(&self, operation: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.entry(operation).or_default().extend(faults);
    }

    /// Lets it fail on a photo from now on.
    pub(crate) fn fail_on(&self, photo_id: &impl ToString) {
        self.lock().broken.push(photo_id.to_string());
    }

    /// The photos' ids of the faces that a collection keeps; `None` without a collection.
    pub(crate) fn kept(&self, collection: &str) -> Option<Vec<String>> {
        let inner = self.lock();
        let faces = inner.collections.get(collection)?;
        Some(faces.iter().map(|face| face.photo_id.clone()).collect())
    }

    /// The names of all collections.
    pub(crate) fn collections(&self) -> Vec<String> {
        self.lock().collections.keys().cloned().collect()
    }

    /// Loses a collection.
    pub(crate) fn lose(&self, collection: &str) {
        assert!(self.lock().collections.remove(collection).is_some(), "there was {collection}");
    }

    /// How often an operation was asked for.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.lock().calls.iter().filter(|call| *call == operation).count()
    }

    /// What was sent that the service would refuse, or that should not have left.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A photo with these people on it, left to right.
pub(crate) fn photo_of(people: &[usize]) -> Bytes {
    picture(640, 480, people)
}

/// A picture of any size with these people on it; at most four.
pub(crate) fn picture(width: usize, height: usize, people: &[usize]) -> Bytes {
    let colour = |x: usize, y: usize| {
        let (slot, is_inside) = (x * 4 / width, y * 4 / height == 1 || y * 4 / height == 2);
        people.get(slot).filter(|_| is_inside).map_or(BACKGROUND, |person| COLOURS[*person])
    };
    let pixels: Vec<u8> =
        (0..width * height).flat_map(|place| colour(place % width, place / width)).collect();
    jpeg(&pixels, width, height)
}

/// RGB pixels as a JPEG file.
pub(crate) fn jpeg(pixels: &[u8], width: usize, height: usize) -> Bytes {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(95).unwrap();
    compressor.set_subsamp(Subsamp::None).unwrap();
    let image = Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
    compressor.compress_to_vec(image).unwrap().into()
}

/// The RGB pixels of a JPEG file, its width and height.
pub(crate) fn pixels(jpeg: &[u8]) -> Option<(Vec<u8>, usize, usize)> {
    let mut decompressor = Decompressor::new().unwrap();
    let header = decompressor.read_header(jpeg).ok()?;
    let (width, height) = (header.width, header.height);
    let mut pixels = vec![0; width * height * 3];
    let image = Image { pixels: &mut pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    decompressor.decompress(jpeg, image).ok()?;
    Some((pixels, width, height))
}

async fn answer(State(server): State<FakeServer>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let target = header("x-amz-target").strip_prefix("RekognitionService.").unwrap_or_default().to_owned();
    server.lock().calls.push(target.clone());
    let signed = header("authorization")
        .starts_with(&format!("AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/"))
        && header("authorization").contains("Signature=")
        && !header("x-amz-date").is_empty();
    if !signed || header("content-type") != "application/x-amz-json-1.1" {
        server.lock().violations.push(format!("{target} was not signed, or is no JSON 1.1"));
        return refuse(&Refusal(StatusCode::BAD_REQUEST, "IncompleteSignatureException", "sign it"));
    }
    let fault = server.lock().faults.get_mut(target.as_str()).and_then(VecDeque::pop_front);
    match fault {
        Some(Fault::Throttled) => {
            return refuse(&Refusal(StatusCode::BAD_REQUEST, "ThrottlingException", "slow down"));
        }
        Some(Fault::Broken) => return refuse(&BROKEN),
        Some(Fault::Denied) => {
            return refuse(&Refusal(StatusCode::BAD_REQUEST, "AccessDeniedException", "not you"));
        }
        Some(Fault::Hangs(time)) => tokio::time::sleep(time).await,
        Some(Fault::AnswerLost | Fault::KeepsOne) | None => {}
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    if server.lock().broken.iter().any(|photo_id| asked["ExternalImageId"] == photo_id.as_str()) {
        return refuse(&BROKEN);
    }
    let done = server.lock().act(&target, &asked, matches!(fault, Some(Fault::KeepsOne)));
    match (done, fault) {
        (_, Some(Fault::AnswerLost)) => refuse(&BROKEN),
        (Ok(answer), _) => {
            ([("content-type", "application/x-amz-json-1.1")], answer.to_string()).into_response()
        }
        (Err(refusal), _) => refuse(&refusal),
    }
}

const BROKEN: Refusal = Refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "broken");
const NO_COLLECTION: Refusal =
    Refusal(StatusCode::BAD_REQUEST, "ResourceNotFoundException", "The collection id does not exist");

fn refuse(Refusal(status, kind, message): &Refusal) -> Response {
    let body = json!({"__type": kind, "message": message}).to_string();
    (*status, [("content-type", "application/x-amz-json-1.1"), ("x-amzn-errortype", *kind)], body)
        .into_response()
}

impl Inner {
    fn act(&mut self, target: &str, asked: &Value, keeps_one: bool) -> Result<Value, Refusal> {
        let collection = asked["CollectionId"].as_str().unwrap_or_default().to_owned();
        match target {
            "ListCollections" => Ok(json!({"CollectionIds": []})),
            "CreateCollection" if self.collections.contains_key(&collection) => {
                Err(Refusal(StatusCode::BAD_REQUEST, "ResourceAlreadyExistsException", "it is there"))
            }
            "CreateCollection" => {
                self.collections.insert(collection, Vec::new());
                Ok(json!({"StatusCode": 200}))
            }
            "DeleteCollection" => {
                self.collections.remove(&collection).ok_or(NO_COLLECTION)?;
                Ok(json!({"StatusCode": 200}))
            }
            "DescribeCollection" => {
                let faces = self.collections.get(&collection).ok_or(NO_COLLECTION)?;
                Ok(json!({"FaceCount": faces.len()}))
            }
            "DetectFaces" => {
                let seen = self.look(asked)?;
                Ok(json!({"FaceDetails": seen.iter().map(detail).collect::<Vec<_>>()}))
            }
            "IndexFaces" => self.index(&collection, asked),
            "SearchFacesByImage" => self.search(&collection, asked),
            "ListFaces" => self.list(&collection, asked),
            "DeleteFaces" => self.delete(&collection, asked, keeps_one),
            _ => Err(Refusal(StatusCode::BAD_REQUEST, "UnknownOperationException", "what?")),
        }
    }

    /// The people on a picture that keeps the limits, with the places where they stand.
    fn look(&mut self, asked: &Value) -> Result<Vec<(usize, usize)>, Refusal> {
        let bytes = asked["Image"]["Bytes"].as_str().unwrap_or_default();
        let bytes = STANDARD.decode(bytes).unwrap_or_default();
        if bytes.len() > 5 * 1024 * 1024 {
            self.violations.push(format!("a picture of {} bytes", bytes.len()));
            return Err(Refusal(StatusCode::BAD_REQUEST, "ImageTooLargeException", "5 MiB"));
        }
        // APP1 holds EXIF and XMP.
        if bytes.windows(2).take(64).any(|pair| pair == [0xFF, 0xE1]) {
            self.violations.push("a picture with metadata".to_owned());
        }
        let Some((pixels, width, height)) = pixels(&bytes) else {
            self.violations.push("something that is no picture".to_owned());
            return Err(Refusal(StatusCode::BAD_REQUEST, "InvalidImageFormatException", "JPEG or PNG"));
        };
        if width.min(height) < 80 || width.max(height) > 4096 {
            self.violations.push(format!("a picture of {width} × {height}"));
            return Err(Refusal(StatusCode::BAD_REQUEST, "InvalidParameterException", "80 to 4096 pixels"));
        }
        let person = |slot: usize| {
            let at = (height / 2 * width + slot * width / 4 + width / 8) * 3;
            let near =
                |colour: &[u8; 3]| colour.iter().zip(&pixels[at..at + 3]).all(|(a, b)| a.abs_diff(*b) < 28);
            Some((slot, COLOURS.iter().position(near)?))
        };
        Ok((0..4).filter_map(person).collect())
    }

    fn index(&mut self, collection: &str, asked: &Value) -> Result<Value, Refusal> {
        let seen = self.look(asked)?;
        if asked["MaxFaces"].as_u64().is_none_or(|most| most > 100) || asked["QualityFilter"] != "AUTO" {
            self.violations.push("an index without limits".to_owned());
        }
        let photo_id = asked["ExternalImageId"].as_str().unwrap_or_default().to_owned();
        if !self.collections.contains_key(collection) {
            return Err(NO_COLLECTION);
        }
        let (mut records, mut left_out) = (Vec::new(), Vec::new());
        for (slot, person) in seen {
            if person == BLURRED {
                left_out.push(json!({"Reasons": ["LOW_SHARPNESS"], "FaceDetail": detail(&(slot, person))}));
                continue;
            }
            self.last_id += 1;
            let face_id = uuid::Uuid::from_u128(self.last_id << 64).to_string();
            records.push(json!({
                "Face": {"FaceId": face_id, "ExternalImageId": photo_id},
                "FaceDetail": detail(&(slot, person)),
            }));
            let kept = Kept { face_id, photo_id: photo_id.clone(), person };
            self.collections.entry(collection.to_owned()).or_default().push(kept);
        }
        Ok(json!({"FaceRecords": records, "UnindexedFaces": left_out}))
    }

    fn search(&mut self, collection: &str, asked: &Value) -> Result<Value, Refusal> {
        let seen = self.look(asked)?;
        let Some((_, wanted)) = seen.first().copied() else {
            let message = "There are no faces in the image. Should be at least 1.";
            return Err(Refusal(StatusCode::BAD_REQUEST, "InvalidParameterException", message));
        };
        let least = asked["FaceMatchThreshold"].as_f64().unwrap_or(80.0);
        let faces = self.collections.get(collection).ok_or(NO_COLLECTION)?;
        let found = faces.iter().filter_map(|kept| {
            let similarity = similarity(wanted, kept.person);
            let face = json!({"FaceId": kept.face_id, "ExternalImageId": kept.photo_id});
            (similarity >= least).then(|| json!({"Similarity": similarity, "Face": face}))
        });
        Ok(json!({"FaceMatches": found.collect::<Vec<_>>()}))
    }

    fn list(&mut self, collection: &str, asked: &Value) -> Result<Value, Refusal> {
        let faces = self.collections.get(collection).ok_or(NO_COLLECTION)?;
        let from = asked["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let page: Vec<Value> = faces[from..]
            .iter()
            .take(PAGE)
            .map(|kept| json!({"FaceId": kept.face_id, "ExternalImageId": kept.photo_id}))
            .collect();
        let next = (from + PAGE < faces.len()).then(|| (from + PAGE).to_string());
        Ok(json!({"Faces": page, "NextToken": next}))
    }

    fn delete(&mut self, collection: &str, asked: &Value, keeps_one: bool) -> Result<Value, Refusal> {
        let faces = self.collections.get_mut(collection).ok_or(NO_COLLECTION)?;
        let mut wanted: Vec<&str> =
            asked["FaceIds"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let kept = if keeps_one { wanted.pop() } else { None };
        faces.retain(|face| !wanted.contains(&face.face_id.as_str()));
        let reasons = ["ASSOCIATED_TO_AN_EXISTING_USER"];
        let failed: Vec<Value> =
            kept.iter().map(|face_id| json!({"FaceId": face_id, "Reasons": reasons})).collect();
        Ok(json!({"DeletedFaces": wanted, "UnsuccessfulFaceDeletions": failed}))
    }
}

fn similarity(a: usize, b: usize) -> f64 {
    if a == b {
        99.95
    } else if TWINS.contains(&a) && TWINS.contains(&b) {
        85.0
    } else {
        3.0
    }
}

fn detail((slot, _): &(usize, usize)) -> Value {
    let left = f64::from(u32::try_from(*slot).unwrap()) * 0.25;
    json!({
        "BoundingBox": {"Left": left, "Top": 0.25, "Width": 0.25, "Height": 0.5},
        "Confidence": 99.9,
        "Landmarks": [{"Type": "eyeLeft", "X": left + 0.05, "Y": 0.4}, {"Type": "nose", "X": left + 0.1, "Y": 0.5}],
        "Pose": {"Yaw": 9.0},
        "Quality": {"Sharpness": 80.0},
    })
}
