-- Policies (bounded numbers of the owner), rules with their versions and outcomes, what they decided and why, and the
-- history of facts they are tried on.

create table policy_versions (
  name text not null,
  version bigint not null,
  value jsonb not null,
  at bigint not null,
  by_id text not null,
  by_name text not null,
  why text not null,
  primary key (name, version)
);

create table rules (
  id text primary key,
  -- The version that acts and the one that only watches; either may be absent.
  acting_version bigint,
  shadow_version bigint,
  shadow_since bigint,
  paused boolean not null default false,
  next_sweep_at bigint not null default 0,
  changed_at bigint not null
);

create table rule_versions (
  rule_id text not null references rules (id),
  version bigint not null,
  title text not null,
  source text not null,
  origin text not null check (origin in ('shipped', 'edited')),
  at bigint not null,
  by_id text not null,
  by_name text not null,
  why text not null,
  primary key (rule_id, version)
);

create table rule_switches (
  id bigint generated always as identity primary key,
  rule_id text not null references rules (id),
  version bigint,
  what text not null check (what in ('shadow', 'act', 'pause', 'resume', 'retire')),
  at bigint not null,
  by_id text not null,
  by_name text not null,
  why text not null
);
create index rule_switches_rule on rule_switches (rule_id, id);

-- The last outcome. An unknown verdict leaves the outcome as it was and is only noted.
create table rule_outcomes (
  rule_id text not null references rules (id),
  mode text not null check (mode in ('acting', 'shadow')),
  subject text not null,
  each_key text not null,
  version bigint not null,
  outcome text not null check (outcome in ('satisfied', 'notSatisfied', 'unknown')),
  verdict text not null check (verdict in ('satisfied', 'notSatisfied', 'unknown')),
  since bigint not null,
  evaluated_at bigint not null,
  decision_id uuid,
  primary key (rule_id, mode, subject, each_key)
);

create table rule_decisions (
  id uuid primary key,
  rule_id text not null references rules (id),
  version bigint not null,
  mode text not null check (mode in ('acting', 'shadow')),
  subject text not null,
  each_key text not null,
  event_id text not null,
  vehicle_id uuid references vehicles (id),
  driver_id uuid references drivers (id),
  at bigint not null,
  outcome text not null,
  fired boolean not null,
  inputs jsonb not null,
  because jsonb not null
);
create unique index rule_decisions_once on rule_decisions (rule_id, mode, subject, each_key, event_id);
create index rule_decisions_rule on rule_decisions (rule_id, mode, at, id);
create index rule_decisions_vehicle on rule_decisions (vehicle_id, at, id);
create index rule_decisions_driver on rule_decisions (driver_id, at, id);

-- What a decision does, in order; carried out after it is stored, each under the key decision:line.
create table rule_effects (
  decision_id uuid not null references rule_decisions (id),
  line smallint not null,
  action text not null,
  details jsonb not null,
  state text not null check (state in ('waiting', 'done', 'refused', 'dropped', 'shadow')),
  note text not null,
  attempts bigint not null,
  held_until bigint not null,
  changed_at bigint not null,
  primary key (decision_id, line)
);
create index rule_effects_open on rule_effects (decision_id) where state in ('waiting', 'refused');

-- How facts changed over time: the value from that moment on; null: not known from then on.
create table fact_changes (
  kind text not null check (kind in ('vehicle', 'driver', 'lease', 'fleet')),
  id text not null,
  field text not null,
  at bigint not null,
  value jsonb not null,
  primary key (kind, id, field, at)
);
create index fact_changes_time on fact_changes (at);

create table what_ifs (
  id uuid primary key,
  at bigint not null,
  by_id text not null,
  by_name text not null,
  wish jsonb not null,
  state text not null check (state in ('waiting', 'running', 'done', 'failed')),
  done_share double precision not null,
  result jsonb,
  error text
);
