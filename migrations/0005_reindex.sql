-- An event is indexed with another model pack while the old index goes on to answer: faces of both packs lie in `face`,
-- and one job per photo makes those of the new one. What is left of it is the number of those jobs.

-- The pack that the event is to have, while it is made.
alter table event add column reindex_pack text check (reindex_pack <> pack);

alter table job drop constraint job_kind_check;
alter table job add constraint job_kind_check check (kind in ('ingest_photo', 'reindex_photo'));

-- Photos that nobody has read yet go first: the kinds are claimed in alphabetical order.
drop index job_to_claim;
create index job_to_claim on job (kind, run_at) where state = 'waiting';
