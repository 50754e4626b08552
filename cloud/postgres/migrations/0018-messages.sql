-- Messages to drivers and groups: what was to be said, by which way it went, and how far it has come.

create table messages (
  id uuid primary key,
  -- The same message again has the same key, and is not written twice.
  key text not null unique,
  kind text not null,
  -- Emptied once it is out, where it carries a secret; `shown` is what people may read of it.
  text text not null,
  shown text not null,
  to_kind text not null check (to_kind in ('driver', 'group', 'phone')),
  to_name text not null,
  driver_id uuid references drivers (id),
  vehicle_id uuid references vehicles (id),
  park_id uuid references parks (id),
  -- The ways that are still open, the next one first: [{channel, address}].
  ways jsonb not null,
  proof boolean not null,
  state text not null check (state in ('queued', 'sent', 'delivered', 'failed', 'no-channel')),
  channel text,
  address text,
  provider_id text,
  attempts bigint not null default 0,
  trouble text not null default '',
  because text not null default '',
  created_at bigint not null,
  -- When something is to be done about it next; null: nothing.
  due_at bigint,
  sent_at bigint,
  delivered_at bigint
);
create index messages_due on messages (due_at) where due_at is not null;
create index messages_driver on messages (driver_id, kind, created_at desc);
create index messages_vehicle on messages (vehicle_id, created_at desc);
create index messages_newest on messages (created_at desc, id desc);

create table message_groups (
  name text primary key,
  title text not null,
  phones jsonb not null,
  emails jsonb not null
);
