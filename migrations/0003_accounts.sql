-- Who may do what: accounts of staff and of attendees, sign-ins, single-use links, two-step log-in, limits, the record
-- of who did what, and the clearing up after a deleted event.

alter table staff
  add column username text check (username <> '' and username not like '%@%');
create unique index staff_username_unique on staff (lower(username));
create index staff_by_name on staff (lower(name), user_id);
create index staff_by_age on staff (created_at desc, user_id desc);

-- Which photographers and organisers work at which event. An organiser who stands here owns the event.
create table event_staff (
  event_id    uuid        not null references event on delete cascade,
  user_id     uuid        not null references staff on delete cascade,
  assigned_at timestamptz not null,
  primary key (event_id, user_id)
);
create index event_staff_by_user on event_staff (user_id);
insert into event_staff (event_id, user_id, assigned_at)
  select event_id, created_by, event.created_at from event join staff on user_id = created_by where role <> 'admin';

-- A person at one event. The same person at another event is another row, with a password of its own.
create table attendee (
  event_id      uuid        not null references event on delete cascade,
  user_id       uuid        not null,
  name          text        not null,
  email         text,
  username      text        check (username <> '' and username not like '%@%'),
  -- Absent until the person has chosen one by the link in the mail.
  password_hash text,
  created_by    uuid        references staff on delete set null,
  created_at    timestamptz not null,
  primary key (event_id, user_id),
  check (email is not null or username is not null)
);
create unique index attendee_email_unique on attendee (event_id, lower(email));
create unique index attendee_username_unique on attendee (event_id, lower(username));
create index attendee_by_name on attendee (event_id, lower(name), user_id);
create index attendee_by_age on attendee (event_id, created_at desc, user_id desc);

create index attendee_by_maker on attendee (created_by) where created_by is not null;

-- Without these, deleting a member of staff would read all photos and events.
create index photo_by_uploader on photo (uploaded_by) where uploaded_by is not null;
create index event_by_maker on event (created_by) where created_by is not null;

-- One log-in and all refresh tokens that followed from it. It replaces `session`, which stays for processes of the
-- version before and goes with the next migration.
create table sign_in (
  sign_in_id  uuid        primary key,
  staff_id    uuid        references staff on delete cascade,
  event_id    uuid,
  attendee_id uuid,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  foreign key (event_id, attendee_id) references attendee on delete cascade,
  check (num_nonnulls(staff_id, attendee_id) = 1 and num_nonnulls(event_id, attendee_id) <> 1)
);
create index sign_in_by_staff on sign_in (staff_id);
create index sign_in_by_attendee on sign_in (event_id, attendee_id);
create index sign_in_by_end on sign_in (expires_at);

create table refresh_token (
  token_hash bytea       primary key,
  sign_in_id uuid        not null references sign_in on delete cascade,
  issued_at  timestamptz not null,
  -- Set when it was exchanged; one that comes a second time was stolen, by whoever came first or second.
  used_at    timestamptz
);
create index refresh_token_by_use on refresh_token (used_at) where used_at is not null;
create index refresh_token_by_sign_in on refresh_token (sign_in_id);

-- Links by which a person chooses a new password. Only the hash of a token is kept (and, while messages are simulated,
-- the link itself in the outbox).
create table password_link (
  token_hash  bytea       primary key,
  staff_id    uuid        references staff on delete cascade,
  event_id    uuid,
  attendee_id uuid,
  expires_at  timestamptz not null,
  foreign key (event_id, attendee_id) references attendee on delete cascade,
  check (num_nonnulls(staff_id, attendee_id) = 1 and num_nonnulls(event_id, attendee_id) <> 1)
);
create index password_link_by_staff on password_link (staff_id);
create index password_link_by_attendee on password_link (event_id, attendee_id);

-- Links by which somebody becomes a member of staff.
create table invitation (
  invitation_id uuid        primary key,
  token_hash    bytea       not null unique,
  email         text        not null,
  role          text        not null check (role in ('admin', 'organiser', 'photographer')),
  invited_by    uuid        references staff on delete cascade,
  created_at    timestamptz not null,
  expires_at    timestamptz not null
);
create unique index invitation_email_unique on invitation (lower(email));
create index invitation_by_inviter on invitation (invited_by);

-- The second step of staff's log-in.
create table staff_mfa (
  user_id      uuid   primary key references staff on delete cascade,
  -- Nonce and ciphertext; the key is not in the database.
  secret       bytea  not null,
  -- Absent while the person has not shown that their device works.
  confirmed_at timestamptz,
  -- The time step of the last code that was accepted: none counts twice.
  last_step    bigint not null default 0
);
create table backup_code (
  user_id   uuid  not null references staff_mfa on delete cascade,
  code_hash bytea not null,
  primary key (user_id, code_hash)
);

-- Switches of the whole installation: one row.
create table setting (
  only_row    boolean primary key default true check (only_row),
  require_mfa boolean not null default false
);
insert into setting default values;

-- Mail that waits or was simulated. It goes with whom it is for.
create table outbox (
  message_id    uuid        primary key,
  kind          text        not null,
  recipient     text        not null,
  language      text        not null,
  subject       text        not null,
  body          text        not null,
  -- 'simulated': no mail server is set up; admins read it here and nothing was sent.
  state         text        not null check (state in ('simulated')),
  created_at    timestamptz not null,
  staff_id      uuid        references staff on delete cascade,
  event_id      uuid,
  attendee_id   uuid,
  invitation_id uuid        references invitation on delete cascade,
  foreign key (event_id, attendee_id) references attendee on delete cascade
);
create index outbox_by_age on outbox (created_at desc, message_id desc);
create index outbox_by_staff on outbox (staff_id) where staff_id is not null;
create index outbox_by_attendee on outbox (event_id, attendee_id) where attendee_id is not null;
create index outbox_by_invitation on outbox (invitation_id) where invitation_id is not null;

-- How much of an allowance is used: GCRA's theoretical arrival time. Losing it in a crash does no harm.
create unlogged table rate_limit (
  key_hash   bytea       primary key,
  arrival_at timestamptz not null
);

-- Wrong passwords in a row, for accounts that exist and those that do not. Kept apart from the accounts, so that the
-- answer takes the same path for both.
create unlogged table login_guard (
  key_hash     bytea       primary key,
  failures     integer     not null,
  locked_until timestamptz not null,
  last_at      timestamptz not null
);

-- Who did what, to whom, when, from where. Ids only, and without references: it outlives what it speaks of.
create table audit (
  audit_id    uuid        primary key,
  at          timestamptz not null,
  actor_id    uuid,
  actor_role  text        not null,
  action      text        not null,
  event_id    uuid,
  target_id   uuid,
  status      integer     not null,
  address     text        not null,
  request_id  text        not null
);
create index audit_by_age on audit (at desc, audit_id desc);

-- Events that were deleted while their blobs still have to be.
create table purge (
  event_id uuid        primary key,
  run_at   timestamptz not null,
  -- Blobs are deleted three times: what was being written at the first time is there by the next.
  passes   integer     not null default 0
);

-- Searches per event, for its figures: `consent` already has one row for each.
create index consent_by_time on consent (event_id, given_at);
