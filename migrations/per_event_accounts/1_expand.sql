-- Step 1 of 3, see ../README.md. Adds what the move needs beside the old tables. The old code goes on as before: what
-- it writes is copied by triggers, and a copy that cannot be made never fails its write. May be run again.

begin;
set local lock_timeout = '10s';
set local client_min_messages = warning;
lock table account, account_event in share row exclusive mode;

-- Which row of the new tables came of which old one. Ids only; step 3 removes it.
create table if not exists account_moved (
  account_id  uuid  not null,
  -- The attendee's event; absent for staff.
  event_id    uuid,
  user_id     uuid  not null,
  -- What the old row said when it was copied. Later changes in the new tables are not overwritten while the old row
  -- still says the same.
  fingerprint bytea not null
);
create unique index if not exists account_moved_attendee on account_moved (account_id, event_id);
create unique index if not exists account_moved_staff on account_moved (account_id) where event_id is null;
create index if not exists account_moved_by_user on account_moved (user_id);

-- Attendees who are at no event. FindMe has no place for them, and nobody is lost: this table stays after step 3.
create table if not exists account_without_event (
  account_id    uuid        primary key,
  name          text        not null,
  email         text,
  username      text,
  password_hash text,
  created_at    timestamptz not null
);

-- The old words for a role, as FindMe's. Add yours; an account with a word that is missing here is reported.
create or replace function account_role(old_role text) returns text language sql immutable as $$
  select case lower(old_role)
    when 'admin' then 'admin'
    when 'organiser' then 'organiser'
    when 'photographer' then 'photographer'
    when 'attendee' then 'attendee'
  end
$$;

-- Every row that the new tables must have because of the old ones.
create or replace view account_wanted as
  with person as not materialized (
    select *, account_role(role) as new_role,
      sha256(convert_to(row(role, email, username, name, password_hash)::text, 'UTF8')) as fingerprint
    from account
  )
  select 'staff' as target, account_id, null::uuid as event_id, email, username, fingerprint
    from person where new_role <> 'attendee'
  union all
  select 'event_staff', account_id, event_id, null, null, null
    from person join account_event using (account_id) where new_role <> 'attendee'
  union all
  select 'attendee', account_id, event_id, email, username, fingerprint
    from person join account_event using (account_id) where new_role = 'attendee'
  union all
  select 'account_without_event', account_id, null, email, username, fingerprint
    from person where new_role = 'attendee' and not exists (
      select from account_event where account_event.account_id = person.account_id)
  union all
  select 'unknown role', account_id, null, email, username, fingerprint
    from person where new_role is null;

-- Of those, the ones that are missing there or older than the old row. Empty when the move is complete.
create or replace view account_not_moved as
  select * from account_wanted as wanted
  where not case target
    when 'staff' then exists (
      select from account_moved join staff using (user_id)
      where account_moved.account_id = wanted.account_id and event_id is null
        and account_moved.fingerprint = wanted.fingerprint)
    when 'event_staff' then exists (
      select from event_staff
      where event_staff.event_id = wanted.event_id and event_staff.user_id = wanted.account_id)
    when 'attendee' then exists (
      select from account_moved join attendee using (event_id, user_id)
      where account_moved.account_id = wanted.account_id and event_id = wanted.event_id
        and account_moved.fingerprint = wanted.fingerprint)
    when 'account_without_event' then exists (
      select from account_without_event as kept join account using (account_id)
      where account_id = wanted.account_id
        and row(kept.name, kept.email, kept.username, kept.password_hash, kept.created_at) is not distinct from
          row(account.name, account.email, account.username, account.password_hash, account.created_at))
    else false
  end;

-- What a person has to settle before step 2, in the old tables (or here, where the role's word is missing).
create or replace view account_problem as
  with moving as (
    select * from account_not_moved where target in ('staff', 'attendee')
  ), holder as (
    select account_id, event_id, email, nullif(username, '') as username, true as is_moving from moving
    union all
    select account_id, null, email, username, false
      from staff left join account_moved on account_moved.user_id = staff.user_id and event_id is null
      where not exists (
        select from moving where moving.account_id = account_moved.account_id and moving.event_id is null)
    union all
    select account_id, attendee.event_id, email, username, false
      from attendee left join account_moved using (event_id, user_id)
      where not exists (
        select from moving
        where moving.account_id = account_moved.account_id and moving.event_id = attendee.event_id)
  ), claim as (
    select account_id, event_id, 'e-mail' as what, email as written from holder where email is not null
    union all
    select account_id, event_id, 'user name', username from holder where username is not null
  ), clash as (
    select *, count(*) over (partition by event_id, what, lower(written)) as holders from claim
  )
  select account_id, event_id, 'taken ' || what as problem, written as detail from clash where holders > 1
  union all
  select account_id, null, 'unknown role', role from account where account_role(role) is null
  union all
  select account_id, null, 'staff without e-mail', username from account
    where account_role(role) <> 'attendee' and email is null
  union all
  select account_id, null, 'staff without password', email from account
    where account_role(role) <> 'attendee' and password_hash is null
  union all
  select account_id, null, 'neither e-mail nor user name', name from account
    where account_role(role) = 'attendee' and email is null and nullif(username, '') is null
  union all
  select account_id, null, 'not an e-mail', email from account
    where email !~ '^\S+@[^\s@]+$'
  union all
  select account_id, null, 'user name with @', username from account
    where username like '%@%'
  union all
  select account_id, event_id, 'unknown event', event_id::text from account_event
    where not exists (select from event where event.event_id = account_event.event_id)
  union all
  select null, null, 'foreign key that stops a deletion', format('%s of %s', conname, conrelid::regclass)
    from pg_constraint
    where contype = 'f' and confrelid = 'account'::regclass and confdeltype in ('a', 'r');

-- Takes away the new row that came of an account: staff's when `at_event` is null. The note goes first, so that the
-- triggers below see that this deletion comes from the old tables.
create or replace function account_let_go(gone_account uuid, at_event uuid) returns void language plpgsql as $$
declare
  gone_user uuid;
begin
  delete from account_moved where account_id = gone_account and event_id is not distinct from at_event
    returning user_id into gone_user;
  if at_event is null then
    delete from staff where user_id = gone_user;
  else
    delete from attendee where event_id = at_event and user_id = gone_user;
  end if;
end
$$;

-- Keeps an attendee who is at no event, and stops keeping one who is.
create or replace function account_keep_without_event(kept uuid) returns void language plpgsql as $$
begin
  delete from account_without_event where account_id = kept;
  insert into account_without_event (account_id, name, email, username, password_hash, created_at)
    select account_id, name, email, username, password_hash, created_at from account
    where account_id = kept and account_role(role) = 'attendee'
      and not exists (select from account_event where account_event.account_id = kept);
end
$$;

-- Brings the new tables up to what the old ones say of one account.
create or replace function account_move(moving uuid) returns void language plpgsql as $$
declare
  person account%rowtype;
  wanted record;
  known account_moved%rowtype;
  new_id uuid;
begin
  -- Two writers of one account wait for each other: the second sees what the first wrote.
  select * into person from account where account_id = moving for no key update;
  if not found then
    return;
  end if;
  if account_role(person.role) is null then
    raise exception 'account % has an unknown role', moving using errcode = 'check_violation';
  end if;
  -- A role that changed between staff and attendee: the rows of the other kind go.
  perform account_let_go(account_id, event_id) from account_moved
    where account_id = moving and (event_id is null) <> (account_role(person.role) <> 'attendee');
  for wanted in
    select target, event_id, fingerprint, joined_at
    from account_wanted left join account_event using (account_id, event_id)
    where account_id = moving
    order by target = 'event_staff', joined_at, event_id
  loop
    if wanted.target = 'event_staff' then
      insert into event_staff (event_id, user_id, assigned_at) values (wanted.event_id, moving, wanted.joined_at)
        on conflict do nothing;
    end if;
    continue when wanted.target not in ('staff', 'attendee');
    select * into known from account_moved
      where account_id = moving and event_id is not distinct from wanted.event_id;
    continue when known.fingerprint = wanted.fingerprint and case wanted.target
      when 'staff' then exists (select from staff where user_id = known.user_id)
      else exists (select from attendee where event_id = wanted.event_id and user_id = known.user_id)
    end;
    -- The first row that comes of an account has its id; another event's row has one of its own.
    new_id := coalesce(known.user_id, case when exists (
      select from account_moved where account_id = moving and user_id = moving) then gen_random_uuid() else moving end);
    if wanted.target = 'staff' then
      insert into staff (user_id, role, name, email, username, password_hash, created_at)
        values (new_id, account_role(person.role), person.name, person.email, nullif(person.username, ''),
          person.password_hash, person.created_at)
        on conflict (user_id) do update set role = excluded.role, name = excluded.name, email = excluded.email,
          username = excluded.username, password_hash = excluded.password_hash;
    else
      insert into attendee (event_id, user_id, name, email, username, password_hash, created_at)
        values (wanted.event_id, new_id, person.name, person.email, nullif(person.username, ''),
          person.password_hash, wanted.joined_at)
        on conflict (event_id, user_id) do update set name = excluded.name, email = excluded.email,
          username = excluded.username, password_hash = excluded.password_hash;
    end if;
    delete from account_moved where account_id = moving and event_id is not distinct from wanted.event_id;
    insert into account_moved (account_id, event_id, user_id, fingerprint)
      values (moving, wanted.event_id, new_id, wanted.fingerprint);
  end loop;
  perform account_keep_without_event(moving);
end
$$;

-- From the old tables to the new ones. The old code's write stands even when its copy cannot be made: the account is
-- then in account_not_moved, and step 3 refuses until it is settled.
create or replace function account_written() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' or tg_op = 'UPDATE' and old.account_id <> new.account_id then
    perform account_let_go(account_id, event_id) from account_moved where account_id = old.account_id;
    perform account_keep_without_event(old.account_id);
  end if;
  if tg_op <> 'DELETE' then
    perform account_move(new.account_id);
  end if;
  return null;
exception when integrity_constraint_violation then
  raise warning 'account % was not moved: %', coalesce(new.account_id, old.account_id), sqlerrm;
  return null;
end
$$;
create or replace trigger account_written after insert or update or delete on account
  for each row execute function account_written();

-- The account is locked before its membership, as in `account_erased`: writers who meet wait, and none is turned away.
create or replace function account_event_begun() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  perform from account where account_id in (old.account_id, new.account_id) order by account_id for no key update;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
create or replace trigger account_event_begun before insert or update or delete on account_event
  for each row execute function account_event_begun();

create or replace function account_event_written() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE'
    or tg_op = 'UPDATE' and (old.account_id, old.event_id) <> (new.account_id, new.event_id)
  then
    delete from event_staff using account_moved
      where event_staff.event_id = old.event_id and event_staff.user_id = account_moved.user_id
        and account_moved.account_id = old.account_id and account_moved.event_id is null;
    perform account_let_go(old.account_id, old.event_id);
    perform account_keep_without_event(old.account_id);
  end if;
  if tg_op <> 'DELETE' then
    perform account_move(new.account_id);
  end if;
  return null;
exception when integrity_constraint_violation then
  raise warning 'account % was not moved: %', coalesce(new.account_id, old.account_id), sqlerrm;
  return null;
end
$$;
create or replace trigger account_event_written after insert or update or delete on account_event
  for each row execute function account_event_written();

-- From the new tables to the old ones: whom FindMe deletes is gone from both, and step 2 cannot bring them back.
create or replace function account_erased() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
declare
  gone uuid;
begin
  if tg_table_name = 'staff' then
    delete from account_moved where user_id = old.user_id and event_id is null returning account_id into gone;
    if gone is not null then
      delete from account where account_id = gone;
    end if;
  elsif tg_table_name = 'attendee' then
    delete from account_moved where user_id = old.user_id and event_id = old.event_id returning account_id into gone;
    if gone is null then
      return old;
    end if;
    perform from account where account_id = gone for update;
    delete from account_event where account_id = gone and event_id = old.event_id;
    delete from account where account_id = gone and not exists (select from account_event where account_id = gone);
  else
    delete from account_event using account_moved
      where account_moved.user_id = old.user_id and account_moved.event_id is null
        and account_event.account_id = account_moved.account_id and account_event.event_id = old.event_id;
  end if;
  return old;
end
$$;
create or replace trigger account_erased before delete on staff
  for each row execute function account_erased();
create or replace trigger account_erased before delete on attendee
  for each row execute function account_erased();
create or replace trigger account_erased after delete on event_staff
  for each row execute function account_erased();

-- A person or an event can be deleted, and what hangs on them goes with it, for the old code too.
do $$
declare
  key record;
begin
  for key in
    select conname, conrelid::regclass as of, confrelid::regclass as target, attname
    from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
    where contype = 'f' and cardinality(conkey) = 1 and confdeltype <> 'c'
      and conrelid in ('password_reset'::regclass, 'account_event'::regclass)
      and confrelid in ('account'::regclass, 'event'::regclass)
  loop
    execute format(
      'alter table %s drop constraint %I, add constraint %I foreign key (%I) references %s on delete cascade',
      key.of, key.conname, key.conname, key.attname, key.target);
  end loop;
end
$$;
commit;
