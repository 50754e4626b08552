-- Photos of commissioning sheets. A sheet names its photos by their digests under its signature; only such are taken.
create table commissioning_photos (
  gateway_id text not null references gateways (id),
  -- SHA-256 of the bytes, hex.
  sha256 text not null,
  bytes bytea not null,
  by_name text not null,
  received_at bigint not null,
  primary key (gateway_id, sha256)
);
