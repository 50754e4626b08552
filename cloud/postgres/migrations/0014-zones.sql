-- Zones drawn by people, permits given by people, and what the fleet says of its own signals: leaps, doubts, silent districts.

create table zones (
  id uuid primary key,
  kind text not null check (kind in ('parking', 'forbidden', 'never_block')),
  name text not null check (name <> ''),
  park_id uuid references parks (id),
  geometry jsonb not null,
  -- As it was drawn, where it was drawn as a circle: {lat, lon, radiusM}.
  circle jsonb,
  note text not null default '',
  version bigint not null check (version > 0),
  changed_at bigint not null,
  changed_by text not null,
  archived_at bigint
);
create index zones_in_use on zones (kind, name) where archived_at is null;

create table zone_versions (
  zone_id uuid not null references zones (id),
  version bigint not null,
  change text not null check (change in ('drawn', 'changed', 'archived')),
  kind text not null,
  name text not null,
  geometry jsonb not null,
  note text not null,
  changed_at bigint not null,
  changed_by text not null,
  primary key (zone_id, version)
);

create index zone_states_inside on zone_states (zone) where inside;

-- Permits of cards and of people stand in one table, so that every reader sees both. Taking one back ends it: `until` is
-- then the moment it was taken back.
alter table process_permits add column note text not null default '';
alter table process_permits add column given_by text not null default '';
alter table process_permits add column revoked_at bigint;
alter table process_permits add column revoked_by text;
alter table process_permits add column end_told_at bigint;
create index process_permits_ending on process_permits (until) where end_told_at is null;

-- The newest far hop of each vehicle: many of them to one place at once are a deceit, not a journey.
create table position_leaps (
  vehicle_id uuid primary key references vehicles (id),
  at bigint not null,
  lat double precision not null,
  lon double precision not null,
  from_lat double precision not null,
  from_lon double precision not null
);
create index position_leaps_at on position_leaps (at);

-- One row while a vehicle's position is in doubt.
create table signal_doubts (
  vehicle_id uuid primary key references vehicles (id),
  cause text not null check (cause in ('own', 'leap', 'odometer', 'fleet')),
  since bigint not null
);

create table area_outages (
  id uuid primary key,
  cell text not null,
  lat double precision not null,
  lon double precision not null,
  began_at bigint not null,
  ended_at bigint,
  vehicles_there bigint not null
);
create unique index area_outages_open on area_outages (cell) where ended_at is null;
create index area_outages_began on area_outages (began_at desc);

create table area_outage_vehicles (
  outage_id uuid not null references area_outages (id),
  vehicle_id uuid not null references vehicles (id),
  silent_since bigint not null,
  back_at bigint,
  primary key (outage_id, vehicle_id)
);
create index area_outage_vehicles_silent on area_outage_vehicles (vehicle_id) where back_at is null;
