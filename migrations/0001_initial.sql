-- The first shape. Every table of one event has event_id first in its primary key, so that the database can be
-- partitioned or distributed by event. Names are singular; times are timestamptz.

create table staff (
  user_id       uuid        primary key,
  role          text        not null check (role in ('admin', 'organiser', 'photographer')),
  name          text        not null,
  email         text        not null,
  password_hash text        not null,
  created_at    timestamptz not null
);
create unique index staff_email_unique on staff (lower(email));

create table session (
  token_hash bytea       primary key,
  user_id    uuid        not null references staff on delete cascade,
  expires_at timestamptz not null
);
create index session_by_user on session (user_id);

-- The one-time link that creates the first admin: only its hash is kept.
create table setup_token (
  token_hash bytea       primary key,
  expires_at timestamptz not null
);

create table event (
  event_id            uuid        primary key,
  slug                text        not null unique,
  name                text        not null,
  held_on             date,
  recognition_enabled boolean     not null default true,
  -- The model pack whose embeddings make up the gallery.
  pack                text        not null,
  -- Grows by one with each commit that adds faces; a gallery in memory loads what is newer than its own version.
  gallery_version     bigint      not null default 0,
  -- Grows when faces were removed; a gallery in memory of an older epoch is loaded anew.
  gallery_epoch       bigint      not null default 0,
  created_by          uuid        references staff on delete set null,
  created_at          timestamptz not null
);

create table photo (
  event_id       uuid        not null references event on delete cascade,
  photo_id       uuid        not null,
  sha256         bytea       not null check (length(sha256) = 32),
  file_name      text        not null,
  media_type     text        not null,
  size_bytes     bigint      not null,
  state          text        not null default 'waiting' check (state in ('waiting', 'ready', 'failed')),
  failure_code   text,
  failure_detail text,
  width_px       integer,
  height_px      integer,
  face_count     integer     not null default 0,
  -- As the camera wrote it: local time, without a zone.
  taken_at       timestamp,
  camera         text,
  uploaded_by    uuid        references staff on delete set null,
  uploaded_at    timestamptz not null,
  primary key (event_id, photo_id),
  unique (event_id, sha256)
);
create index photo_by_state on photo (event_id, state);
create index photo_by_upload on photo (event_id, uploaded_at desc, photo_id);

create table face (
  event_id        uuid     not null,
  photo_id        uuid     not null,
  face_id         uuid     not null,
  gallery_version bigint   not null,
  pack            text     not null,
  x_px            real     not null,
  y_px            real     not null,
  width_px        real     not null,
  height_px       real     not null,
  -- x and y of the five landmarks, in the order of domain::Landmarks.
  landmarks_px    real[]   not null check (cardinality(landmarks_px) = 10),
  confidence      real     not null,
  size_px         real     not null,
  sharpness       real     not null,
  yaw             real     not null,
  embedding_norm  real     not null,
  -- Unit length, 32-bit floats, little-endian.
  embedding       bytea    not null,
  primary key (event_id, face_id),
  foreign key (event_id, photo_id) references photo on delete cascade
);
create index face_by_version on face (event_id, gallery_version);
create index face_by_photo on face (event_id, photo_id);

create table job (
  event_id    uuid        not null references event on delete cascade,
  job_id      uuid        not null,
  kind        text        not null check (kind in ('ingest_photo')),
  photo_id    uuid        not null,
  state       text        not null default 'waiting' check (state in ('waiting', 'working', 'dead')),
  attempts    integer     not null default 0,
  run_at      timestamptz not null,
  -- While a worker holds it: until when, and the token that its result must show.
  lease_until timestamptz,
  lease_token uuid,
  last_error  text,
  primary key (event_id, job_id),
  unique (event_id, kind, photo_id),
  foreign key (event_id, photo_id) references photo on delete cascade
);
create index job_to_claim on job (run_at) where state = 'waiting';
create index job_leased on job (lease_until) where state = 'working';
