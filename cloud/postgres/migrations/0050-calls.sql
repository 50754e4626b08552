-- A hook may ask for a signature over the body; the secret is shared with the sender.
alter table process_hooks add column secret text;

-- Calls as the exchange tells of them; its own id of a call is known once for each hook.
create table phone_calls (
  id uuid primary key,
  exchange text not null,
  call_id text not null,
  direction text not null,
  caller text not null,
  callee text,
  line text,
  extension text,
  source text,
  rang_at bigint,
  answered_at bigint,
  ended_at bigint,
  missed_at bigint,
  record_url text,
  recording text not null default 'none',
  recording_problem text,
  started_at bigint not null,
  joined_at bigint,
  unique (exchange, call_id)
);
create index phone_calls_newest on phone_calls (started_at desc, id);
create index phone_calls_number on phone_calls (caller, started_at);
create index phone_calls_unjoined on phone_calls (started_at) where joined_at is null;
create index phone_calls_unfetched on phone_calls (started_at) where recording = 'wanted';

create table phone_call_cards (
  call uuid not null references phone_calls (id) on delete cascade,
  card uuid not null references cards (id) on delete cascade,
  primary key (call, card)
);
create index phone_call_cards_card on phone_call_cards (card);

create table phone_recordings (
  call uuid primary key references phone_calls (id) on delete cascade,
  type text not null,
  size integer not null,
  sha256 text not null,
  bytes bytea not null,
  fetched_at bigint not null
);

-- Which number tells of which source, and from when to when it did.
create table phone_lines (
  id uuid primary key,
  number text not null,
  source text not null,
  valid_from bigint not null,
  valid_to bigint,
  created_at bigint not null,
  created_by text not null
);
create index phone_lines_number on phone_lines (number, valid_from);

-- Where a call goes that is to be transferred to a role, a group or a person.
create table phone_extensions (
  recipient text primary key,
  extension text not null,
  changed_at bigint not null,
  changed_by text not null
);

-- What the exchange was asked to do, and whether it took it.
create table phone_requests (
  key text primary key,
  kind text not null,
  call_id text,
  target text,
  text text,
  card uuid,
  asked_at bigint not null,
  asked_by text not null,
  state text not null,
  attempts integer not null,
  problem text,
  taken_at bigint
);
create index phone_requests_newest on phone_requests (asked_at desc);
