//! What every recognizer keeps to, whoever finds the faces.

use recognizer::{FindError, NotRead, PhotoError, SelfieError};

use crate::world::{Person, World};

/// The same tests for each.
macro_rules! contract {
    ($($test:ident)*) => {
        mod fake {
            $(#[tokio::test] async fn $test() { super::$test(&super::World::of_names()).await; })*
        }
        mod rekognition {
            $(#[tokio::test] async fn $test() {
                let world = super::World::of_tiles().await;
                super::$test(&world).await;
                assert_eq!(world.server.unwrap().violations(), Vec::<String>::new());
            })*
        }
        mod local {
            $(#[tokio::test] async fn $test() { super::$test(&super::World::of_photographs()).await; })*
        }
    };
}

contract! {
    a_person_is_found_on_their_photos_and_on_nobody_elses
    another_events_photos_are_never_found
    a_deleted_photo_is_not_found
    what_is_no_selfie_is_named
    a_damaged_photo_costs_itself_only
    a_forgotten_event_has_nothing
    photos_come_out_in_the_order_in_which_they_went_in
}

async fn a_person_is_found_on_their_photos_and_on_nobody_elses(world: &World) {
    let event_id = world.event();
    let mut of_ann = vec![
        world.add(event_id, world.photo_of(Person::Ann, 0)).await,
        world.add(event_id, world.photo_of(Person::Ann, 1)).await,
    ];
    let of_bea = world.add(event_id, world.photo_of(Person::Bea, 0)).await;
    world.add(event_id, world.without_anybody()).await;
    of_ann.sort();
    assert_eq!(world.photos_of(event_id, Person::Ann).await, of_ann);
    assert_eq!(world.photos_of(event_id, Person::Bea).await, [of_bea]);
    let found = world.find(event_id, world.selfie_of(Person::Ann)).await.unwrap();
    assert_eq!(found.faces_searched, 3);
    assert!(found.matches.iter().all(|found| found.score.0 > 0.0 && found.score.0 <= 1.0));
    assert_eq!(found.embedding.is_none(), world.server.is_some());
}

async fn another_events_photos_are_never_found(world: &World) {
    let (event_id, other) = (world.event(), world.event());
    world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    assert_eq!(world.photos_of(other, Person::Ann).await, [], "an event that never had a photo");
    let there = world.add(other, world.photo_of(Person::Ann, 1)).await;
    assert_eq!(world.photos_of(other, Person::Ann).await, [there]);
}

async fn a_deleted_photo_is_not_found(world: &World) {
    let event_id = world.event();
    let gone = world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    let stays = world.add(event_id, world.photo_of(Person::Ann, 1)).await;
    world.delete(event_id, gone).await;
    assert_eq!(world.photos_of(event_id, Person::Ann).await, [stays]);
    world.delete(event_id, gone).await;
    assert_eq!(world.photos_of(event_id, Person::Ann).await, [stays], "deleting twice is deleting once");
}

async fn what_is_no_selfie_is_named(world: &World) {
    let event_id = world.event();
    world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    let refused = async |picture| match world.find(event_id, picture).await {
        Err(FindError::Selfie(refused)) => refused,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(world.without_anybody()).await, SelfieError::NoFace);
    assert_eq!(refused(world.two_people()).await, SelfieError::SeveralFaces);
    assert!(matches!(refused(world.cut_off()).await, SelfieError::Photo(_)));
    assert!(matches!(refused(b"no picture"[..].into()).await, SelfieError::Photo(_)));
}

async fn a_damaged_photo_costs_itself_only(world: &World) {
    let event_id = world.event();
    let damaged = world.index(event_id, world.photo_id(), world.cut_off()).await;
    assert!(matches!(damaged, Err(NotRead::Photo(PhotoError::Truncated))), "{damaged:?}");
    let nothing = world.index(event_id, world.photo_id(), b"no picture"[..].into()).await;
    assert!(matches!(nothing, Err(NotRead::Photo(PhotoError::NotAPhoto))), "{nothing:?}");
    let good = world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    assert_eq!(world.photos_of(event_id, Person::Ann).await, [good]);
}

async fn a_forgotten_event_has_nothing(world: &World) {
    let (event_id, other) = (world.event(), world.event());
    world.add(event_id, world.photo_of(Person::Ann, 0)).await;
    let stays = world.add(other, world.photo_of(Person::Ann, 1)).await;
    assert_eq!(world.photos_of(event_id, Person::Ann).await.len(), 1);
    world.forget(event_id).await;
    assert_eq!(world.photos_of(event_id, Person::Ann).await, []);
    assert_eq!(world.photos_of(other, Person::Ann).await, [stays]);
    world.forget(event_id).await;
}

async fn photos_come_out_in_the_order_in_which_they_went_in(world: &World) {
    let event_id = world.event();
    let pictures = [
        world.photo_of(Person::Ann, 0),
        world.without_anybody(),
        world.cut_off(),
        world.photo_of(Person::Bea, 0),
        world.without_anybody(),
    ];
    let mut photos = Vec::new();
    for bytes in pictures {
        photos.push(recognizer::ToRead { photo_id: world.photo_id(), bytes, sent_before: false });
    }
    let pack = if world.server.is_some() { domain::REKOGNITION_PACK } else { world.recognizer.pack_name() };
    let read = world.recognizer.index(event_id, pack, photos).await.unwrap();
    let faces: Vec<Option<usize>> =
        read.iter().map(|one| one.as_ref().ok().map(|one| one.faces.len())).collect();
    assert_eq!(faces, [Some(1), Some(0), None, Some(1), Some(0)]);
    for one in read.iter().flatten() {
        assert!(one.photo.faces.is_empty(), "they were taken out");
        assert!(one.photo.preview.starts_with(b"\xFF\xD8\xFF") && one.photo.width_px > 0);
    }
}
