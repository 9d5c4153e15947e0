//! `findme doctor`.

use crate::findme::{Place, some_photos, text};

#[test]
fn a_healthy_installation_is_well() {
    let place = Place::with_models();
    let answer = place.run(&["doctor"]);
    let told = text(&answer);
    assert!(answer.status.success(), "{told}");
    for part in [
        "ONNX Runtime",
        "models",
        "disk",
        "database",
        "connections",
        "news",
        "background work",
        "photo store",
    ] {
        assert!(told.contains(&format!("ok      {part}: ")), "{part}: {told}");
    }
    assert!(told.contains("news: the database tells of changes at once"), "{told}");
}

/// Only where the tests go through a PgBouncer: there is nothing to be told of otherwise.
#[test]
fn a_pgbouncer_that_carries_no_news_is_told_with_the_mend() {
    let place = Place::with_models();
    let Some(database) = place.database() else { return };
    let pooled = &database.addresses.pooled;
    let told = text(&place.command(&["doctor"]).env("DATABASE_DIRECT_URL", pooled).output().unwrap());
    assert!(told.contains("seconds later; PgBouncer in between: set DATABASE_DIRECT_URL"), "{told}");
    assert!(told.starts_with("exit status: 0"), "it works all the same: {told}");
}

#[test]
fn each_failure_names_its_mend() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("data")).unwrap();
    std::fs::write(place.path("data/blobs"), "a file where a folder should be").unwrap();
    let answer = place.command(&["doctor"]).env("ORT_DYLIB_PATH", "/nowhere/lib.so").output().unwrap();
    let told = text(&answer);
    assert!(!answer.status.success());
    for mend in ["ORT_DYLIB_PATH names /nowhere/lib.so", "run findme models pull open", "data/blobs"] {
        assert!(told.contains(mend), "{mend}: {told}");
    }
    let place = Place::new();
    let answer =
        place.command(&["doctor"]).env("DATABASE_URL", "postgres://u:secret@127.0.0.1:1/x").output().unwrap();
    let told = text(&answer);
    assert!(told.contains("DATABASE_URL") && !told.contains("secret"), "{told}");
    let answer = text(&place.command(&["doctor"]).env("FINDME_LISTEN", "here").output().unwrap());
    assert!(answer.contains("FINDME_LISTEN must be"), "{answer}");
    let answer = text(&place.command(&["doctor"]).env("FINDME_PRODUCTION", "1").output().unwrap());
    assert!(answer.contains("Mount a volume") || answer.contains("is not a mount"), "{answer}");
}

/// Root's private database runs as another user: it moves to a place that this user can enter.
#[test]
fn a_data_folder_that_only_root_can_enter_is_no_obstacle() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::private_with_models();
    let closed = place.path("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let data = closed.join("data");
    let answer =
        place.command(&["doctor"]).env("FINDME_DATA", &data).env("LOG_LEVEL", "info").output().unwrap();
    let told = text(&answer);
    assert!(answer.status.success(), "{told}");
    // Only where it was needed: for another user than root the database lies in the data folder.
    if let Some((_, elsewhere)) = told.split_once("/var/lib/findme-") {
        let mark: String = elsewhere.chars().take_while(char::is_ascii_hexdigit).collect();
        std::fs::remove_dir_all(format!("/var/lib/findme-{mark}")).unwrap();
    } else {
        assert!(data.join("postgres/PG_VERSION").exists(), "{told}");
    }
}

/// The files below `folder` whose path ends like this.
fn files_ending(folder: &std::path::Path, ending: &str) -> Vec<std::path::PathBuf> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.ends_with(ending))
        .collect()
}

#[test]
fn lost_files_are_named_and_what_can_be_made_again_is() {
    let place = Place::with_models();
    let photos = some_photos(&place, 3);
    let import = ["import", "--event", "Gala", photos.to_str().unwrap()];
    let imported = place.run(&import);
    assert!(imported.status.success(), "{}", text(&imported));
    let blobs = place.path("data/blobs");
    let well = place.run(&["doctor", "--deep"]);
    assert!(well.status.success() && text(&well).contains("All is well."), "{}", text(&well));

    let originals = files_ending(&blobs, "original");
    assert_eq!(originals.len(), 3);
    std::fs::remove_file(&originals[0]).unwrap();
    std::fs::write(&originals[1], b"damaged").unwrap();
    let thumb = originals[2].with_file_name("thumb");
    std::fs::remove_file(&thumb).unwrap();
    for (arguments, done) in [
        (["doctor", "--deep", "--dry-run"].as_slice(), "1 could be repaired"),
        (&["doctor", "--deep"], "1 were repaired"),
    ] {
        let checked = place.run(arguments);
        let told = text(&checked);
        assert_eq!(checked.status.code(), Some(1), "{told}");
        for words in
            ["the original is missing", "the original is damaged", "photo without preview or thumb", done]
        {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
    let again = place.run(&["doctor", "--deep"]);
    let told = text(&again);
    assert!(again.status.success() && told.contains("All is well."), "{told}");
    assert!(told.contains("2 photos had lost their original before"), "{told}");
    // Lost files are taken in again; the thumb comes back when the queue is worked off.
    let imported = text(&place.run(&import));
    let mended = place.run(&["doctor", "--deep"]);
    let told = text(&mended);
    assert!(mended.status.success() && thumb.exists(), "{imported} {told}");
    assert!(told.contains("All is well.") && !told.contains("had lost"), "{imported} {told}");
}
