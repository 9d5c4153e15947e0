//! `findme serve --with-worker`: the main job over HTTP.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::findme::{Place, shared, text};
use crate::server::Server;

/// Files of one person by the labels: photos and a selfie.
fn files_of(person: &str) -> (Vec<String>, String) {
    let labels = std::fs::read_to_string(shared().join("photos/public-event/labels.csv")).unwrap();
    let is_person =
        |line: &&str| line.split(',').nth(1).is_some_and(|names| names.split(';').any(|name| name == person));
    let files: Vec<String> =
        labels.lines().filter(is_person).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    let (selfies, photos): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.starts_with("selfies/"));
    assert!(photos.len() >= 3 && !selfies.is_empty(), "{person}: {photos:?} {selfies:?}");
    (photos, selfies[0].clone())
}

/// Creates the first admin by the printed link, and the event.
pub(crate) async fn set_up(server: &Server) {
    let token =
        server.setup_link.as_deref().and_then(|link| link.split_once("token=")).expect("a set-up link").1;
    let admin =
        json!({"token": token, "name": "Ann", "email": "ann@example.org", "password": "correct horse"});
    assert_eq!(server.post("/api/setup", &admin).await.status(), 201);
    assert_eq!(server.post("/api/events", &json!({"name": "Gala"})).await.status(), 201);
}

#[tokio::test]
async fn photos_in_one_selfie_out() {
    // The test's own client needs a TLS provider, as the product's does.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::with_models();
    let server = Server::start(&place);
    let ready = server.client.get(format!("{}/ready", server.url)).send().await.unwrap();
    assert_eq!(ready.text().await.unwrap(), "ready");
    set_up(&server).await;
    let event = shared().join("photos/public-event");
    let (mut photos, selfie) = files_of("Scarlett_Johansson");
    let (others, _) = files_of("mammooty");
    photos.truncate(6);
    let of_her = photos.len();
    photos.extend(others.into_iter().filter(|file| !photos.contains(file)).take(4).collect::<Vec<_>>());
    let mut form = Form::new();
    for file in &photos {
        let part = Part::bytes(std::fs::read(event.join(file)).unwrap()).file_name(file.clone());
        form = form.part("photo", part);
    }
    let damaged = std::fs::read(shared().join("hostile/truncated_50pct.jpg")).unwrap();
    form = form.part("photo", Part::bytes(damaged).file_name("damaged.jpg"));
    let (status, uploaded) = server.post_form("/api/events/gala/photos", form).await;
    assert_eq!(status, 200, "{uploaded}");
    let mut counts = Value::Null;
    for _ in 0..300 {
        counts = server.get("/api/events/gala").await["counts"].clone();
        if counts["waiting"] == 0 && counts["working"] == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        (counts["ready"].as_u64(), counts["failed"].as_u64()),
        (Some(photos.len() as u64), Some(1)),
        "{counts}"
    );

    let consent =
        server.get("/api/attendee/events/gala").await["consent_version"].as_str().unwrap().to_owned();
    let (status, found) = server.search("gala", &event.join(&selfie), &consent).await;
    assert_eq!(status, 200, "{found}");
    let sure: Vec<&Value> =
        found["matches"].as_array().unwrap().iter().filter(|found| found["band"] == "sure").collect();
    let results = uploaded["results"].as_array().unwrap();
    let hers = &results[..of_her];
    for found in &sure {
        assert!(
            hers.iter().any(|photo| photo["photo_id"] == found["photo_id"]),
            "a stranger's photo: {found}"
        );
    }
    assert!(sure.len() + 1 >= of_her, "{} of {of_her} photos were found", sure.len());
    let preview = sure[0]["preview_url"].as_str().unwrap();
    let preview = server.client.get(format!("{}{preview}", server.url)).send().await.unwrap();
    assert_eq!(preview.headers()["content-type"], "image/jpeg");
    assert!(preview.bytes().await.unwrap().starts_with(b"\xFF\xD8\xFF"));
    for (file, code) in
        [("text_as.jpg", "selfie_unreadable"), ("bomb_png_1bit_50000x50000.png", "selfie_unreadable")]
    {
        let (status, answer) = server.search("gala", &shared().join("hostile").join(file), &consent).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some(code)), "{file}");
    }

    // While the server runs, another process may use the same installation.
    let doctor = place.run(&["doctor"]);
    assert!(doctor.status.success(), "{}", text(&doctor));
    assert!(server.terminate().success(), "SIGTERM is a clean end");
    let again = Server::start(&place);
    assert_eq!(again.setup_link, None, "there is an admin now");
    let (status, found) = again.search("gala", &event.join(&selfie), &consent).await;
    assert_eq!((status, found["matches"].as_array().map(Vec::len) >= Some(sure.len())), (200, true));
    assert!(again.terminate().success());
}

/// Two processes that share a database and a store, and know no other address of the database than the pools': behind
/// PgBouncer neither is told of anything.
#[tokio::test]
async fn one_process_takes_photos_in_and_another_reads_them() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::with_models();
    let pooled = place.database().map(|database| ("DATABASE_DIRECT_URL", database.addresses.pooled.as_str()));
    let settings: Vec<(&str, &str)> = pooled.into_iter().collect();
    let server = Server::start_as(&place, &["serve"], &settings);
    let mut worker = place.command(&["work"]).envs(settings).stdout(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(worker.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    assert_eq!(said, "FindMe is working.");
    set_up(&server).await;
    let (photos, _) = files_of("Scarlett_Johansson");
    for file in &photos[..3] {
        let bytes = std::fs::read(shared().join("photos/public-event").join(file)).unwrap();
        let form = Form::new().part("photo", Part::bytes(bytes).file_name(file.clone()));
        let (status, uploaded) = server.post_form("/api/events/gala/photos", form).await;
        assert_eq!(status, 200, "{uploaded}");
    }
    let mut counts = Value::Null;
    for _ in 0..300 {
        counts = server.get("/api/events/gala").await["counts"].clone();
        if counts["ready"] == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((&counts["received"], &counts["ready"]), (&json!(3), &json!(3)), "{counts}");
    let pid = rustix::process::Pid::from_child(&worker);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(worker.wait().unwrap().success(), "SIGTERM is a clean end");
    assert!(server.terminate().success());
}

#[tokio::test]
async fn admins_are_told_what_doctor_finds_and_how_to_mend_it() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::with_models();
    let server = Server::start(&place);
    set_up(&server).await;
    let told = server.get("/api/system").await;
    let names = |told: &Value, ok: &[&str]| -> Vec<String> {
        let checks = told["checks"].as_array().unwrap().iter();
        let such = checks.filter(|check| ok.contains(&check["ok"].as_str().unwrap()));
        such.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = [
        "ONNX Runtime",
        "models",
        "disk",
        "database",
        "connections",
        "news",
        "background work",
        "photo store",
    ];
    assert_eq!(names(&told, &["ok"]), all, "{told}");
    let blobs = place.path("data/blobs");
    std::fs::rename(&blobs, place.path("data/elsewhere")).unwrap();
    std::fs::write(&blobs, "a file where a folder should be").unwrap();
    let models = place.path("cache/models");
    std::fs::rename(&models, place.path("cache/moved")).unwrap();
    let request = server.client.get(format!("{}/api/system", server.url)).header("Accept-Language", "fr");
    let told: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(names(&told, &["error"]), ["models", "photo store"], "{told}");
    let checks = told["checks"].as_array().unwrap();
    assert!(checks[1]["detail"].as_str().unwrap().contains("run findme models pull open"), "{told}");
    assert!(checks[7]["mend"].as_str().unwrap().starts_with("vérifiez qu’il existe"), "{told}");
    assert_eq!(checks[3]["detail"], "répond, structure à jour");
}
