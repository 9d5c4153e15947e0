//! Photos for a screen at the event.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::Server;

#[sqlx::test(migrations = "../../migrations")]
async fn the_wall_shows_what_everybody_may_see_newest_first(pool: PgPool) {
    let server = Server::start(&pool).await;
    let ada = server.first_admin().await;
    let event = server.event_of(&ada, "Gala").await;
    for name in ["ann", "bob", "cyd", "dan"] {
        server.upload_as(&ada, &event, &[(&format!("{name}.jpg"), &[name])]).await;
        server.work().await;
    }
    server.upload_as(&ada, &event, &[("late.jpg", &["eve"])]).await;
    let call = async |query: &str| -> Value {
        server.call(Some(&ada.access), "GET", &format!("/api/events/{event}/wall?{query}"), None).await.json()
    };
    let id = async |name: &str| -> uuid::Uuid {
        sqlx::query_scalar("select photo_id from photo where file_name = $1")
            .bind(format!("{name}.jpg"))
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    let ids = |page: &Value| -> Vec<uuid::Uuid> {
        let photos = page["photos"].as_array().unwrap().iter();
        photos.map(|photo| photo["photo_id"].as_str().unwrap().parse().unwrap()).collect()
    };
    let (ann, bob, cyd, dan) = (id("ann").await, id("bob").await, id("cyd").await, id("dan").await);
    assert_eq!(ids(&call("").await), [dan, cyd, bob, ann]);
    let first = call("limit=3").await;
    assert_eq!(ids(&first), [dan, cyd, bob]);
    assert_eq!(ids(&call(&format!("limit=3&after={}", first["next"].as_str().unwrap())).await), [ann]);
    let photo = first["photos"][0].clone();
    assert!(photo["preview_url"].as_str().unwrap().contains("/preview?"));
    assert_eq!(server.get(photo["thumb_url"].as_str().unwrap()).await.status, 200);

    let actions = format!("/api/events/{event}/photos/actions");
    for action in ["hide", "publish"] {
        let body = json!({"action": action, "photo_ids": [ann]});
        server.call(Some(&ada.access), "POST", &actions, Some(&body)).await;
        let expected = if action == "hide" { vec![dan, cyd, bob] } else { vec![ann, dan, cyd, bob] };
        assert_eq!(ids(&call("").await), expected, "{action}: what was published last comes first");
    }
    sqlx::query("with v as (insert into visitor (event_id, visitor_id, token_hash, hidden, created_at, last_seen_at) \
           select event_id, gen_random_uuid(), 'x', true, now(), now() from event returning event_id, visitor_id), \
         t as (insert into template (event_id, visitor_id, pack, embedding, consent_version, given_at, notify) \
           select event_id, visitor_id, 'fake', '', '1', now(), false from v) \
         insert into template_match (event_id, visitor_id, photo_id, band, score, found_at) \
           select event_id, visitor_id, $1, 'sure', 1, now() from v")
        .bind(cyd).execute(&pool).await.unwrap();
    assert_eq!(ids(&call("").await), [ann, dan, bob], "nobody who chose to be hidden");
    let mark = json!({"watermark": {"enabled": true, "text": "Gala"}});
    server.call(Some(&ada.access), "PATCH", &format!("/api/events/{event}"), Some(&mark)).await;
    assert!(call("").await["photos"][0]["preview_url"].as_str().unwrap().contains("/marked?"));
    assert_eq!(call("after=x").await["code"], "field_invalid");
}
