-- Thousands of files over a bad network: batches, uploads that go on where they stopped, allowances, and a number for
-- every change of an event's photos, so that whoever watches can catch up.

-- Left behind by 0003 for processes of the version before.
drop table session;

alter table event
  -- Grows by one with each commit that adds or changes photos; see photo.change.
  add column change_count bigint not null default 0,
  -- Originals and unfinished uploads together may have so many bytes; null: as many as fit.
  add column bytes_max    bigint check (bytes_max >= 0);

-- The same for all that one person uploads.
alter table staff add column bytes_max bigint check (bytes_max >= 0);

-- What somebody uploads in one go: a card, a folder, an evening.
create table batch (
  event_id        uuid        not null references event on delete cascade,
  batch_id        uuid        not null,
  name            text        not null,
  created_by      uuid        references staff on delete set null,
  created_at      timestamptz not null,
  -- Files that the event had already.
  duplicate_count integer     not null default 0,
  primary key (event_id, batch_id)
);
create index batch_by_age on batch (event_id, created_at desc, batch_id desc);

-- A file of a batch that is no photo: nothing of it was kept but why.
create table rejection (
  event_id     uuid        not null,
  rejection_id uuid        not null,
  batch_id     uuid        not null,
  file_name    text        not null,
  code         text        not null,
  rejected_at  timestamptz not null,
  primary key (event_id, rejection_id),
  foreign key (event_id, batch_id) references batch on delete cascade
);
create index rejection_by_batch on rejection (event_id, batch_id, rejected_at, rejection_id);

alter table photo
  add column batch_id      uuid,
  -- The event's change_count as of the photo's last change.
  add column change        bigint not null default 0,
  -- What of the original is overwritten before anybody gets it (engine::privacy); null until that is known.
  add column private_parts bytea,
  add foreign key (event_id, batch_id) references batch;
create index photo_by_batch on photo (event_id, batch_id);
create index photo_by_change on photo (event_id, change);

-- A file on its way in, by the tus protocol. When it is whole its outcome is kept for as long as the row, for a client
-- that missed the answer.
create table upload (
  event_id       uuid        not null references event on delete cascade,
  upload_id      uuid        not null,
  batch_id       uuid,
  created_by     uuid        references staff on delete set null,
  file_name      text        not null,
  -- The header Upload-Metadata, as it came.
  metadata       text        not null,
  size_bytes     bigint      not null check (size_bytes >= 0),
  received_bytes bigint      not null default 0 check (received_bytes <= size_bytes),
  outcome        text        check (outcome in ('accepted', 'duplicate', 'rejected')),
  photo_id       uuid,
  -- Why it was rejected.
  code           text,
  -- Whether the blobs of its parts are deleted, once there is an outcome.
  parts_gone     boolean     not null default false,
  expires_at     timestamptz not null,
  primary key (event_id, upload_id),
  foreign key (event_id, batch_id) references batch
);
create index upload_by_expiry on upload (expires_at);
create index upload_by_person on upload (created_by) where outcome is null;
create index upload_with_parts on upload (expires_at) where outcome is not null and not parts_gone;

-- A stored piece of an unfinished upload.
create table upload_part (
  event_id   uuid   not null,
  upload_id  uuid   not null,
  start_byte bigint not null,
  size_bytes bigint not null check (size_bytes > 0),
  part_id    uuid   not null,
  primary key (event_id, upload_id, start_byte),
  foreign key (event_id, upload_id) references upload on delete cascade
);

-- The mark of the photo store that the photos lie in; null until there is one.
alter table setting add column photo_store uuid;

-- Photos that were read before originals were cleaned are read again; they can be found all the while.
insert into job (event_id, job_id, kind, photo_id, run_at)
  select event_id, gen_random_uuid(), 'ingest_photo', photo_id, now() from photo where state = 'ready'
  on conflict do nothing;
