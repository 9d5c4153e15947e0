//! What can happen between this machine and Amazon's.

use std::time::Duration;

use domain::{Band, REKOGNITION_PACK};
use recognizer::{
    FindError, IndexError, Known, NotRead, Operation, Recognizer, Rekognition, SelfieError, ToRead,
};

use crate::fake_server::{self, BLURRED, FakeServer, Fault, TWINS};
use crate::world::{Person, World, settings};

fn there(world: &World) -> (&Rekognition, &FakeServer) {
    (world.recognizer.rekognition().unwrap(), world.server.as_ref().unwrap())
}

#[tokio::test]
async fn throttled_broken_and_hanging_calls_are_tried_again_and_counted_once() {
    let world = World::of_tiles().await;
    let (there, server) = there(&world);
    let event_id = world.event();
    server.fail("IndexFaces", [Fault::Throttled, Fault::Throttled, Fault::Broken]);
    server.fail("CreateCollection", [Fault::Throttled]);
    let photo_id = world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    server.fail("SearchFacesByImage", [Fault::Throttled]);
    server.fail("DetectFaces", [Fault::Hangs(Duration::from_secs(3))]);
    assert_eq!(world.photos_of(event_id, Person::Ann).await, [photo_id]);
    assert_eq!((server.calls("DetectFaces"), server.calls("SearchFacesByImage")), (2, 2));
    let calls = there.take_calls();
    let of = |operation| calls.get(&operation).copied().unwrap_or(0);
    assert_eq!((of(Operation::IndexFaces), of(Operation::DetectFaces)), (1, 1), "{calls:?}");
    assert_eq!((of(Operation::SearchFacesByImage), of(Operation::CreateCollection)), (1, 1), "{calls:?}");
}

#[tokio::test]
async fn who_is_refused_again_and_again_is_told_to_come_back() {
    let world = World::of_tiles().await;
    let (_, server) = there(&world);
    let event_id = world.event();
    world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    server.fail("DetectFaces", [Fault::Throttled; 3]);
    let busy = world.find(event_id, world.selfie_of(Person::Ann)).await;
    assert!(matches!(busy, Err(FindError::Busy(_))), "{busy:?}");
    server.fail("SearchFacesByImage", [Fault::Broken; 3]);
    let away = world.find(event_id, world.selfie_of(Person::Ann)).await;
    assert!(matches!(&away, Err(FindError::Elsewhere(away)) if !away.busy), "{away:?}");
    server.fail("IndexFaces", [Fault::Throttled; 6]);
    let bytes = world.photo_of(Person::Ann, 0);
    let photo = ToRead { photo_id: world.photo_id(), bytes, sent_before: false };
    let later = world.recognizer.index(event_id, REKOGNITION_PACK, vec![photo]).await;
    assert!(matches!(&later, Err(IndexError::Unavailable(away)) if away.busy), "{later:?}");
    server.fail("ListCollections", [Fault::Denied]);
    let denied = there(&world).0.probe().await.unwrap_err();
    assert!(denied.reason.contains("AccessDeniedException"), "{denied}");
    there(&world).0.probe().await.unwrap();
}

#[tokio::test]
async fn a_photo_on_which_it_fails_costs_no_other_and_an_outage_is_nobodys_fault() {
    let world = World::of_tiles().await;
    let (_, server) = there(&world);
    let event_id = world.event();
    let photo = |person| {
        let (photo_id, bytes) = (world.photo_id(), world.photo_of(person, 0));
        ToRead { photo_id, bytes, sent_before: false }
    };
    let photos = vec![photo(Person::Ann), photo(Person::Bea)];
    server.fail_on(&photos[0].photo_id);
    let index = || world.recognizer.index(event_id, REKOGNITION_PACK, photos.clone());
    let read = index().await.unwrap();
    assert!(matches!(&read[0], Err(NotRead::Fails(_))), "{:?}", read[0]);
    assert_eq!(read[1].as_ref().unwrap().faces.len(), 1);
    server.fail("ListCollections", [Fault::Broken; 3]);
    let read = index().await.unwrap();
    assert!(matches!((&read[0], &read[1]), (Err(NotRead::Later(_)), Ok(_))), "{:?}", read[0]);
    server.fail_on(&photos[1].photo_id);
    server.fail("ListCollections", [Fault::Broken; 3]);
    let away = index().await;
    assert!(matches!(away, Err(IndexError::Unavailable(_))), "{away:?}");
}

#[tokio::test]
async fn a_collection_that_vanished_is_empty_and_is_made_again() {
    let world = World::of_tiles().await;
    let (there, server) = there(&world);
    let event_id = world.event();
    let lost = world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    server.lose(&format!("findme-{event_id}"));
    assert_eq!(world.photos_of(event_id, Person::Ann).await, []);
    assert_eq!(there.delete_photos(event_id, &[lost]).await.unwrap(), 0);
    there.delete_collection(event_id).await.unwrap();
    assert_eq!(server.collections(), Vec::<String>::new());
    let photo_id = world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    assert_eq!(world.photos_of(event_id, Person::Ann).await, [photo_id]);
}

#[tokio::test]
async fn what_a_lost_answer_left_there_is_deleted_with_its_photo() {
    let world = World::of_tiles().await;
    let (there, server) = there(&world);
    let event_id = world.event();
    let collection = format!("findme-{event_id}");
    let stays = world.add(event_id, world.photo_of(Person::Bea, 0)).await;
    server.fail("IndexFaces", [Fault::AnswerLost]);
    let photo_id = world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    assert_eq!(server.kept(&collection).unwrap().len(), 3, "the same face twice");
    assert_eq!(world.photos_of(event_id, Person::Ann).await, [photo_id], "which is one photo");
    // Whoever sends it again takes away first what is there.
    world.index_again(event_id, photo_id, world.photo_of(Person::Ann, 0), true).await.unwrap();
    assert_eq!(server.kept(&collection).unwrap().len(), 2);
    assert_eq!(there.delete_photos(event_id, &[photo_id]).await.unwrap(), 1);
    assert_eq!(server.kept(&collection).unwrap(), [stays.to_string()]);
}

#[tokio::test]
async fn faces_are_deleted_beyond_a_page_and_one_that_is_kept_is_told() {
    let world = World::of_tiles().await;
    let (there, server) = there(&world);
    let event_id = world.event();
    let mut photos = Vec::new();
    for _ in 0..3 {
        photos.push(world.add(event_id, fake_server::photo_of(&[0, 1])).await);
    }
    let stays = world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    server.fail("DeleteFaces", [Fault::KeepsOne]);
    let kept = there.delete_photos(event_id, &photos).await.unwrap_err();
    assert!(kept.reason.contains("1 faces"), "{kept}");
    assert_eq!(there.delete_photos(event_id, &photos).await.unwrap(), 1, "the one that was kept");
    assert_eq!(server.kept(&format!("findme-{event_id}")).unwrap(), [stays.to_string()]);
    assert!(server.calls("ListFaces") >= 5, "7 faces, 2 a page");
}

#[tokio::test]
async fn a_face_that_is_seen_but_not_kept_costs_nothing_else() {
    let world = World::of_tiles().await;
    let event_id = world.event();
    let photo_id = world.photo_id();
    let read = world.index(event_id, photo_id, fake_server::photo_of(&[BLURRED, 0])).await.unwrap();
    let [face] = &read.faces[..] else { panic!("one is kept: {:?}", read.faces) };
    let bounds = face.face.bounds;
    assert_eq!((bounds.x, bounds.y, bounds.width, bounds.height), (160.0, 120.0, 160.0, 240.0));
    assert!((face.face.landmarks[0].x - 192.0).abs() < 0.1 && (face.face.landmarks[0].y - 192.0).abs() < 0.1);
    assert!((face.face.quality.yaw - 0.1).abs() < 1e-6);
}

#[tokio::test]
async fn similarities_become_bands() {
    let world = World::of_tiles().await;
    let event_id = world.event();
    world.add(event_id, fake_server::photo_of(&[TWINS[0]])).await;
    world.add(event_id, fake_server::photo_of(&[TWINS[1]])).await;
    let found = world.find(event_id, fake_server::photo_of(&[TWINS[0]])).await.unwrap();
    let bands: Vec<Band> = found.matches.iter().map(|found| found.band).collect();
    assert_eq!(bands, [Band::Sure, Band::Maybe]);
}

#[tokio::test]
async fn what_is_too_small_is_not_sent_and_what_is_large_is_sent_reduced() {
    let world = World::of_tiles().await;
    let (_, server) = there(&world);
    let event_id = world.event();
    let small = world.index(event_id, world.photo_id(), fake_server::picture(60, 60, &[0])).await.unwrap();
    assert!(small.faces.is_empty());
    assert_eq!(server.calls("IndexFaces"), 0);
    let refused = world.find(event_id, fake_server::picture(60, 60, &[0])).await;
    assert!(matches!(refused, Err(FindError::Selfie(SelfieError::FaceTooSmall))), "{refused:?}");
    let refused = world.find(event_id, fake_server::picture(120, 120, &[0])).await;
    assert!(matches!(refused, Err(FindError::Selfie(SelfieError::FaceTooSmall))), "{refused:?}");
    let large =
        world.index(event_id, world.photo_id(), fake_server::picture(6000, 1000, &[0])).await.unwrap();
    assert_eq!((large.photo.width_px, large.faces.len()), (6000, 1));
    assert!((large.faces[0].face.bounds.width - 1500.0).abs() < 1.0, "in pixels of the original");
    assert_eq!(server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_pack_of_models_that_are_not_here_is_refused_and_no_face_is_searched_again() {
    let server = FakeServer::start().await;
    let there = Rekognition::new(settings(&server), REKOGNITION_PACK, None);
    let recognizer = Recognizer::Rekognition(std::sync::Arc::new(there));
    assert!(recognizer.check_pack("open").is_err());
    recognizer.check_pack(REKOGNITION_PACK).unwrap();
    assert_eq!(recognizer.pack_name(), REKOGNITION_PACK);
    assert!(recognizer.events_in_memory().is_empty());
    let event_id = World::of_names().event();
    let gallery =
        recognizer::GalleryVersion { event_id, pack: REKOGNITION_PACK.to_owned(), version: 1, epoch: 0 };
    let face = domain::Embedding::normalised(&[1.0]).unwrap();
    let refused = recognizer.find_again(&gallery, &face, &Known::default()).await;
    assert!(matches!(refused, Err(FindError::KeptElsewhere)), "{refused:?}");
    assert!(!format!("{:?}", settings(&server)).contains("secret"));
}
