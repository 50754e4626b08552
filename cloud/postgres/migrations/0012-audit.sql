-- What is to be put on record, written in the transaction of what it tells; `source` makes each fact come once.
create table audit_inbox (
  source text primary key,
  arrived bigint generated always as identity,
  at bigint not null,
  kind text not null,
  by_kind text not null check (by_kind in ('user', 'rule', 'gateway', 'cloud', 'nobody')),
  by_id text not null,
  subjects jsonb not null,
  data jsonb not null
);
create index audit_inbox_arrived on audit_inbox (arrived);

-- The leaves of the Merkle tree (RFC 6962), in order and never changed. `leaf` is hashed as it stands.
create table audit_entries (
  position bigint primary key,
  source text not null unique,
  at bigint not null,
  kind text not null,
  by_id text not null,
  subjects jsonb not null,
  leaf text not null,
  hash text not null
);
create index audit_entries_kind on audit_entries (kind, position);
create index audit_entries_by on audit_entries (by_id, position);
create index audit_entries_subjects on audit_entries using gin (subjects jsonb_path_ops);

-- Full subtrees of 2^level leaves, from a level on, so that a proof reads few rows.
create table audit_nodes (
  level integer not null,
  index bigint not null,
  hash text not null,
  primary key (level, index)
);

create table audit_head (
  one boolean primary key default true check (one),
  size bigint not null,
  peaks jsonb not null
);

-- Words about people stand here and not in the tree, which has only their salted hash: here they can be forgotten.
create table audit_details (
  commitment text primary key,
  salt text not null,
  value text not null,
  subjects jsonb not null,
  at bigint not null
);
create index audit_details_subjects on audit_details using gin (subjects jsonb_path_ops);
create index audit_details_at on audit_details (at);

create table audit_checkpoints (
  size bigint not null,
  key_id text not null,
  root text not null,
  at bigint not null,
  signature text not null,
  primary key (size, key_id)
);

-- Every step of an order goes on record in the very transaction that writes it, whichever code does.
create function audit_order_step() returns trigger language plpgsql as $$
begin
  insert into audit_inbox (source, at, kind, by_kind, by_id, subjects, data)
  values (
    'order-step:' || new.order_id || ':' || new.state || ':' || new.at || ':' || new.reason,
    new.at, 'order', new.said_by, new.said_by,
    jsonb_build_array(new.order_id, new.vehicle_id),
    jsonb_build_object('orderId', new.order_id, 'vehicleId', new.vehicle_id, 'state', new.state, 'reason', new.reason,
      'relay', new.relay, 'evidence', new.evidence, 'proof', new.proof_word)
  ) on conflict do nothing;
  return new;
end $$;
create trigger audit_order_steps after insert on order_steps for each row execute function audit_order_step();
