-- Why a vehicle earns nothing, without a gap: one open row for each vehicle, and the word of a person until it is lifted.

create table vehicle_standings (
  vehicle_id uuid not null references vehicles (id),
  standing text not null,
  from_at bigint not null,
  until_at bigint,
  note text not null default '',
  primary key (vehicle_id, from_at),
  check (until_at >= from_at)
);
create unique index vehicle_standings_one_open on vehicle_standings (vehicle_id) where until_at is null;
create index vehicle_standings_time on vehicle_standings (from_at);

create table vehicle_idle_words (
  vehicle_id uuid primary key references vehicles (id),
  reason text not null,
  note text not null,
  at bigint not null,
  by_name text not null
);
