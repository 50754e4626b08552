-- Which version of a rule placed a hold, on what evidence, and whether its block may wait until the vehicle is next parked.
alter table holds add column rule_version text;
alter table holds add column evidence jsonb;
alter table holds add column when_next_parked boolean not null default false;

-- Whose word an order is, for the signer: null asker id means a rule. Why it is not signed yet, while it is not.
alter table orders add column asker_id text;
alter table orders add column asker_name text;
alter table orders add column approvals jsonb not null default '[]';
alter table orders add column unsigned_because text;

-- Starts are permitted until then although holds stand. The newest one that has not been ended counts.
create table graces (
  id uuid primary key,
  vehicle_id uuid not null references vehicles (id),
  until_at bigint not null,
  note text not null,
  given_by_kind text not null check (given_by_kind in ('user', 'rule')),
  given_by_id text not null,
  given_by_name text not null,
  given_at bigint not null,
  -- The gateway's record that told of a used code: the same word twice is one grace.
  told_by text unique,
  ended_at bigint,
  ended_by_name text,
  end_note text
);
create index graces_vehicle on graces (vehicle_id, given_at);
create index graces_running on graces (vehicle_id) where ended_at is null;

-- One row per claim of a gateway; the secret is sealed with a key that is not in this database.
create table unlock_secrets (
  gateway_id text primary key references gateways (id),
  sealed text not null,
  claimed_at bigint not null,
  -- The next code to be given out, and the first that the gateway may still take.
  next_counter bigint not null default 0,
  used_through bigint not null default -1
);

create table unlock_codes (
  id uuid primary key,
  vehicle_id uuid not null references vehicles (id),
  gateway_id text not null,
  counter bigint not null,
  note text not null,
  given_by_name text not null,
  given_at bigint not null
);
create index unlock_codes_vehicle on unlock_codes (vehicle_id, given_at);
