//! An event in figures, and as files to keep.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::Server;
use crate::people::{PASSWORD, Person};

async fn get(server: &Server, who: &Person, uri: &str) -> String {
    let answer = server.call(Some(&who.access), "GET", uri, None).await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8", "{}", answer.status);
    assert!(answer.headers["content-disposition"].to_str().unwrap().contains(".csv"));
    String::from_utf8(answer.bytes).unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn searches_and_downloads_are_counted_by_the_hour(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let statistics = async |who: &Person| -> Value {
        server.call(Some(&who.access), "GET", &format!("/api/events/{event}/statistics"), None).await.json()
    };
    assert_eq!(statistics(&ada).await["hours"], json!([]));
    let photos: [(&str, &[&str]); 2] = [("a.jpg", &["ann"]), ("b.jpg", &["ann", "bob"])];
    server.upload_as(&ada, &event, &photos).await;
    server.work().await;
    let found = server.search(&event, &["ann"]).await.json();
    let url = |n: usize, key: &str| found["matches"][n][key].as_str().unwrap().to_owned();
    server.get(&url(0, "preview_url")).await;
    server.get(&url(0, "download_url")).await;
    server.pass(3600);
    server.search(&event, &["bob"]).await;
    let zip = json!({"photos": [url(0, "download_url"), url(1, "download_url")]});
    server.call(None, "POST", "/media/zip", Some(&zip)).await;
    server.call(None, "POST", "/media/zip", Some(&json!({"photos": zip["photos"], "check": true}))).await;
    let ada = Person::of(&server.log_in("ada@example.org", PASSWORD, None).await);
    let told = statistics(&ada).await;
    let hours = json!([
        {"hour": "2027-01-15T08:00:00Z", "searches": 1, "downloads": 1, "visitors": 1, "photos": 2},
        {"hour": "2027-01-15T09:00:00Z", "searches": 1, "downloads": 2, "visitors": 1, "photos": 0},
    ]);
    assert_eq!(told["hours"], hours);
    for (field, expected) in [
        ("searches", 2),
        ("downloads", 3),
        ("published", 2),
        ("attendees", 0),
        ("visitors", 2),
        ("favourites", 0),
        ("templates", 0),
    ] {
        assert_eq!(told[field], expected, "{field}");
    }
    let csv = get(&server, &ada, &format!("/api/events/{event}/statistics.csv")).await;
    assert_eq!(
        csv,
        "hour,searches,downloads,visitors,photos\n2027-01-15T08:00:00Z,1,1,1,2\n2027-01-15T09:00:00Z,1,2,1,0\n"
    );
    server.pass(15 * 24 * 3600);
    let ada = Person::of(&server.log_in("ada@example.org", PASSWORD, None).await);
    let later =
        server.call(Some(&ada.access), "GET", &format!("/api/events/{event}/statistics"), None).await.json();
    assert_eq!((&later["hours"], &later["downloads"]), (&json!([]), &json!(3)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn accounts_are_exported_and_no_name_is_a_formula(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    let uri = format!("/api/events/{event}/attendees.csv");
    assert_eq!(get(&server, &ada, &uri).await, "name,email,username,created_at\n");
    server.attendee(&event, "zoe").await;
    sqlx::query("update attendee set name = '=1+1, \"Zoé\"', username = '+z'").execute(&pool).await.unwrap();
    let csv = get(&server, &ada, &uri).await;
    let line = "\"'=1+1, \"\"Zoé\"\"\",zoe@example.org,'+z,2027-01-15T08:00:00Z\n";
    assert_eq!(csv, format!("name,email,username,created_at\n{line}"));
    sqlx::query("insert into attendee (event_id, user_id, name, email, created_at) \
         select event_id, gen_random_uuid(), 'n' || n, n || '@example.org', now() from event, generate_series(1, 1000) n")
        .execute(&pool).await.unwrap();
    assert_eq!(get(&server, &ada, &uri).await.lines().count(), 1 + 1001, "more than are read at once");
    let noted: i64 = sqlx::query_scalar(
        "select count(*) from audit where action = 'GET /api/events/{event}/attendees.csv'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(noted, 3, "it is written down who took everybody's addresses");
}
