-- Where people write to us: one row for each account of a messenger, a site or a mailbox. Its tokens are known to the server alone.
create table inbox_accounts (
  id uuid primary key,
  channel text not null,
  title text not null,
  source text not null,
  -- What rules ask for: sale, driver, service.
  form text not null,
  address text,
  token_hash text not null unique,
  secret text,
  reply_url text,
  park_id uuid references parks (id),
  roles jsonb not null,
  assign_to text,
  assign_name text,
  created_at bigint not null,
  created_by text not null,
  closed_at bigint
);

create table inbox_conversations (
  id uuid primary key,
  account uuid not null references inbox_accounts (id),
  outside_id text not null,
  name text,
  phone text,
  subject text,
  assignee text,
  assignee_name text,
  card uuid references cards (id) on delete set null,
  first_in_at bigint not null,
  last_at bigint not null,
  last_text text not null,
  -- Since when somebody waits for a word of ours; null: nobody does.
  waiting_since bigint,
  first_answer_ms bigint,
  first_answer_by text,
  closed_at bigint,
  closed_by text,
  unique (account, outside_id)
);
create index inbox_conversations_waiting on inbox_conversations (waiting_since) where waiting_since is not null;
create index inbox_conversations_newest on inbox_conversations (last_at desc, id);

create table inbox_items (
  id uuid primary key,
  conversation uuid not null references inbox_conversations (id) on delete cascade,
  account uuid not null,
  direction text not null,
  key text not null,
  text text not null,
  files jsonb not null,
  at bigint not null,
  by_name text,
  state text not null,
  attempts integer not null default 0,
  due_at bigint,
  problem text,
  unique (account, direction, key)
);
create index inbox_items_of on inbox_items (conversation, at, id);
create index inbox_items_due on inbox_items (due_at) where state = 'queued';
