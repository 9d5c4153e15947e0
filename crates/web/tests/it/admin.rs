//! What admins see and mend: the queue of background work, services beside FindMe, the parts, the figures by the day.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use recognizer::Fake;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Answer, Server};

async fn jobs(server: &Server, query: &str) -> Value {
    let answer = server.get(&format!("/api/jobs{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.json()
}

/// The names of the listed jobs' photos.
fn names(listed: &Value) -> Vec<&str> {
    listed["jobs"].as_array().unwrap().iter().map(|job| job["file_name"].as_str().unwrap()).collect()
}

async fn retry(server: &Server, job: &Value) -> Answer {
    server.post(&format!("/api/jobs/{}/retry", job["job_id"].as_str().unwrap()), &json!({})).await
}

async fn give_up(server: &Server, job: &Value) -> Answer {
    let uri = format!("/api/jobs/{}", job["job_id"].as_str().unwrap());
    let request = Request::builder().method(Method::DELETE).uri(uri).header("x-findme", "1");
    server.send(request.body(Body::empty()).unwrap()).await
}

/// State and reason of the event's photo of this name.
async fn photo(server: &Server, event: &str, name: &str) -> (String, Option<String>) {
    let photos = server.get(&format!("/api/events/{event}/photos")).await.json();
    let photo = photos["photos"].as_array().unwrap().iter().find(|photo| photo["file_name"] == name).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (text(&photo["state"]).unwrap(), text(&photo["reason"]["code"]))
}

/// Does to the jobs and their photos what workers do in the end.
async fn bury_all(pool: &PgPool) {
    let buried = "update job set state = 'dead', attempts = 9, last_error = 'the store is away'";
    sqlx::query(buried).execute(pool).await.unwrap();
    let failed = "update photo set state = 'failed', failure_code = 'internal' where state = 'waiting'";
    sqlx::query(failed).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_queue_is_listed_by_state_and_kind_a_page_at_a_time(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let (gala, ball) = (server.event("Gala").await, server.event("Ball").await);
    assert_eq!(jobs(&server, "").await["counts"], json!({"waiting": 0, "working": 0, "dead": 0}));
    server.upload(&gala, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await;
    server.upload(&ball, &[("c.jpg", &["cyd"])]).await;
    for (name, sql) in [
        ("a.jpg", "run_at = now() + interval '1 hour'"),
        ("b.jpg", "state = 'working', lease_until = now() + interval '1 hour'"),
        (
            "c.jpg",
            "state = 'dead', attempts = 9, last_error = 'the store is away', run_at = now() - interval '1 day'",
        ),
    ] {
        let sql = format!(
            "update job set {sql} from photo where photo.photo_id = job.photo_id and file_name = '{name}'"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    }
    let all = jobs(&server, "").await;
    assert_eq!(names(&all), ["a.jpg", "b.jpg", "c.jpg"], "the latest due first");
    assert_eq!(
        (&all["counts"], &all["next"]),
        (&json!({"waiting": 1, "working": 1, "dead": 1}), &Value::Null)
    );
    let dead = &all["jobs"][2];
    assert_eq!((&dead["event"]["slug"], &dead["event"]["name"]), (&json!(ball), &json!("Ball")));
    assert_eq!((&dead["kind"], &dead["state"]), (&json!("ingest_photo"), &json!("dead")));
    assert_eq!((&dead["attempts"], &dead["last_error"]), (&json!(9), &json!("the store is away")));
    assert_eq!(names(&jobs(&server, "?state=working").await), ["b.jpg"]);
    assert_eq!(names(&jobs(&server, "?state=dead&kind=ingest_photo").await), ["c.jpg"]);
    assert!(names(&jobs(&server, "?kind=reindex_photo").await).is_empty());
    let mut seen = Vec::new();
    let mut query = "?limit=1".to_owned();
    loop {
        let page = jobs(&server, &query).await;
        seen.extend(names(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=1&after={next}");
    }
    assert_eq!(seen, ["a.jpg", "b.jpg", "c.jpg"]);
    assert_eq!(server.get("/api/jobs?state=asleep").await.code(), "bad_request");
    assert_eq!(server.get("/api/jobs?after=asleep").await.json()["field"], "after");
}

#[sqlx::test(migrations = "../../migrations")]
async fn dead_work_is_tried_again_one_or_all(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let (gala, ball) = (server.event("Gala").await, server.event("Ball").await);
    server.upload(&gala, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await;
    server.upload(&ball, &[("c.jpg", &["cyd"])]).await;
    bury_all(&pool).await;
    server.work().await;
    assert_eq!(photo(&server, &gala, "a.jpg").await, ("failed".to_owned(), Some("internal".to_owned())));
    let all = jobs(&server, "").await;
    let job = all["jobs"].as_array().unwrap().iter().find(|job| job["file_name"] == "a.jpg").unwrap();
    assert_eq!(retry(&server, job).await.status, StatusCode::NO_CONTENT);
    assert_eq!(photo(&server, &gala, "a.jpg").await, ("waiting".to_owned(), None));
    let revived = jobs(&server, "?state=waiting").await;
    assert_eq!((names(&revived), &revived["jobs"][0]["attempts"]), (vec!["a.jpg"], &json!(0)));
    server.work().await;
    assert_eq!(photo(&server, &gala, "a.jpg").await, ("ready".to_owned(), None));
    assert_eq!(retry(&server, job).await.code(), "job_not_found", "it is done");

    assert_eq!(server.post("/api/jobs/retry-dead", &json!({})).await.json(), json!({"retried": 2}));
    server.work().await;
    for (event, name) in [(&gala, "b.jpg"), (&ball, "c.jpg")] {
        assert_eq!(photo(&server, event, name).await.0, "ready");
    }
    assert_eq!(server.post("/api/jobs/retry-dead", &json!({})).await.json(), json!({"retried": 0}));
    assert_eq!(jobs(&server, "").await["counts"], json!({"waiting": 0, "working": 0, "dead": 0}));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_job_is_not_taken_from_a_worker_that_lives(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let gala = server.event("Gala").await;
    server.upload(&gala, &[("a.jpg", &["ann"])]).await;
    for (lease, state) in [("now() + interval '1 hour'", "working"), ("now() - interval '1 hour'", "waiting")]
    {
        let sql = format!("update job set state = 'working', attempts = 3, lease_until = {lease}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        let listed = jobs(&server, "").await;
        assert_eq!(retry(&server, &listed["jobs"][0]).await.status, StatusCode::NO_CONTENT);
        assert_eq!(jobs(&server, "").await["jobs"][0]["state"], state);
    }
    server.work().await;
    assert_eq!(photo(&server, &gala, "a.jpg").await.0, "ready");
}

#[sqlx::test(migrations = "../../migrations")]
async fn work_that_is_given_up_says_so_and_what_its_worker_makes_is_dropped(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let gala = server.event("Gala").await;
    server.upload(&gala, &[("a.jpg", &["ann"])]).await;
    let lease = uuid::Uuid::from_u128(7);
    let mut tx = server.web.store.begin().await.unwrap();
    let claimed = store::job::claim(&mut tx, lease, 60, 10).await.unwrap();
    tx.commit().await.unwrap();
    let listed = jobs(&server, "").await;
    let job = &listed["jobs"][0];
    assert_eq!(job["state"], "working");
    assert_eq!(give_up(&server, job).await.status, StatusCode::NO_CONTENT);
    assert_eq!(photo(&server, &gala, "a.jpg").await, ("failed".to_owned(), Some("given_up".to_owned())));
    let outcome =
        store::bulk::Outcome::Failed { code: "damaged", detail: "late".to_owned(), private_parts: None };
    let (job_id, photo_id) = (claimed[0].job_id, claimed[0].photo_id);
    let photos = [store::bulk::ReadPhoto { job_id, photo_id, outcome }];
    let pack = Fake::PACK_NAME;
    let event_id = claimed[0].event_id;
    let thresholds = server.web.recognizer.thresholds(pack).unwrap();
    let late = store::bulk::ReadBatch { event_id, pack, thresholds, lease_token: lease, photos: &photos };
    assert_eq!(server.web.store.finish_photos(&late).await.unwrap(), 0);
    assert_eq!(photo(&server, &gala, "a.jpg").await.1.as_deref(), Some("given_up"));
    assert_eq!(give_up(&server, job).await.code(), "job_not_found");
    for nobody in ["00000000-0000-4000-8000-000000000000", "nonsense"] {
        assert_eq!(give_up(&server, &json!({"job_id": nobody})).await.code(), "job_not_found");
        assert_eq!(retry(&server, &json!({"job_id": nobody})).await.code(), "job_not_found");
    }
    let retried = server.post(&format!("/api/events/{gala}/photos/retry"), &json!({})).await;
    assert_eq!(retried.json(), json!({"retried": 1}));
    server.work().await;
    assert_eq!(photo(&server, &gala, "a.jpg").await.0, "ready");
    let action = "DELETE%20/api/jobs/%7Bjob_id%7D";
    let lines = server.get(&format!("/api/audit?action={action}")).await.json();
    let ours = lines["entries"].as_array().unwrap().iter().find(|line| line["status"] == 204).unwrap();
    assert_eq!((&ours["target_id"], &ours["event_id"]), (&job["job_id"], &json!(event_id.to_string())));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_photo_that_is_read_anew_is_not_given_up_by_itself(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let gala = server.event("Gala").await;
    server.upload(&gala, &[("a.jpg", &["ann"]), ("b.jpg", &["bob"])]).await;
    server.work().await;
    let pack = json!({"pack": Fake::OTHER_PACK_NAME});
    assert!(server.post(&format!("/api/events/{gala}/reindex"), &pack).await.status.is_success());
    sqlx::query("update job set state = 'dead'").execute(&pool).await.unwrap();
    let listed = jobs(&server, "?kind=reindex_photo").await;
    assert_eq!(listed["counts"]["dead"], 2);
    let refused = give_up(&server, &listed["jobs"][0]).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "job_not_given_up"));
    for job in listed["jobs"].as_array().unwrap() {
        assert_eq!(retry(&server, job).await.status, StatusCode::NO_CONTENT);
    }
    server.work().await;
    server.web.store.switch_left_over().await.unwrap();
    let event = server.get(&format!("/api/events/{gala}")).await.json();
    assert_eq!((&event["pack"], &event["counts"]["faces"]), (&json!(Fake::OTHER_PACK_NAME), &json!(2)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_not_built_is_not_called_connected(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let ask = async |language: &str| {
        let request = Request::get("/api/integrations/status").header(header::ACCEPT_LANGUAGE, language);
        server.send(request.body(Body::empty()).unwrap()).await.json()["integrations"].clone()
    };
    let told = ask("en").await;
    let told = told.as_array().unwrap();
    let names: Vec<&str> = told.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["smtp", "sendgrid", "twilio", "slack", "s3", "rekognition"]);
    assert!(told.iter().all(|one| one["connected"] == false), "photos are in memory here: {told:?}");
    assert_eq!(told[0]["why"], "not part of this version; messages go to the outbox");
    assert!(told[4]["why"].as_str().unwrap().starts_with("S3_BUCKET is not set"), "{}", told[4]);
    assert!(!told[5]["why"].as_str().unwrap().contains("outbox"), "{}", told[5]);
    let french = ask("fr").await;
    assert_eq!(french[0]["why"], "absent de cette version ; les messages vont dans la boîte d’envoi");
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_parts_are_told_in_the_callers_language(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    for (language, detail) in [("en", "En"), ("fr", "Fr")] {
        let request = Request::get("/api/system").header(header::ACCEPT_LANGUAGE, language);
        let told = server.send(request.body(Body::empty()).unwrap()).await.json();
        let checks = json!([
            {"name": "database", "ok": "ok", "detail": detail, "mend": null},
            {"name": "disk", "ok": "error", "detail": "full", "mend": "make room"},
        ]);
        assert_eq!((&told["checks"], &told["version"]), (&checks, &json!(env!("CARGO_PKG_VERSION"))));
        assert_eq!(told["started_at"], "2027-01-15T08:00:00Z");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn figures_by_the_day_count_the_last_thirty(pool: PgPool) {
    let server = Server::with_admin(&pool).await;
    let (gala, ball) = (server.event("Gala").await, server.event("Ball").await);
    server.upload(&gala, &[("a.jpg", &["ann"])]).await;
    server.pass(-2 * 24 * 3600);
    server.upload(&ball, &[("b.jpg", &["bob"]), ("c.jpg", &["cyd"])]).await;
    server.pass(2 * 24 * 3600);
    for (event, hour, [searches, downloads, visitors]) in [
        (&gala, "2027-01-15 00:00Z", [3, 2, 1]),
        (&ball, "2027-01-15 23:00Z", [4, 0, 2]),
        (&gala, "2027-01-14 23:00Z", [10, 20, 30]),
        (&gala, "2026-12-17 00:00Z", [100, 0, 0]), // the first of the thirty
        (&gala, "2026-12-16 23:00Z", [1000, 1000, 1000]), // before them
    ] {
        let sql = "insert into event_hour select event_id, $2::text::timestamptz, $3, $4, $5 from event where slug = $1";
        let bound = sqlx::query(sql).bind(event).bind(hour).bind(searches).bind(downloads).bind(visitors);
        assert_eq!(bound.execute(&pool).await.unwrap().rows_affected(), 1);
    }
    let told = server.get("/api/statistics").await.json();
    assert_eq!([&told["searches"], &told["downloads"], &told["visitors"]], [1117, 1022, 1033]);
    let days = told["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    let day = |day: &str, [photos, searches, downloads, visitors]: [i64; 4]| json!({"day": day, "photos": photos, "searches": searches, "downloads": downloads, "visitors": visitors});
    assert_eq!(days[29], day("2027-01-15", [1, 7, 2, 3]));
    assert_eq!(days[28], day("2027-01-14", [0, 10, 20, 30]));
    assert_eq!(days[27], day("2027-01-13", [2, 0, 0, 0]));
    assert_eq!(days[0], day("2026-12-17", [0, 100, 0, 0]));
}
