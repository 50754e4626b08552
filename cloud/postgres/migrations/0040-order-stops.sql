-- New orders of a debtor that were stopped at his aggregator, and what stood there before.

create table order_stops (
  driver_id uuid primary key references drivers (id),
  source text not null,
  external_id text not null,
  -- {limit, blocks} as the aggregator had it: given back when the orders are.
  before jsonb not null,
  begun_at bigint not null,
  stopped_at bigint,
  allowed_at bigint
);
