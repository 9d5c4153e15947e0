//! Accounts, and what hangs on them.

use domain::{AccountId, Digest, Email, PersonName, Role, SignInId, UserId, Username};
use sqlx::PgPool;
use store::attendee::NewAttendee;
use store::page::{AfterName, Order};
use store::rate_limit::Allowance;
use store::refresh_token::Used;
use store::staff::NewStaff;
use store::{
    StoreError, attendee, login_guard, rate_limit, refresh_token, setup_token, sign_in, staff, staff_mfa,
};
use time::Duration;

use crate::{NOW, event, id};

fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

async fn add_staff(
    db: &mut store::Connection,
    n: u8,
    email: &str,
    username: Option<&str>,
) -> Result<UserId, StoreError> {
    let user_id = UserId::from_entropy(&id(n));
    let username = username.map(|text| Username::parse(text).unwrap());
    let new = NewStaff {
        user_id,
        role: Role::Admin,
        name: &name(&format!("Ann {n}")),
        email: &Email::parse(email).unwrap(),
        username: username.as_ref(),
        password_hash: "x",
        created_at: NOW,
    };
    staff::insert(db, &new).await.map(|()| user_id)
}

#[sqlx::test(migrations = "../../migrations")]
async fn staff_are_unique_in_any_case(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    assert!(!staff::admin_exists(&mut tx).await.unwrap());
    let ann = add_staff(&mut tx, 1, "Ann@example.org", Some("Ann")).await.unwrap();
    assert!(staff::admin_exists(&mut tx).await.unwrap());
    assert!(!staff::other_admin_exists(&mut tx, ann).await.unwrap());
    for login in ["ANN@EXAMPLE.ORG", " ann@example.org ", "aNN"] {
        assert_eq!(staff::by_login(&mut tx, login).await.unwrap().unwrap().user_id, ann, "{login}");
    }
    tx.commit().await.unwrap();
    for (email, username, constraint) in [
        ("ANN@EXAMPLE.ORG", None, staff::EMAIL_UNIQUE),
        ("bob@example.org", Some("ANN"), staff::USERNAME_UNIQUE),
    ] {
        let mut tx = store.begin().await.unwrap();
        let clash = add_staff(&mut tx, 2, email, username).await.unwrap_err();
        assert!(clash.violates_unique(constraint), "{clash}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn setup_tokens_work_once(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    let (token, other) = (Digest::of(b"token"), Digest::of(b"other"));
    setup_token::insert(&mut tx, token, NOW + Duration::HOUR).await.unwrap();
    setup_token::insert(&mut tx, other, NOW + Duration::HOUR).await.unwrap();
    assert!(!setup_token::consume(&mut tx, token, NOW + 2 * Duration::HOUR).await.unwrap(), "it has run out");
    assert!(setup_token::consume(&mut tx, token, NOW).await.unwrap());
    assert!(!setup_token::consume(&mut tx, other, NOW).await.unwrap(), "the first use ends all");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_refresh_token_works_once_and_a_sign_in_ends_with_all_of_them(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    let account = AccountId::Staff(add_staff(&mut tx, 1, "a@b", None).await.unwrap());
    let sign_in_id = SignInId::from_entropy(&id(2));
    sign_in::insert(&mut tx, sign_in_id, account, NOW, NOW + Duration::HOUR).await.unwrap();
    let person = sign_in::person(&mut tx, sign_in_id, NOW).await.unwrap().unwrap();
    assert_eq!((person.account, person.role), (account, Role::Admin));
    assert!(
        sign_in::person(&mut tx, sign_in_id, NOW + Duration::HOUR).await.unwrap().is_none(),
        "it has ended"
    );
    let token = Digest::of(b"token");
    refresh_token::insert(&mut tx, token, sign_in_id, NOW).await.unwrap();
    assert_eq!(refresh_token::consume(&mut tx, token, NOW).await.unwrap(), Used::Fresh(sign_in_id));
    assert_eq!(refresh_token::consume(&mut tx, token, NOW).await.unwrap(), Used::Again(sign_in_id));
    sign_in::delete(&mut tx, sign_in_id).await.unwrap();
    assert_eq!(refresh_token::consume(&mut tx, token, NOW).await.unwrap(), Used::Unknown);
}

#[sqlx::test(migrations = "../../migrations")]
async fn attendees_are_listed_in_pages_without_gaps(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let event_id = event(&store, 1).await.event_id;
    let mut tx = store.begin().await.unwrap();
    for n in 0..7_u8 {
        let username = Username::parse(&format!("user{n}")).unwrap();
        let new = NewAttendee {
            user_id: UserId::from_entropy(&id(100 + n)),
            // Two share each name, in different case.
            name: &name(if n % 2 == 0 { "zoé 100%" } else { "ZOÉ 100%" }),
            email: None,
            username: Some(&username),
            password_hash: None,
            created_by: None,
            created_at: NOW + Duration::seconds(i64::from(n / 2)),
        };
        attendee::insert(&mut tx, event_id, &new).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let filter = attendee::Filter { text: Some("100%"), order: Order::Name(after), limit: 3 };
        let page = attendee::list(&mut tx, event_id, &filter).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(AfterName { name: last.name.clone(), id: last.user_id.0 });
        seen.extend(page.iter().map(|attendee| attendee.user_id));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    let none = attendee::Filter { text: Some("100x"), order: Order::Newest(None), limit: 9 };
    assert!(attendee::list(&mut tx, event_id, &none).await.unwrap().is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_allowance_is_used_up_and_comes_back(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    let allowance = Allowance { interval: Duration::seconds(10), burst: 3 };
    let key = Digest::of(b"key");
    let mut waits = Vec::new();
    for second in [0, 0, 0, 0, 5, 10, 11] {
        let now = NOW + Duration::seconds(second);
        let foretold = rate_limit::wait(&mut tx, key, allowance, now).await.unwrap();
        let wait = rate_limit::take(&mut tx, key, allowance, now).await.unwrap();
        assert_eq!(foretold, wait);
        waits.push(wait.map(Duration::whole_seconds));
    }
    assert_eq!(waits, [None, None, None, Some(10), Some(5), None, Some(9)]);
    assert_eq!(rate_limit::sweep(&mut tx, NOW + Duration::seconds(20)).await.unwrap(), 0, "still in use");
    assert_eq!(rate_limit::sweep(&mut tx, NOW + Duration::seconds(41)).await.unwrap(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_came_at_the_same_moment_is_paid_for_afterwards(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    let allowance = Allowance { interval: Duration::seconds(10), burst: 3 };
    let key = Digest::of(b"key");
    let mut waits = Vec::new();
    for _ in 0..12 {
        rate_limit::count(&mut tx, key, allowance, NOW).await.unwrap();
        let wait = rate_limit::wait(&mut tx, key, allowance, NOW).await.unwrap();
        waits.push(wait.map_or(0, Duration::whole_seconds));
    }
    assert_eq!(waits, [0, 0, 10, 20, 30, 40, 50, 60, 70, 70, 70, 70]);
    let later = NOW + Duration::seconds(69);
    assert!(rate_limit::wait(&mut tx, key, allowance, later).await.unwrap().is_some());
    let later = NOW + Duration::seconds(70);
    assert_eq!(rate_limit::wait(&mut tx, key, allowance, later).await.unwrap(), None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn wrong_passwords_lock_longer_and_longer(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    let key = Digest::of(b"ann");
    let (first, longest) = (Duration::seconds(30), Duration::minutes(15));
    let mut locked = Vec::new();
    for _ in 0..12 {
        login_guard::failed(&mut tx, key, NOW, 5, first, longest).await.unwrap();
        let until = login_guard::locked_until(&mut tx, key, NOW, longest).await.unwrap();
        locked.push(until.map_or(0, |until| (until - NOW).whole_seconds()));
    }
    assert_eq!(locked, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
    login_guard::succeeded(&mut tx, key).await.unwrap();
    assert_eq!(login_guard::locked_until(&mut tx, key, NOW, longest).await.unwrap(), None);
    assert_eq!(login_guard::sweep(&mut tx, NOW + Duration::days(2)).await.unwrap(), 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_code_and_a_backup_code_count_once(pool: PgPool) {
    let store = store::testing::store(&pool).await;
    let mut tx = store.begin().await.unwrap();
    let user_id = add_staff(&mut tx, 1, "a@b", None).await.unwrap();
    assert!(staff_mfa::begin(&mut tx, user_id, b"secret").await.unwrap());
    assert!(staff_mfa::begin(&mut tx, user_id, b"another").await.unwrap(), "not confirmed yet");
    let codes = [Digest::of(b"one"), Digest::of(b"two")];
    staff_mfa::confirm(&mut tx, user_id, &codes, NOW).await.unwrap();
    assert!(!staff_mfa::begin(&mut tx, user_id, b"third").await.unwrap(), "a confirmed one stays");
    assert_eq!(staff_mfa::get(&mut tx, user_id).await.unwrap().unwrap().secret, b"another");
    assert!(staff_mfa::accept_step(&mut tx, user_id, 7).await.unwrap());
    assert!(!staff_mfa::accept_step(&mut tx, user_id, 7).await.unwrap(), "the same code again");
    assert!(!staff_mfa::accept_step(&mut tx, user_id, 6).await.unwrap(), "an older one");
    assert!(staff_mfa::consume_backup_code(&mut tx, user_id, codes[0]).await.unwrap());
    assert!(!staff_mfa::consume_backup_code(&mut tx, user_id, codes[0]).await.unwrap());
    assert_eq!(staff_mfa::backup_codes_left(&mut tx, user_id).await.unwrap(), 1);
    assert!(staff_mfa::delete(&mut tx, user_id).await.unwrap());
    assert_eq!(staff_mfa::backup_codes_left(&mut tx, user_id).await.unwrap(), 0);
}
