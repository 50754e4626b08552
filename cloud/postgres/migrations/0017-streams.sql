-- What each cloud instance has of a stream, so that any of them can say how far all of them together have come.
create table stream_coverage (
  gateway_id text not null,
  stream uuid not null,
  instance text not null,
  through bigint not null,
  beyond jsonb not null,
  heard_at bigint not null,
  primary key (gateway_id, stream, instance)
);
