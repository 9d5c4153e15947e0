//! `findme reindex`: another pack of real models for an event of real photographs.

use serde_json::{Value, json};

use crate::findme::{Place, some_photos, text};
use crate::server::Server;

/// The photos that a selfie finds, with their bands.
async fn found(server: &Server, selfie: &std::path::Path) -> Vec<String> {
    let consent =
        server.get("/api/attendee/events/gala").await["consent_version"].as_str().unwrap().to_owned();
    let (status, answer) = server.search("gala", selfie, &consent).await;
    assert_eq!(status, 200, "{answer}");
    let matches = answer["matches"].as_array().unwrap().iter();
    let mut ids: Vec<String> = matches
        .filter(|found| found["band"] == "sure")
        .map(|found| found["photo_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

/// The event as its admin sees it.
async fn event(server: &Server) -> Value {
    server.get("/api/events/gala").await
}

/// Creates the admin and logs in.
async fn set_up(server: &Server) {
    let token =
        server.setup_link.as_deref().and_then(|link| link.split_once("token=")).expect("a set-up link").1;
    let admin =
        json!({"token": token, "name": "Ann", "email": "ann@example.org", "password": "correct horse"});
    assert_eq!(server.post("/api/setup", &admin).await.status(), 201);
}

#[tokio::test]
async fn an_event_gets_another_pack_though_the_command_is_killed_in_between() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::with_models();
    let photos = some_photos(&place, 40);
    let imported = place.run(&["import", "--event", "Gala", &photos.display().to_string()]);
    assert!(imported.status.success(), "{}", text(&imported));
    let server = Server::start(&place);
    set_up(&server).await;
    let reindex = |event, pack| place.command(&["reindex", "--event", event, "--pack", pack]);
    let told = |event, pack| text(&reindex(event, pack).output().unwrap());
    assert!(told("Gala", "intel").contains("findme models pull intel"), "{}", told("Gala", "intel"));
    assert!(told("Gala", "x").contains("findme models list"));
    assert!(told("Gala", "research").contains("FINDME_ALLOW_RESEARCH_MODELS=1"));
    assert!(told("Nothing", "intel").contains("no event named"));
    assert!(told("gala", "open").contains("already"));
    let ask = server.post("/api/events/gala/reindex", &json!({"pack": "intel"})).await;
    assert_eq!(ask.status(), 503, "the server lacks the models too");
    assert!(place.run(&["models", "pull", "intel"]).status.success());

    // A photograph of one person finds at least itself, with any pack.
    let selfie = photos.join("DSC_0002.jpg");
    let before = found(&server, &selfie).await;
    assert!(!before.is_empty());
    let mut child = reindex("Gala", "intel").spawn().unwrap();
    // The server's own worker helps; in the middle the command dies.
    let mut searched = 0;
    loop {
        let seen = found(&server, &selfie).await;
        let now = event(&server).await;
        if now["pack"] != "open" {
            break;
        }
        assert_eq!(seen, before, "the old index answers: {now}");
        if now["reindex"]["done"].as_i64().is_some_and(|done| done > 0) {
            searched += 1;
            child.kill().unwrap();
        }
    }
    assert!(searched > 0, "nothing was searched in between");
    child.wait().unwrap();
    assert!(event(&server).await["reindex"].is_null());
    let after = found(&server, &selfie).await;
    assert!(after.iter().any(|id| before.contains(id)), "{before:?} {after:?}");
    assert!(told("Gala", "intel").contains("already"));
    let back = reindex("Gala", "open").output().unwrap();
    assert!(back.status.success(), "{}", text(&back));
    assert_eq!(found(&server, &selfie).await, before);
    assert!(server.terminate().success());
}
