-- That somebody agreed to be searched for, and to which wording: when and at which event, not who.
create table consent (
  event_id   uuid        not null references event on delete cascade,
  consent_id uuid        not null,
  version    text        not null,
  given_at   timestamptz not null,
  primary key (event_id, consent_id)
);
