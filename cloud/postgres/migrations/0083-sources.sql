-- The last word of every outside source about every paper: what it said when it last answered, and how its last turn ended.
create table paper_checks (
  vehicle_id uuid not null references vehicles (id) on delete cascade,
  kind text not null check (kind in ('dk', 'osago', 'osgop')),
  source text not null,
  tried_at bigint not null,
  outcome text not null check (outcome in ('found', 'none', 'unknown')),
  why text not null default '',
  answered_at bigint,
  valid_until text check (valid_until ~ '^\d{4}-\d\d-\d\d$'),
  number text not null default '',
  primary key (vehicle_id, kind, source)
);
create index paper_checks_turn on paper_checks (source, tried_at);

-- How far a source has come with its turn through the fleet, and how it does.
create table source_states (
  source text primary key,
  turn_at bigint,
  place uuid,
  tried_at bigint,
  ok_at bigint,
  problem text,
  unreadable bigint not null default 0
);
