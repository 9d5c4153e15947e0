//! The move from accounts that are unique everywhere to accounts that are unique per event
//! (`migrations/per_event_accounts`), beside an old program that goes on writing.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::NOW;

const EXPAND: &str = include_str!("../../../../migrations/per_event_accounts/1_expand.sql");
const BACKFILL: &str = include_str!("../../../../migrations/per_event_accounts/2_backfill.sql");
const CONTRACT: &str = include_str!("../../../../migrations/per_event_accounts/3_contract.sql");

/// The old shape, as migrations/README.md describes it. Its foreign keys have no `on delete cascade`.
const OLD_SHAPE: &str = "
    create table account (
      account_id uuid primary key, role text not null, email text unique, username text unique, name text not null,
      password_hash text, created_at timestamptz not null
    );
    create table account_event (
      account_id uuid not null references account, event_id uuid not null references event,
      joined_at timestamptz not null, primary key (account_id, event_id)
    );
    create table password_reset (token text primary key, account_id uuid not null references account);";

/// What most old systems had: no two addresses that differ in case only.
const UNIQUE_IN_ANY_CASE: &str = "create unique index account_email_unique on account (lower(email))";

const EVENTS: u128 = 6;
const ACCOUNTS: u128 = 300;

fn event_id(n: u128) -> Uuid {
    Uuid::from_u128(0xe000 + n % EVENTS)
}

fn account_id(n: u128) -> Uuid {
    Uuid::from_u128(0xa000 + n)
}

/// Runs one file as `psql -f` does, without leaving a failed transaction open.
async fn run(pool: &PgPool, file: &'static str) -> Result<(), String> {
    let mut connection = pool.acquire().await.unwrap();
    let done = sqlx::raw_sql(file).execute(&mut *connection).await;
    if done.is_err() {
        sqlx::raw_sql("rollback").execute(&mut *connection).await.unwrap();
    }
    done.map(drop).map_err(|error| error.to_string())
}

async fn execute(pool: &PgPool, statement: &'static str) {
    run(pool, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn count(pool: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

/// An account of the old program.
struct Old {
    role: &'static str,
    email: Option<String>,
    username: Option<String>,
    name: &'static str,
    password_hash: String,
    events: Vec<u128>,
}

/// The `n`th of many different ones.
fn old(n: u128) -> Old {
    const NAMES: [&str; 5] = ["Zoë Müller", "李小龍", "محمد", "O’Brien, Siân", "Élodie 🎉"];
    let role = match n % 10 {
        0 if n.is_multiple_of(50) => "admin",
        0 => "organiser",
        1 | 2 => "photographer",
        _ => "attendee",
    };
    let username = (!n.is_multiple_of(3)).then(|| format!("Ünser{n}"));
    let needs_email = role != "attendee" || username.is_none();
    let email =
        if n.is_multiple_of(2) { format!("Ann.{n}@Example.ORG") } else { format!("ann.{n}@example.org") };
    let hash = if n.is_multiple_of(5) {
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$"
    } else {
        "$2b$12$R9h/cIPz0gi.URNNX3kh2O"
    };
    Old {
        role,
        email: (needs_email || !n.is_multiple_of(7)).then_some(email),
        username,
        name: NAMES[usize::try_from(n % 5).unwrap()],
        password_hash: format!("{hash}{n:031}"),
        // None, one, two or three events.
        events: (0..n / 10 % 4).map(|nth| n + 2 * nth).collect(),
    }
}

/// The old program creates an account and makes it a member, as two statements.
async fn write(pool: &PgPool, n: u128, old: &Old) {
    let created_at = NOW + Duration::seconds(i64::try_from(n).unwrap());
    sqlx::query("insert into account values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(account_id(n))
        .bind(old.role)
        .bind(&old.email)
        .bind(&old.username)
        .bind(old.name)
        .bind(&old.password_hash)
        .bind(created_at)
        .execute(pool)
        .await
        .unwrap();
    for (event, minutes) in old.events.iter().zip(1..) {
        join(pool, n, *event, created_at + Duration::minutes(minutes)).await;
    }
}

async fn join(pool: &PgPool, account: u128, event: u128, at: OffsetDateTime) {
    sqlx::query("insert into account_event values ($1, $2, $3)")
        .bind(account_id(account))
        .bind(event_id(event))
        .bind(at)
        .execute(pool)
        .await
        .unwrap();
}

async fn on_account(pool: &PgPool, statement: &'static str, n: u128) {
    let done = sqlx::query(statement).bind(account_id(n)).execute(pool).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "{statement}, {n}");
}

/// The events of FindMe and the tables of the old program, empty.
async fn begin(pool: &PgPool) {
    for n in 0..EVENTS {
        sqlx::query(
            "insert into event (event_id, slug, name, pack, created_at) values ($1, $2, 'Gala', 'open', $3)",
        )
        .bind(event_id(n))
        .bind(format!("gala-{n}"))
        .bind(NOW)
        .execute(pool)
        .await
        .unwrap();
    }
    execute(pool, OLD_SHAPE).await;
}

async fn begin_with_accounts(pool: &PgPool) {
    begin(pool).await;
    execute(pool, UNIQUE_IN_ANY_CASE).await;
    for n in 0..ACCOUNTS {
        write(pool, n, &old(n)).await;
    }
}

/// What is kept of a person in one place: name, e-mail, user name, hash, since when.
type Kept = (String, Option<String>, Option<String>, Option<String>, OffsetDateTime);

/// One row of the new tables, apart from its id: where it is (`None`: staff), in which role, and who it is.
type Place = (Option<Uuid>, String, Kept);

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    event_id: Option<Uuid>,
    role: String,
    name: String,
    email: Option<String>,
    username: Option<String>,
    password_hash: Option<String>,
    since: OffsetDateTime,
}

impl Row {
    fn place(self) -> Place {
        let kept = (self.name, self.email, self.username, self.password_hash, self.since);
        (self.event_id, self.role, kept)
    }
}

/// The rows that the old tables ask for, by account; and who works where.
async fn expected(pool: &PgPool) -> (BTreeMap<Uuid, BTreeSet<Place>>, BTreeSet<(Uuid, Uuid)>) {
    let rows: Vec<Row> = sqlx::query_as(
        "select account_id as id, event_id, role, name, email, username, password_hash,
           case when role = 'attendee' then coalesce(joined_at, created_at) else created_at end as since
         from account left join account_event using (account_id)",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let (mut people, mut staff_of) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeSet::new());
    for mut row in rows {
        let id = row.id;
        if row.role != "attendee" {
            staff_of.extend(row.event_id.map(|event| (event, id)));
            row.event_id = None;
        }
        people.entry(id).or_default().insert(row.place());
    }
    (people, staff_of)
}

/// The rows of the new tables, with their ids.
async fn moved(pool: &PgPool) -> Vec<Row> {
    sqlx::query_as(
        "select user_id as id, null::uuid as event_id, role, name, email, username, password_hash,
           created_at as since from staff
         union all
         select user_id, event_id, 'attendee', name, email, username, password_hash, created_at from attendee
         union all
         select account_id, null, 'attendee', name, email, username, password_hash, created_at
         from account_without_event",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Every row of the new tables with the transaction that wrote it: equal only if nothing was written at all.
async fn trace(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', xmin, staff) from staff
         union all select concat_ws(' ', xmin, attendee) from attendee
         union all select concat_ws(' ', xmin, event_staff) from event_staff
         union all select concat_ws(' ', xmin, account_moved) from account_moved
         union all select concat_ws(' ', xmin, account_without_event) from account_without_event order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// The rows that the new tables lack, as text.
async fn not_moved(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select account_not_moved::text from account_not_moved").fetch_all(pool).await.unwrap()
}

/// What the old program does all day, from the account `first` (a multiple of 120, for alike accounts) on.
async fn a_day_of_the_old_program(pool: &PgPool, first: u128) {
    for n in ACCOUNTS + first..ACCOUNTS + first + 30 {
        write(pool, n, &old(n)).await;
    }
    // Somebody changes each of: e-mail, password (a person at two events), name, user name.
    on_account(pool, "update account set email = 'new-' || email where account_id = $1", first + 3).await;
    on_account(pool, "update account set password_hash = '$2b$12$new' where account_id = $1", first + 24)
        .await;
    on_account(pool, "update account set name = 'Nouveau' where account_id = $1", first + 11).await;
    on_account(pool, "update account set username = null where account_id = $1", first + 19).await;
    // Joins a first, and a second event; leaves their only one.
    join(pool, first + 4, 0, NOW).await;
    join(pool, first + 14, first + 15, NOW).await;
    on_account(pool, "delete from account_event where account_id = $1", first + 17).await;
    // Becomes a photographer, keeping two events; and back from photographer to attendee.
    on_account(pool, "update account set role = 'photographer' where account_id = $1", first + 25).await;
    on_account(pool, "update account set role = 'attendee' where account_id = $1", first + 21).await;
    // Is deleted while a link for a new password is out.
    for n in [5, 16, 26, 22] {
        on_account(
            pool,
            "insert into password_reset select account_id, account_id from account where account_id = $1",
            first + n,
        )
        .await;
        on_account(pool, "delete from account where account_id = $1", first + n).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn everybody_is_kept_while_the_old_program_writes(pool: PgPool) {
    begin_with_accounts(&pool).await;
    let blocked = "insert into password_reset select 'x', account_id from account where role = 'attendee' limit 1;
                   delete from account using password_reset where account.account_id = password_reset.account_id";
    assert!(run(&pool, blocked).await.unwrap_err().contains("foreign key"), "as rule 2 says");
    run(&pool, EXPAND).await.unwrap();
    a_day_of_the_old_program(&pool, 0).await;
    run(&pool, EXPAND).await.unwrap();
    assert_eq!(count(&pool, "select count(*) from account_problem").await, 0);
    run(&pool, BACKFILL).await.unwrap();
    let before = trace(&pool).await;
    run(&pool, BACKFILL).await.unwrap();
    assert_eq!(trace(&pool).await, before, "a second time changes nothing");
    a_day_of_the_old_program(&pool, 120).await;
    assert_eq!(not_moved(&pool).await, [""; 0], "the triggers keep both in step");

    let (people, staff_of) = expected(&pool).await;
    assert!(people.len() > 300 && staff_of.len() > 50, "{} {}", people.len(), staff_of.len());
    let several = people.values().filter(|places| places.len() > 1).count();
    let nowhere = count(&pool, "select count(*) from account_without_event").await;
    assert!(several > 80 && nowhere > 30, "{several} {nowhere}");
    run(&pool, CONTRACT).await.unwrap();

    let rows = moved(&pool).await;
    assert_eq!(rows.len(), people.values().map(BTreeSet::len).sum::<usize>());
    // Who is one row keeps their id; of several, one does.
    let mut by_id = BTreeMap::<Uuid, Vec<Place>>::new();
    let mut without_old_id = BTreeSet::new();
    for row in rows {
        if people.contains_key(&row.id) {
            by_id.entry(row.id).or_default().push(row.place());
        } else {
            assert!(without_old_id.insert(row.id), "an id of one's own per event");
            by_id.entry(row.id).or_default().push(row.place());
        }
    }
    for (id, places) in &people {
        let kept = by_id.remove(id).unwrap_or_else(|| panic!("{id} is lost"));
        assert_eq!(kept.len(), 1, "{id} is one row");
        assert!(places.contains(&kept[0]), "{kept:?} is none of {places:?}");
        for place in places.iter().filter(|place| **place != kept[0]) {
            let found = by_id.iter().find(|(_, places)| places.contains(place)).map(|(id, _)| *id);
            by_id.remove(&found.unwrap_or_else(|| panic!("{place:?} is lost")));
        }
    }
    assert!(by_id.is_empty(), "nobody was made up: {by_id:?}");
    let kept: Vec<(Uuid, Uuid)> =
        sqlx::query_as("select event_id, user_id from event_staff").fetch_all(&pool).await.unwrap();
    assert_eq!(kept.into_iter().collect::<BTreeSet<_>>(), staff_of);
    let left = count(
        &pool,
        "select (select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
           and (relname like 'account%' or relname = 'password_reset'))
           + (select count(*) from pg_proc where pronamespace = 'public'::regnamespace and proname like 'account%')
           + (select count(*) from pg_trigger where tgname like 'account%')",
    );
    assert_eq!(left.await, 1, "account_without_event and nothing else");
}

#[sqlx::test(migrations = "../../migrations")]
async fn afterwards_an_email_is_unique_per_event(pool: PgPool) {
    begin_with_accounts(&pool).await;
    for file in [EXPAND, BACKFILL, CONTRACT] {
        run(&pool, file).await.unwrap();
    }
    let register = |event: u128, id: u128, email: &'static str| {
        sqlx::query(
            "insert into attendee (event_id, user_id, name, email, created_at) values ($1, $2, 'Ann', $3, $4)",
        )
        .bind(event_id(event))
        .bind(Uuid::from_u128(id))
        .bind(email)
        .bind(NOW)
        .execute(&pool)
    };
    // The account 13 was at event 1 only.
    register(2, 1, "ann.13@example.org").await.unwrap();
    register(3, 2, "ANN.13@example.org").await.unwrap();
    for (id, event) in [(3, 1), (4, 2), (5, 3)] {
        let refused = register(event, id, "Ann.13@Example.org").await.unwrap_err();
        let constraint = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(constraint, Some("attendee_email_unique"), "at event {event}");
    }
    let gone = "delete from attendee where email = 'ann.13@example.org'";
    execute(&pool, gone).await;
    register(1, 6, "ann.13@EXAMPLE.org").await.unwrap();
}

fn attendee(email: &str, events: &[u128]) -> Old {
    Old { role: "attendee", email: Some(email.to_owned()), username: None, events: events.to_vec(), ..old(3) }
}

async fn problems(pool: &PgPool) -> Vec<(String, String)> {
    let query =
        "select problem, coalesce(detail, '') from account_problem order by problem, detail collate \"C\"";
    sqlx::query_as(query).fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_cannot_be_moved_is_named_and_nothing_is_copied(pool: PgPool) {
    begin(&pool).await;
    // Addresses that differ in case only: at one event, at different events (no harm), and of staff.
    write(&pool, 1, &attendee("Ann@example.org", &[1, 2])).await;
    write(&pool, 2, &attendee("ann@example.org", &[2])).await;
    write(&pool, 3, &attendee("Bob@example.org", &[1])).await;
    write(&pool, 4, &attendee("bob@example.org", &[2])).await;
    write(&pool, 5, &Old { role: "organiser", ..attendee("Ann@Example.org", &[1]) }).await;
    write(&pool, 6, &Old { role: "admin", ..attendee("Kim@example.org", &[]) }).await;
    // The first admin of FindMe had an account in the old system too.
    execute(
        &pool,
        "insert into staff (user_id, role, name, email, password_hash, created_at)
           values ('00000000-0000-0000-0000-00000000000f', 'admin', 'Kim', 'kim@example.org', 'x', now())",
    )
    .await;
    write(&pool, 7, &Old { role: "superuser", ..attendee("root@example.org", &[]) }).await;
    write(&pool, 8, &Old { email: None, username: Some("a@b".to_owned()), ..attendee("", &[]) }).await;
    write(
        &pool,
        9,
        &Old { email: None, role: "photographer", username: Some("pho".to_owned()), ..attendee("", &[]) },
    )
    .await;
    write(&pool, 10, &Old { email: Some(" cleo@example.org".to_owned()), ..attendee("", &[1]) }).await;
    execute(&pool, "create table old_favourite (account_id uuid references account)").await;
    run(&pool, EXPAND).await.unwrap();
    let expected = [
        ("foreign key that stops a deletion", "old_favourite_account_id_fkey of old_favourite"),
        ("not an e-mail", " cleo@example.org"),
        ("staff without e-mail", "pho"),
        ("taken e-mail", "Ann@example.org"),
        ("taken e-mail", "Kim@example.org"),
        ("taken e-mail", "ann@example.org"),
        ("taken e-mail", "kim@example.org"),
        ("unknown role", "superuser"),
        ("user name with @", "a@b"),
    ];
    let expected = expected.map(|(problem, detail)| (problem.to_owned(), detail.to_owned()));
    assert_eq!(problems(&pool).await, expected);
    assert!(run(&pool, BACKFILL).await.unwrap_err().contains("9 problems stand in the way"));
    assert_eq!(count(&pool, "select count(*) from attendee").await, 0);
    assert!(run(&pool, CONTRACT).await.unwrap_err().contains("nothing was removed"));
    execute(
        &pool,
        "drop table old_favourite;
         update account set email = trim(email);
         update account set email = 'pho@example.org' where username = 'pho';
         update account set email = 'ann+2@example.org' where email = 'ann@example.org';
         delete from staff where email = 'kim@example.org';
         update account set role = 'admin' where role = 'superuser';
         update account set username = 'ab' where username = 'a@b'",
    )
    .await;
    assert_eq!(problems(&pool).await, []);
    run(&pool, BACKFILL).await.unwrap();
    run(&pool, CONTRACT).await.unwrap();
    let [attendees, staff, kept] = [
        count(&pool, "select count(*) from attendee").await,
        count(&pool, "select count(*) from staff").await,
        count(&pool, "select count(*) from account_without_event").await,
    ];
    assert_eq!((attendees, staff, kept), (6, 4, 1));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_member_of_an_event_that_findme_lacks_is_named(pool: PgPool) {
    begin(&pool).await;
    execute(&pool, "alter table account_event drop constraint account_event_event_id_fkey").await;
    write(&pool, 1, &attendee("ann@example.org", &[1])).await;
    execute(&pool, "update account_event set event_id = '00000000-0000-0000-0000-000000000bad'").await;
    run(&pool, EXPAND).await.unwrap();
    let unknown = "00000000-0000-0000-0000-000000000bad".to_owned();
    assert_eq!(problems(&pool).await, [("unknown event".to_owned(), unknown)]);
    assert!(run(&pool, BACKFILL).await.is_err());
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_step_refuses_while_anything_is_missing(pool: PgPool) {
    begin_with_accounts(&pool).await;
    assert!(run(&pool, CONTRACT).await.is_err(), "not before the first step");
    run(&pool, EXPAND).await.unwrap();
    assert!(run(&pool, CONTRACT).await.unwrap_err().contains("missing from the new ones"), "nor the second");
    run(&pool, BACKFILL).await.unwrap();
    // One row of each new table goes behind the triggers' back, and one old row changes so.
    let tampered = [
        "delete from attendee where (event_id, user_id) = (select event_id, user_id from attendee limit 1)",
        "delete from staff where user_id = (select user_id from staff limit 1)",
        "delete from event_staff where (event_id, user_id) = (select event_id, user_id from event_staff limit 1)",
        "delete from account_without_event
           where account_id = (select account_id from account_without_event limit 1)",
        "update account set name = 'Nouveau' where account_id = (select user_id from attendee limit 1)",
    ];
    for tampering in tampered {
        let mut tx = pool.begin().await.unwrap();
        for name in ["attendee", "staff", "event_staff", "account"] {
            let statement = format!("alter table {name} disable trigger user");
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *tx).await.unwrap();
        }
        sqlx::query(tampering).execute(&mut *tx).await.unwrap();
        for name in ["attendee", "staff", "event_staff", "account"] {
            let statement = format!("alter table {name} enable trigger user");
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert!(run(&pool, CONTRACT).await.unwrap_err().contains("missing"), "{tampering}");
        assert_eq!(count(&pool, "select count(*) from account").await, i64::try_from(ACCOUNTS).unwrap());
        run(&pool, BACKFILL).await.unwrap();
        assert_eq!(not_moved(&pool).await, [""; 0], "{tampering}");
    }
    execute(&pool, "create table old_favourite (account_id uuid references account)").await;
    assert!(
        run(&pool, CONTRACT).await.unwrap_err().contains("depend"),
        "a table that still refers to accounts"
    );
    execute(&pool, "drop table old_favourite").await;
    run(&pool, CONTRACT).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_findme_changes_in_between_is_neither_overwritten_nor_brought_back(pool: PgPool) {
    begin(&pool).await;
    write(&pool, 1, &attendee("ann@example.org", &[1, 2])).await;
    write(&pool, 2, &attendee("bob@example.org", &[3])).await;
    write(&pool, 3, &Old { role: "photographer", ..attendee("kim@example.org", &[1, 2]) }).await;
    write(&pool, 4, &Old { role: "organiser", ..attendee("lou@example.org", &[1, 4]) }).await;
    write(&pool, 5, &attendee("eve@example.org", &[4])).await;
    run(&pool, EXPAND).await.unwrap();
    run(&pool, BACKFILL).await.unwrap();
    let at = |event: u128| event_id(event);
    // Ann has a password of her own at event 1 and leaves event 2; Bob deletes his account; Kim works at event 2 no
    // more; Lou is deleted.
    sqlx::query("update attendee set password_hash = 'own' where event_id = $1")
        .bind(at(1))
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("delete from attendee where event_id = any($1)")
        .bind([at(2), at(3)])
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("delete from event_staff where event_id = $1").bind(at(2)).execute(&pool).await.unwrap();
    execute(&pool, "delete from staff where email = 'lou@example.org'").await;
    // An event is deleted, and Eve was only there.
    sqlx::query("delete from event where event_id = $1").bind(at(4)).execute(&pool).await.unwrap();
    run(&pool, BACKFILL).await.unwrap();
    let left: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(
        "select account_id, event_id from account left join account_event using (account_id) order by 1, 2",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(left, [(account_id(1), Some(at(1))), (account_id(3), Some(at(1)))]);
    assert_eq!(
        count(&pool, "select count(*) from account_without_event").await,
        0,
        "who was deleted is not kept"
    );
    // The old program writes Ann's account without changing it, and has her join another event.
    on_account(&pool, "update account set name = name where account_id = $1", 1).await;
    join(&pool, 1, 5, NOW).await;
    let hashes: Vec<(Uuid, bool)> =
        sqlx::query_as("select event_id, password_hash = 'own' from attendee order by event_id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(hashes, [(at(1), true), (at(5), false)]);
    // Somebody registers at event 1 with FindMe before the old program gives its Dan the same address there.
    sqlx::query(
        "insert into attendee (event_id, user_id, name, email, created_at) values ($1, $1, 'Dan', 'dan@example.org', $2)",
    )
    .bind(at(1))
    .bind(NOW)
    .execute(&pool)
    .await
    .unwrap();
    write(&pool, 6, &attendee("Dan@example.org", &[1])).await;
    let accounts = count(&pool, "select count(*) from account").await;
    assert_eq!(accounts, 3, "the old program's write stands");
    let taken = |detail: &str| ("taken e-mail".to_owned(), detail.to_owned());
    assert_eq!(problems(&pool).await, [taken("Dan@example.org"), taken("dan@example.org")]);
    assert!(run(&pool, CONTRACT).await.is_err());
    execute(&pool, "update account set email = 'dan+2@example.org' where email = 'Dan@example.org'").await;
    run(&pool, CONTRACT).await.unwrap();
    assert_eq!(count(&pool, "select count(*) from attendee").await, 4);
}

/// Writes to a few accounts over and over: joins, leaves, changes of name and of password.
async fn write_at_once(pool: PgPool, writer: u128) {
    for n in 0..80 {
        let account = account_id((n + writer) % 5);
        let statement = match (n * 7 + writer * 3) % 5 {
            0 => "delete from account_event where account_id = $1 and event_id = $2",
            1 => "update account set name = name || 'x' where account_id = $1 and $2 is not null",
            2 => "update account set email = 'x' || email where account_id = $1 and $2 is not null",
            _ => "insert into account_event values ($1, $2, now()) on conflict do nothing",
        };
        sqlx::query(statement).bind(account).bind(event_id(n / 5 + writer)).execute(&pool).await.unwrap();
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn writers_at_once_and_the_second_step_lose_nothing(pool: PgPool) {
    begin(&pool).await;
    for n in 0..5 {
        write(&pool, n, &attendee(&format!("ann.{n}@example.org"), &[n])).await;
    }
    run(&pool, EXPAND).await.unwrap();
    let writers: Vec<_> = (0..4).map(|writer| tokio::spawn(write_at_once(pool.clone(), writer))).collect();
    for _ in 0..8 {
        run(&pool, BACKFILL).await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(not_moved(&pool).await, [""; 0]);
    let (people, _) = expected(&pool).await;
    let wanted: BTreeSet<&Place> = people.values().flatten().collect();
    let rows: Vec<Place> = moved(&pool).await.into_iter().map(Row::place).collect();
    assert_eq!(rows.iter().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(rows.len(), wanted.len(), "none twice");
    run(&pool, CONTRACT).await.unwrap();
}

#[test]
fn the_steps_are_no_migrations_of_every_installation() {
    let migrator = sqlx::migrate!("../../migrations");
    let names: Vec<&str> = migrator.iter().map(|migration| migration.description.as_ref()).collect();
    assert!(names.starts_with(&["initial", "consent", "accounts"]), "{names:?}");
    assert!(!names.iter().any(|name| ["expand", "backfill", "contract"].contains(name)), "{names:?}");
}
