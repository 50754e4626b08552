-- One row per frame. The key makes a repeated batch harmless; the index answers "where was this car".
create table frames (
  gateway_id text not null,
  stream uuid not null,
  seq bigint not null,
  vehicle_id uuid,
  read_at bigint not null,
  time_quality text not null,
  lat double precision,
  lon double precision,
  accuracy_m real,
  satellites smallint,
  fix text not null,
  speed_kmh real,
  heading_deg real,
  altitude_m real,
  ignition boolean,
  odometer_km double precision,
  engine_hours double precision,
  supply_volt real,
  motion boolean,
  gnss_trust text not null,
  relay text not null,
  backfill boolean not null,
  primary key (gateway_id, stream, seq)
);

create index frames_by_vehicle on frames (vehicle_id, read_at);

-- The newest frame of each vehicle, and the newest trusted place, which may be older.
create table last_known (
  vehicle_id uuid primary key,
  gateway_id text not null,
  stream uuid not null,
  seq bigint not null,
  read_at bigint not null,
  frame jsonb not null,
  place_lat double precision,
  place_lon double precision,
  place_accuracy_m real,
  place_at bigint
);
