//! `findme reindex`: another pack of real models for an event of real photographs.

use std::time::Duration;

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

#[tokio::test]
async fn an_event_gets_another_pack_though_the_command_is_killed_in_between() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::with_models();
    let photos = some_photos(&place, 40);
    let imported = place.run(&["import", "--event", "Gala", &photos.display().to_string()]);
    assert!(imported.status.success(), "{}", text(&imported));
    let reindex = ["reindex", "--event", "Gala", "--pack", "intel"];
    let missing = text(&place.run(&reindex));
    assert!(missing.contains("findme models pull intel"), "{missing}");
    assert!(text(&place.run(&["reindex", "--event", "Gala", "--pack", "x"])).contains("findme models list"));
    let refused = text(&place.run(&["reindex", "--event", "Gala", "--pack", "research"]));
    assert!(refused.contains("FINDME_ALLOW_RESEARCH_MODELS=1"), "{refused}");
    assert!(
        text(&place.run(&["reindex", "--event", "Nothing", "--pack", "intel"])).contains("no event named")
    );
    assert!(text(&place.run(&["reindex", "--event", "gala", "--pack", "open"])).contains("already"));
    assert!(place.run(&["models", "pull", "intel"]).status.success());

    // A photograph of one person finds at least itself, with any pack.
    let selfie = photos.join("DSC_0002.jpg");
    let server = Server::start(&place);
    let before = found(&server, &selfie).await;
    assert!(!before.is_empty());
    let mut child = place.command(&reindex).spawn().unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    // The server's own worker takes over; until it is done, searches are answered from the old index.
    assert!(!found(&server, &selfie).await.is_empty());
    let done = place.run(&reindex);
    assert!(done.status.success(), "{}", text(&done));
    let after = found(&server, &selfie).await;
    assert!(after.iter().any(|id| before.contains(id)), "{before:?} {after:?}");
    let again = text(&place.run(&reindex));
    assert!(again.contains("already"), "{again}");
    assert!(server.terminate().success());
}
