-- Times are epoch milliseconds, UTC (bigint), as on the wire. Ids are made by the application.

create table vehicles (
  id uuid primary key,
  plate text not null unique,
  model text not null,
  created_at bigint not null
);

-- vehicle_id is the vehicle this gateway was provisioned for; assignments say since when it really is in it.
create table gateways (
  id text primary key,
  vehicle_id uuid not null references vehicles (id),
  created_at bigint not null,
  created_by text not null,
  claimed_at bigint,
  revoked_at bigint,
  revoked_by text,
  password_hash text,
  certificate_serial text,
  certificate_expires_at bigint,
  -- The newest word on commissioning wins: sealed by someone, or the seal broken (sealed_by null).
  seal_changed_at bigint,
  sealed_by text,
  seal_note text,
  online boolean,
  status_at bigint,
  software text
);
create index gateways_vehicle on gateways (vehicle_id);

create table gateway_assignments (
  gateway_id text not null references gateways (id),
  vehicle_id uuid not null references vehicles (id),
  from_at bigint not null,
  until_at bigint,
  primary key (gateway_id, from_at)
);
create unique index gateway_assignments_one_vehicle on gateway_assignments (gateway_id) where until_at is null;
create unique index gateway_assignments_one_gateway on gateway_assignments (vehicle_id) where until_at is null;

-- Only a hash: the code itself is shown once. used_by_key lets the same key repeat a claim whose answer was lost.
create table claim_codes (
  code_hash text primary key,
  gateway_id text not null references gateways (id),
  created_at bigint not null,
  created_by text not null,
  expires_at bigint not null,
  used_at bigint,
  used_by_key text
);
create index claim_codes_gateway on claim_codes (gateway_id);

-- Changes between online and offline, for the timeline.
create table gateway_statuses (
  gateway_id text not null references gateways (id),
  at bigint not null,
  online boolean not null,
  software text not null,
  vehicle_id uuid references vehicles (id),
  primary key (gateway_id, at)
);
create index gateway_statuses_vehicle on gateway_statuses (vehicle_id, at);

create table holds (
  id uuid primary key,
  vehicle_id uuid not null references vehicles (id),
  reason text not null check (reason in ('zone', 'balance', 'inspection', 'papers', 'manual', 'theft')),
  note text not null,
  placed_by_kind text not null check (placed_by_kind in ('user', 'rule')),
  placed_by_id text not null,
  placed_by_name text not null,
  placed_at bigint not null,
  order_id uuid,
  lifted_at bigint,
  lifted_by_kind text check (lifted_by_kind in ('user', 'rule')),
  lifted_by_id text,
  lifted_by_name text,
  lift_note text,
  check ((lifted_at is null) = (lifted_by_id is null))
);
create index holds_vehicle on holds (vehicle_id, placed_at);
create index holds_standing on holds (vehicle_id) where lifted_at is null;
-- A rule may say its reason twice; the reason stands once.
create unique index holds_one_per_rule on holds (vehicle_id, reason, placed_by_id)
  where lifted_at is null and placed_by_kind = 'rule';

create table orders (
  id uuid primary key,
  vehicle_id uuid not null references vehicles (id),
  gateway_id text not null references gateways (id),
  -- Order of request within the installation: the newest order of a vehicle has the highest number.
  number bigint generated always as identity,
  seq bigint,
  jws text,
  action text not null check (action in ('block', 'unblock')),
  reasons jsonb not null,
  requested_by text not null,
  issued_at bigint not null,
  not_after bigint,
  state text not null check (state in ('created', 'sent', 'received', 'waiting', 'executing', 'verified', 'refused',
    'failed', 'expired', 'superseded')),
  state_at bigint not null,
  state_by text not null check (state_by in ('cloud', 'gateway')),
  state_reason text,
  relay text,
  -- True from the moment the gateway has spoken about it: never again merely a wish.
  heard boolean not null default false,
  published_at bigint,
  closed_at bigint,
  check ((action = 'block') = (not_after is not null))
);
create unique index orders_gateway_seq on orders (gateway_id, seq);
create unique index orders_one_open on orders (vehicle_id) where closed_at is null;
create index orders_vehicle on orders (vehicle_id, number);

create table order_steps (
  order_id uuid not null references orders (id),
  state text not null,
  at bigint not null,
  reason text not null default '',
  said_by text not null check (said_by in ('cloud', 'gateway')),
  vehicle_id uuid not null references vehicles (id),
  relay text,
  evidence jsonb,
  primary key (order_id, state, at, reason)
);
create index order_steps_vehicle on order_steps (vehicle_id, at);

-- The relay's last own word, from a report or a live frame.
create table relay_states (
  vehicle_id uuid primary key references vehicles (id),
  gateway_id text not null,
  relay text not null check (relay in ('open', 'closed', 'unknown')),
  relay_at bigint not null,
  source text not null check (source in ('report', 'frame'))
);

create table events (
  gateway_id text not null,
  stream uuid not null,
  seq bigint not null,
  vehicle_id uuid,
  name text not null,
  at bigint not null,
  received_at bigint not null,
  data jsonb not null,
  primary key (gateway_id, stream, seq)
);
create index events_vehicle on events (vehicle_id, at);

create table crossings (
  vehicle_id uuid not null references vehicles (id),
  zone text not null,
  at bigint not null,
  side text not null check (side in ('inside', 'outside')),
  lat double precision,
  lon double precision,
  evidence jsonb not null,
  recorded_at bigint not null,
  primary key (vehicle_id, zone, at)
);

create table zone_states (
  vehicle_id uuid not null references vehicles (id),
  zone text not null,
  inside boolean,
  since bigint,
  judged_at bigint not null,
  state jsonb not null,
  primary key (vehicle_id, zone)
);

-- How far each consumer of a journal has come, moved in the transaction of its effects.
create table journal_cursors (
  journal text not null,
  consumer text not null,
  position bigint not null,
  primary key (journal, consumer)
);

create table accounts (
  id uuid primary key,
  login text not null unique,
  name text not null,
  role text not null,
  password_hash text,
  created_at bigint not null,
  disabled_at bigint
);

create table sessions (
  token_hash text primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  created_at bigint not null,
  expires_at bigint not null,
  last_seen_at bigint not null
);
create index sessions_account on sessions (account_id);

create table api_tokens (
  id uuid primary key,
  token_hash text not null unique,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null,
  created_at bigint not null,
  expires_at bigint,
  last_used_at bigint,
  revoked_at bigint
);
create index api_tokens_account on api_tokens (account_id);

create table setup_links (
  token_hash text primary key,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);

create table idempotency_keys (
  caller_id text not null,
  key text not null,
  request_hash text not null,
  created_at bigint not null,
  status integer,
  body text,
  content_type text,
  primary key (caller_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
