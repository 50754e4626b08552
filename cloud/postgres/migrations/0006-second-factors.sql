-- Sessions have names of their own now, so that they can be shown and ended one by one; everybody signs in again.
delete from sessions;
alter table sessions add column id uuid not null unique;
alter table sessions add column second_factor_at bigint;
alter table sessions add column address text not null default '';
alter table sessions add column program text not null default '';

-- Came in by recovery: no block until then, unless an owner stands by it.
alter table accounts add column no_block_until bigint;

-- Null: everything the person may, as for tokens from before there were scopes. `shown` is how it begins.
alter table api_tokens add column scopes jsonb;
alter table api_tokens add column shown text not null default '';

-- Encrypted with a key outside the database. A code counts once: last_step is the newest step that was used.
create table totp_secrets (
  account_id uuid primary key references accounts (id) on delete cascade,
  sealed text not null,
  created_at bigint not null,
  confirmed_at bigint,
  last_step bigint not null default 0
);

create table recovery_codes (
  account_id uuid not null references accounts (id) on delete cascade,
  code_hash text not null,
  created_at bigint not null,
  used_at bigint,
  primary key (account_id, code_hash)
);

create table passkeys (
  id text primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  name text not null,
  public_key text not null,
  counter bigint not null,
  transports jsonb not null,
  created_at bigint not null,
  last_used_at bigint
);
create index passkeys_account on passkeys (account_id);

-- Half-way: a password was right and the second factor is awaited, a key was asked a question, a browser was sent to an
-- outside sign-in. Each is used once and soon forgotten.
create table sign_in_steps (
  token_hash text primary key,
  kind text not null check (kind in ('second-factor', 'passkey-register', 'passkey-sign-in', 'passkey-prove', 'oidc')),
  account_id uuid references accounts (id) on delete cascade,
  data jsonb not null,
  tries integer not null default 0,
  expires_at bigint not null
);
create index sign_in_steps_age on sign_in_steps (expires_at);

create table invitations (
  id uuid primary key,
  token_hash text not null unique,
  kind text not null check (kind in ('new', 'recovery')),
  account_id uuid references accounts (id) on delete cascade,
  login text,
  name text not null,
  role text not null,
  parks jsonb,
  created_by uuid not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  withdrawn_at bigint
);

create table outside_identities (
  issuer text not null,
  subject text not null,
  account_id uuid not null references accounts (id) on delete cascade,
  linked_at bigint not null,
  primary key (issuer, subject)
);

create table access_settings (
  key text primary key,
  value jsonb not null,
  changed_by text not null,
  changed_at bigint not null
);
