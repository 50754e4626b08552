-- What keeps a vehicle fit for the road: its card, its papers with their renewals, its inspections with their visits. A day is
-- text, YYYY-MM-DD, in Moscow time.

create table vehicle_cards (
  vehicle_id uuid primary key references vehicles (id),
  vin text unique check (vin ~ '^[A-HJ-NPR-Z0-9]{17}$'),
  sts text not null default '',
  year bigint,
  colour text not null default '',
  market_value_kopecks bigint check (market_value_kopecks >= 0),
  note text not null default '',
  version bigint not null,
  changed_at bigint not null,
  changed_by text not null
);

create table papers (
  id uuid primary key,
  vehicle_id uuid not null references vehicles (id),
  kind text not null check (kind in ('dk', 'osago', 'osgop')),
  number text not null,
  issued_by text not null default '',
  valid_until text not null check (valid_until ~ '^\d{4}-\d\d-\d\d$'),
  note text not null default '',
  added_at bigint not null,
  added_by text not null,
  withdrawn_at bigint,
  withdrawn_by text,
  withdraw_note text,
  check ((withdrawn_at is null) = (withdrawn_by is null))
);
create index papers_in_force on papers (vehicle_id, kind, valid_until desc) where withdrawn_at is null;

-- A paper that was sent for renewal; ended by the new paper, or called off.
create table paper_renewals (
  id uuid primary key,
  vehicle_id uuid not null references vehicles (id),
  kind text not null check (kind in ('dk', 'osago', 'osgop')),
  sent_at bigint not null,
  sent_by text not null,
  note text not null default '',
  ended_at bigint,
  ended_by text,
  paper_id uuid references papers (id)
);
create unique index paper_renewals_one_open on paper_renewals (vehicle_id, kind) where ended_at is null;

create table inspection_plans (
  vehicle_id uuid primary key references vehicles (id),
  step_km bigint not null check (step_km > 0),
  step_days bigint not null check (step_days > 0),
  due_km bigint,
  due_on text check (due_on ~ '^\d{4}-\d\d-\d\d$'),
  postponed bigint not null default 0 check (postponed >= 0),
  last_done_km bigint,
  last_done_on text,
  version bigint not null
);

create table inspection_stations (
  id uuid primary key,
  park_id uuid not null references parks (id),
  name text not null,
  address text not null default '',
  boxes bigint not null check (boxes between 1 and 100),
  opens text not null,
  closes text not null,
  slot_minutes bigint not null check (slot_minutes between 15 and 480),
  weekdays jsonb not null,
  closed_at bigint,
  unique (park_id, name)
);

create table inspection_visits (
  id uuid primary key,
  vehicle_id uuid not null references vehicles (id),
  station_id uuid not null references inspection_stations (id),
  box bigint not null,
  slot_at bigint not null,
  state text not null check (state in ('booked', 'arrived', 'done', 'postponed', 'no-show', 'cancelled')),
  booked_at bigint not null,
  booked_by text not null,
  arrived_at bigint,
  ended_at bigint,
  ended_by text,
  -- Why it was postponed; of a no-show the house's own word.
  reason text,
  reason_note text not null default '',
  -- Whether this postponement counts against the driver.
  counted boolean not null default false,
  odometer_km bigint,
  device_odometer_km double precision,
  condition text,
  condition_note text not null default '',
  check (state not in ('postponed', 'no-show') or reason is not null),
  check (state <> 'done' or (odometer_km is not null and condition is not null))
);
create unique index inspection_visits_one_ahead on inspection_visits (vehicle_id) where state in ('booked', 'arrived');
create unique index inspection_visits_one_a_box on inspection_visits (station_id, slot_at, box)
  where state in ('booked', 'arrived', 'done');
create index inspection_visits_vehicle on inspection_visits (vehicle_id, slot_at desc);
create index inspection_visits_slot on inspection_visits (slot_at) where state = 'booked';
