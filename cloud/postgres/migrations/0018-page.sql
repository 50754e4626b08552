-- The driver's own page: codes by message, his sessions, and what he says is a mistake.

-- Also of numbers that nobody has: so many codes are asked for by a number or an address, and no more.
create table driver_codes (
  id uuid primary key,
  phone text not null,
  address text not null,
  code_hash text not null,
  created_at bigint not null,
  expires_at bigint not null,
  tries bigint not null default 0,
  used_at bigint
);
create index driver_codes_phone on driver_codes (phone, created_at);
create index driver_codes_address on driver_codes (address, created_at);

create table driver_sessions (
  token_hash text primary key,
  driver_id uuid not null references drivers (id),
  created_at bigint not null,
  expires_at bigint not null
);
create index driver_sessions_driver on driver_sessions (driver_id);

create table appeals (
  id uuid primary key,
  driver_id uuid not null references drivers (id),
  park_id uuid not null references parks (id),
  vehicle_id uuid references vehicles (id),
  reason text not null,
  -- The reasons that stood when he wrote.
  holds jsonb not null,
  at bigint not null,
  answer text,
  answered_at bigint,
  answered_by text,
  check ((answer is null) = (answered_at is null))
);
create unique index appeals_one_open on appeals (driver_id) where answered_at is null;
create index appeals_newest on appeals (at desc, id desc);
