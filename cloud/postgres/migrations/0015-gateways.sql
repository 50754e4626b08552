-- Every certificate ever granted to a gateway: revoking one names them all, claiming again retires what was granted before.
create table gateway_certificates (
  serial text primary key,
  gateway_id text not null references gateways (id),
  issued_at bigint not null,
  expires_at bigint not null,
  retired_at bigint
);
create index gateway_certificates_of_gateway on gateway_certificates (gateway_id);
insert into gateway_certificates (serial, gateway_id, issued_at, expires_at, retired_at)
select certificate_serial, id, claimed_at, certificate_expires_at, revoked_at
from gateways
where certificate_serial is not null and claimed_at is not null and certificate_expires_at is not null;

-- What a gateway of a park should run, by a person's word; the newest row of a park counts.
create table golden_setups (
  park_id uuid not null references parks (id),
  version bigint not null check (version > 0),
  document jsonb not null,
  note text not null,
  by_name text not null,
  created_at bigint not null,
  primary key (park_id, version)
);

-- Gateways that differ from it now, and since when somebody could have known.
create table gateway_drifts (
  gateway_id text primary key references gateways (id),
  differences jsonb not null,
  since_at bigint not null
);
