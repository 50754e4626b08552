-- What a person wants of a gateway: every version that was ever asked for, the newest being the one delivered.
create table configurations (
  gateway_id text not null references gateways (id),
  version bigint not null check (version > 0),
  document jsonb not null,
  hash text not null,
  -- Absent until the signer has signed it.
  jws text,
  note text not null,
  by_name text not null,
  created_at bigint not null,
  primary key (gateway_id, version)
);

-- What the gateway itself last said; it alone knows what is in force.
create table configuration_reports (
  gateway_id text primary key references gateways (id),
  outcome text not null check (outcome in ('waiting', 'applied', 'refused', 'rolled-back', 'local-override')),
  version bigint not null,
  hash text not null,
  errors jsonb not null,
  waiting_for text,
  applied_version bigint not null,
  applied_hash text not null,
  applied_source text not null check (applied_source in ('cloud', 'local')),
  -- The technician's document: of an override, and of a gateway that never had another.
  document jsonb,
  override_hash text,
  at bigint not null,
  received_at bigint not null
);

create table commissioning_sheets (
  gateway_id text not null references gateways (id),
  at bigint not null,
  by_name text not null,
  sheet text not null,
  primary key (gateway_id, at)
);
