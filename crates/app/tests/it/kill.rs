//! `kill -9` at random moments of an import: at the end every photo was read exactly once.

use std::time::Duration;

use app::private_postgres::PrivatePostgres;
use domain::EventName;
use store::{PoolSizes, Store};

use crate::findme::{Place, some_photos, text};

const PHOTOS: usize = 60;
const KILLS: usize = 6;

/// Between 50 and 1550 ms.
fn random_moment() -> Duration {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).unwrap();
    Duration::from_millis(50 + u64::from(u16::from_le_bytes(bytes)) % 1500)
}

/// Faces by photo, as the database and the gallery have them.
async fn state(place: &Place) -> (store::photo::Counts, usize, i64) {
    let private = PrivatePostgres::enter(&place.path("data"), None).unwrap();
    let store = Store::connect(&private.url(), &private.url(), PoolSizes::default()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let event = store::event::by_name(&mut tx, &EventName::parse("Gala").unwrap()).await.unwrap().unwrap();
    let counts = store::photo::counts(&mut tx, event.event_id).await.unwrap();
    let open =
        store::job::open_count(&mut tx, None).await.unwrap() + store::job::dead_count(&mut tx).await.unwrap();
    drop(tx);
    let mut faces = 0;
    store.gallery_faces(event.event_id, &event.pack, 0, i64::MAX, |_| faces += 1).await.unwrap();
    store.close().await;
    private.leave().unwrap();
    (counts, faces, open)
}

#[tokio::test]
async fn killed_at_random_moments_every_photo_is_read_exactly_once() {
    let undisturbed = Place::private_with_models();
    let photos = some_photos(&undisturbed, PHOTOS).display().to_string();
    let import = ["import", "--event", "Gala", photos.as_str()];
    let output = undisturbed.run(&import);
    assert!(output.status.success(), "{}", text(&output));
    let expected = state(&undisturbed).await;
    assert_eq!((expected.0.ready, expected.0.received), (60, 60));

    let place = Place::private_with_models();
    let mut moments = Vec::new();
    // The first run makes the database; killing it there is tried too, but not only that.
    for kill in 0..KILLS {
        let mut child = place.command(&import).spawn().unwrap();
        let moment = random_moment() + Duration::from_millis(if kill == 0 { 0 } else { 700 });
        tokio::time::sleep(moment).await;
        child.kill().unwrap();
        child.wait().unwrap();
        moments.push(moment);
    }
    let output = place.run(&import);
    assert!(output.status.success(), "killed at {moments:?}: {}", text(&output));
    assert_eq!(state(&place).await, expected, "killed at {moments:?}");
    let blobs = walkdir::WalkDir::new(place.path("data/blobs/events")).into_iter().flatten();
    let files = blobs.filter(|entry| entry.file_type().is_file()).count();
    assert_eq!(files, 3 * PHOTOS, "an original, a preview and a thumb each, and nothing else");
    let spooled = std::fs::read_dir(place.path("data/spool")).unwrap().count();
    assert_eq!(spooled, 0);
}
