-- Events whose faces Amazon Rekognition keeps instead of this machine.

-- Faces that are kept there have no embedding here.
alter table face alter column embedding drop not null;

-- Photos that were sent there, noted before they are sent, so that what a process has sent that was killed is known too.
-- The rows outlive their photos and events: they say what is still to be deleted there.
create table rekognition_photo (
  event_id          uuid not null,
  photo_id          uuid not null,
  -- Where its faces are: the region, and what the collection's name begins with, before the event's id. The settings may
  -- be others by now.
  region            text not null,
  collection_prefix text not null,
  -- From when on its faces are to be deleted there; null while they are wanted.
  purge_at          timestamptz,
  -- They are deleted three times: what was on its way at the first time has come by the next.
  passes            integer not null default 0,
  primary key (event_id, photo_id, region, collection_prefix)
);
create index rekognition_photo_to_purge on rekognition_photo (purge_at) where purge_at is not null;

-- Calls that were answered, by day (UTC), for what they cost.
create table rekognition_call (
  day       date   not null,
  operation text   not null,
  calls     bigint not null,
  primary key (day, operation)
);
