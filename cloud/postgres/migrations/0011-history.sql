-- Frames by month of their reading (UTC), so that a month is forgotten by dropping a table. The key holds read_at
-- because a partitioned table asks for it; a record's read_at never changes, so a repeated batch stays harmless.
alter table frames rename to frames_whole;

alter table frames_whole rename constraint frames_pkey to frames_whole_pkey;

alter index frames_by_vehicle rename to frames_whole_by_vehicle;

create table frames (
  gateway_id text not null,
  stream uuid not null,
  seq bigint not null,
  vehicle_id uuid,
  read_at bigint not null,
  time_quality text not null,
  lat double precision,
  lon double precision,
  accuracy_m double precision,
  satellites smallint,
  fix text not null,
  speed_kmh double precision,
  heading_deg double precision,
  altitude_m real,
  ignition boolean,
  odometer_km double precision,
  engine_hours double precision,
  supply_volt real,
  motion boolean,
  gnss_trust text not null,
  relay text not null,
  backfill boolean not null,
  -- What questions about the past read, in one value: a month of a vehicle is read in a fifth of the time. Seven doubles
  -- (readAt, lat, lon, accuracy, speed, heading, odometer; NaN = none), then ignition and motion (0 none, 1 no, 2 yes),
  -- fix (0 none, 1 2d, 2 3d) and trust (0 ok, 1 suspect, 2 jammed), two bits each from the lowest.
  packed bytea generated always as (
    float8send(read_at::double precision) || float8send(coalesce(lat, 'NaN')) || float8send(coalesce(lon, 'NaN'))
    || float8send(coalesce(accuracy_m, 'NaN')) || float8send(coalesce(speed_kmh, 'NaN'))
    || float8send(coalesce(heading_deg, 'NaN')) || float8send(coalesce(odometer_km, 'NaN'))
    || int2send((
      (case when ignition then 2 when not ignition then 1 else 0 end)
      + 4 * (case when motion then 2 when not motion then 1 else 0 end)
      + 16 * (case fix when '3d' then 2 when '2d' then 1 else 0 end)
      + 64 * (case gnss_trust when 'ok' then 0 when 'jammed' then 2 else 1 end))::smallint)
  ) stored,
  primary key (gateway_id, stream, seq, read_at)
) partition by range (read_at);

create index frames_by_vehicle on frames (vehicle_id, read_at);

-- Readings of clocks that were years off.
create table frames_elsewhen partition of frames default;

do $$
declare
  month timestamptz;
begin
  for month in
    select distinct date_trunc('month', to_timestamp(read_at / 1000.0) at time zone 'UTC') at time zone 'UTC'
    from frames_whole
    where read_at >= 1262304000000 and read_at < 2840140800000
  loop
    execute format('create table %I partition of frames for values from (%s) to (%s)',
      'frames_' || to_char(month at time zone 'UTC', 'YYYYMM'),
      (extract(epoch from month) * 1000)::bigint,
      (extract(epoch from (month at time zone 'UTC' + interval '1 month') at time zone 'UTC') * 1000)::bigint);
  end loop;
end $$;

insert into frames (gateway_id, stream, seq, vehicle_id, read_at, time_quality, lat, lon, accuracy_m, satellites, fix,
    speed_kmh, heading_deg, altitude_m, ignition, odometer_km, engine_hours, supply_volt, motion, gnss_trust, relay,
    backfill)
  select gateway_id, stream, seq, vehicle_id, read_at, time_quality, lat, lon, accuracy_m::text::double precision,
    satellites, fix, speed_kmh::text::double precision, heading_deg::text::double precision, altitude_m, ignition,
    odometer_km, engine_hours, supply_volt, motion, gnss_trust, relay, backfill
  from frames_whole;

drop table frames_whole;

-- A vehicle's day whose kilometres are to be computed (anew), and when. A new mark raises the version, so that a
-- computation which began before it does not take it off.
create table mileage_due (
  vehicle_id uuid not null,
  day text not null,
  due_at bigint not null,
  version bigint not null,
  primary key (vehicle_id, day)
);

create index mileage_due_by_time on mileage_due (due_at);

-- Every value a vehicle's day ever had; the highest revision holds. Never updated.
create table mileage_days (
  vehicle_id uuid not null,
  day text not null,
  revision integer not null,
  km double precision not null,
  error_km double precision not null,
  source text not null,
  gaps jsonb not null,
  frames integer not null,
  reason text not null,
  computed_at bigint not null,
  -- Where the count stands at the end of the day, for the next one to go on from.
  carry text not null,
  primary key (vehicle_id, day, revision)
);

-- Who may bring positions of trackers that are not ours: a phone, or a Traccar server with many devices.
create table tracker_logins (
  login text primary key,
  kind text not null,
  secret_hash text not null unique,
  created_at bigint not null,
  created_by text not null
);

create table trackers (
  id text primary key,
  login text not null references tracker_logins (login),
  device text not null,
  vehicle_id uuid not null references vehicles (id),
  created_at bigint not null,
  created_by text not null,
  removed_at bigint,
  removed_by text,
  heard_at bigint,
  online boolean
);

create unique index trackers_in_use on trackers (login, device) where removed_at is null;

create index trackers_by_vehicle on trackers (vehicle_id);

-- The place in the journal that a message got, so that the same message sent again gets it again.
create table tracker_messages (
  tracker_id text not null,
  digest text not null,
  stream uuid not null,
  seq bigint not null,
  at bigint not null,
  primary key (tracker_id, digest)
);

create index tracker_messages_by_time on tracker_messages (at);

-- What came from a device nobody has registered: shown to whoever forgot to.
create table tracker_refusals (
  login text not null,
  device text not null,
  first_at bigint not null,
  last_at bigint not null,
  messages bigint not null,
  primary key (login, device)
);
