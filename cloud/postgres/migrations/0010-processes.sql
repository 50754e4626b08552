-- Definitions as they were loaded: files are kept whole, so that a card can go on with the version it was born on.
create table process_definitions (
  version integer primary key,
  files jsonb not null,
  note text not null,
  loaded_at bigint not null,
  loaded_by text not null,
  activated_at bigint,
  activated_by text
);

create sequence card_numbers;
create table cards (
  id uuid primary key,
  no bigint not null default nextval('card_numbers') unique,
  pipeline text not null,
  definition integer not null references process_definitions (version),
  stage text not null,
  entered_at bigint not null,
  created_at bigint not null,
  entity text not null,
  subject text,
  fields jsonb not null,
  responsible text,
  author text,
  parent uuid,
  version integer not null,
  closed_at bigint,
  parked text,
  repeats jsonb not null
);
create index cards_board on cards (pipeline, stage, entered_at) where closed_at is null;
create index cards_closed on cards (pipeline, closed_at) where closed_at is not null;
create index cards_phone on cards ((fields ->> 'phone')) where fields ->> 'phone' is not null;
create index cards_order on cards ((fields ->> 'orderNo1c')) where fields ->> 'orderNo1c' is not null;
create index cards_definition on cards (definition) where closed_at is null;
create unique index cards_subject on cards (pipeline, subject) where subject is not null and closed_at is null;

-- What a card points at, so that an event about a vehicle finds its cards at once.
create table card_links (
  card uuid not null references cards (id) on delete cascade,
  entity text not null,
  record text not null,
  primary key (card, entity, record)
);
create index card_links_record on card_links (record, entity);

create table card_tasks (
  id uuid primary key,
  card uuid not null references cards (id) on delete cascade,
  kind text not null,
  template text not null,
  title text not null,
  assignee text not null,
  watchers jsonb not null,
  priority integer not null,
  open_from bigint not null,
  due_at bigint not null,
  created_at bigint not null,
  state text not null,
  of_limit boolean not null,
  run uuid,
  step text,
  about text,
  outcome text,
  answer jsonb,
  comment text,
  closed_at bigint,
  closed_by text,
  taken_by text,
  taken_at bigint,
  client_key text unique
);
create index card_tasks_open on card_tasks (assignee, open_from) where state = 'open';
create index card_tasks_of on card_tasks (card);
create index card_tasks_done on card_tasks (closed_at) where closed_at is not null;

create table card_runs (
  id uuid primary key,
  card uuid not null references cards (id) on delete cascade,
  process text not null,
  definition integer not null,
  state text not null,
  step text,
  author text,
  bound jsonb not null,
  comment text,
  awaits jsonb not null,
  started_at bigint not null,
  ended_at bigint
);
create index card_runs_of on card_runs (card);
create index card_runs_waiting on card_runs (state) where state = 'running';

-- Business time is rows, never a timer in memory: whoever sweeps first rings it, once.
create table card_timers (
  card uuid not null references cards (id) on delete cascade,
  name text not null,
  due_at bigint not null,
  basis bigint not null,
  version integer not null,
  state text not null,
  primary key (card, name)
);
create index card_timers_due on card_timers (due_at) where state = 'set';

create table card_log (
  id bigserial primary key,
  card uuid not null references cards (id) on delete cascade,
  version integer not null,
  at bigint not null,
  pipeline text not null,
  stage text not null,
  kind text not null,
  change jsonb not null,
  actor_kind text not null,
  actor text not null,
  actor_name text,
  rule_version integer,
  reason text,
  evidence jsonb
);
create index card_log_of on card_log (card, id);
create index card_log_kind on card_log (pipeline, kind, at);

-- Effects wait here from the transaction that decided them until they are carried out; key = card:version:index.
create table process_outbox (
  key text primary key,
  card uuid,
  effect jsonb not null,
  created_at bigint not null,
  due_at bigint not null,
  attempts integer not null,
  state text not null,
  problem text,
  done_at bigint
);
create index process_outbox_due on process_outbox (due_at) where state = 'waiting';
create index process_outbox_old on process_outbox (done_at) where state = 'done';

create table process_records (
  entity text not null,
  id text not null,
  fields jsonb not null,
  version integer not null,
  changed_at bigint not null,
  primary key (entity, id)
);
create index process_records_fields on process_records using gin (fields jsonb_path_ops);

create table process_permits (
  id bigserial primary key,
  permit text not null,
  entity text not null,
  record text not null,
  until bigint not null,
  granted_at bigint not null,
  card uuid
);
create index process_permits_of on process_permits (record, permit, until);

-- One row per quarter of an hour of one unit: the primary key is the exclusion.
create table process_booking_slots (
  resource text not null,
  unit text not null,
  slot bigint not null,
  booking uuid not null,
  card uuid not null references cards (id) on delete cascade,
  primary key (resource, unit, slot)
);
create index process_booking_slots_of on process_booking_slots (card);

create table process_series (
  series text not null,
  scope text not null,
  period text not null,
  last bigint not null,
  primary key (series, scope, period)
);
create table process_numbers (
  series text not null,
  scope text not null,
  period text not null,
  n bigint not null,
  number text not null,
  card uuid,
  given_at bigint not null,
  cancelled_at bigint,
  cancelled_why text,
  primary key (series, scope, period, n)
);

create table process_files (
  id uuid primary key,
  card uuid references cards (id) on delete cascade,
  document text,
  name text not null,
  type text not null,
  size integer not null,
  sha256 text not null,
  bytes bytea not null,
  added_at bigint not null,
  added_by text not null,
  client_key text unique
);
create index process_files_of on process_files (card);

create table process_payments (
  key text primary key,
  amount bigint not null,
  match jsonb not null,
  card uuid,
  at bigint not null
);
create index process_payments_unmatched on process_payments (at) where card is null;

-- Outside events that have come in, by the sender's own id: the second time changes nothing.
create table process_inbox (
  adapter text not null,
  key text not null,
  event text not null,
  payload jsonb not null,
  happened_at bigint,
  received_at bigint not null,
  primary key (adapter, key)
);
create table process_hooks (
  id uuid primary key,
  adapter text not null,
  token_hash text not null unique,
  title text not null,
  created_at bigint not null,
  created_by text not null,
  revoked_at bigint
);

-- Which people play which role of the definitions.
create table process_people (
  account text not null,
  role text not null,
  primary key (account, role)
);
create table process_skips (
  id bigserial primary key,
  account text not null,
  task uuid not null references card_tasks (id) on delete cascade,
  at bigint not null,
  reason text not null
);
create table process_views (
  id uuid primary key,
  account text not null,
  pipeline text not null,
  title text not null,
  query jsonb not null
);
-- The card that the actions of one rule decision have made or found.
create table process_currents (
  decision text primary key,
  card uuid not null
);
