-- Drivers, leases with their shifts, the ledger, and balances. Money is integer kopecks; a day is text, YYYY-MM-DD, in
-- Moscow time.

create table drivers (
  id uuid primary key,
  park_id uuid not null references parks (id),
  family_name text not null,
  given_name text not null,
  patronymic text not null default '',
  legal_form text not null check (legal_form in ('sole-trader', 'self-employed', 'person')),
  state text not null check (state in ('candidate', 'active', 'paused', 'left', 'merged')),
  merged_into uuid references drivers (id),
  note text not null default '',
  version bigint not null,
  created_at bigint not null,
  check ((state = 'merged') = (merged_into is not null))
);
create index drivers_by_name on drivers (family_name, given_name, id);
create index drivers_by_park on drivers (park_id, family_name, given_name, id);

-- E.164. One number may be two persons' (a family, a number that has changed hands): whoever adds it is asked.
create table driver_phones (
  driver_id uuid not null references drivers (id),
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  main boolean not null,
  primary key (driver_id, phone)
);
create index driver_phones_exact on driver_phones (phone);
create unique index driver_phones_one_main on driver_phones (driver_id) where main;

create table driver_channels (
  driver_id uuid not null references drivers (id),
  channel text not null check (channel in ('max', 'sms', 'call', 'email')),
  address text not null,
  consent text not null check (consent in ('given', 'refused', 'not-asked')),
  consent_at bigint,
  primary key (driver_id, channel),
  check ((consent = 'not-asked') = (consent_at is null))
);

-- Apart from the driver: read by few, and erased as a whole while the driver's money stays.
create table driver_secrets (
  driver_id uuid primary key references drivers (id),
  birth_date text,
  passport_number text,
  passport_issued_by text,
  passport_issued_on text,
  licence_number text,
  licence_until text,
  address text,
  changed_at bigint not null,
  erased_at bigint
);

-- Names of what was changed, with the values before and after; of driver_secrets the names alone.
create table driver_changes (
  id bigint generated always as identity primary key,
  driver_id uuid not null references drivers (id),
  at bigint not null,
  by_id text not null,
  by_name text not null,
  changes jsonb not null
);
create index driver_changes_driver on driver_changes (driver_id, id);

-- Under which name another system knows a driver; a driver with such a name has his balance from there.
create table driver_refs (
  source text not null,
  external_id text not null,
  driver_id uuid not null unique references drivers (id),
  primary key (source, external_id)
);

create table leases (
  id uuid primary key,
  number bigint generated always as identity,
  park_id uuid not null references parks (id),
  vehicle_id uuid not null references vehicles (id),
  plan text not null check (plan in ('rent', 'lease', 'buyout')),
  state text not null check (state in ('draft', 'active', 'returning', 'closed', 'cancelled')),
  starts_on text not null,
  ends_on text,
  deposit_kopecks bigint not null check (deposit_kopecks >= 0),
  schedule jsonb not null,
  buyout jsonb,
  market_value_kopecks bigint,
  note text not null default '',
  version bigint not null,
  created_at bigint not null,
  created_by text not null,
  activated_at bigint,
  returning_at bigint,
  ended_at bigint,
  parking text,
  -- The next moment at which a day is to be charged; null when nothing more will be.
  next_charge_at bigint,
  check ((plan = 'buyout') = (buyout is not null)),
  check ((state in ('closed', 'cancelled')) = (ended_at is not null)),
  check (state not in ('active', 'returning', 'closed') or activated_at is not null)
);
-- A vehicle is in one pair of hands.
create unique index leases_one_active on leases (vehicle_id) where state in ('active', 'returning');
create index leases_vehicle on leases (vehicle_id, created_at);
create index leases_by_number on leases (number);
create index leases_charge on leases (next_charge_at) where state in ('active', 'returning');

create table lease_parties (
  lease_id uuid not null references leases (id),
  driver_id uuid not null references drivers (id),
  main boolean not null,
  from_at bigint not null,
  until_at bigint,
  primary key (lease_id, driver_id, from_at)
);
create unique index lease_parties_one_main on lease_parties (lease_id) where main and until_at is null;
create unique index lease_parties_once on lease_parties (lease_id, driver_id) where until_at is null;
create index lease_parties_driver on lease_parties (driver_id);

create table lease_steps (
  lease_id uuid not null references leases (id),
  at bigint not null,
  state text not null,
  by_id text not null,
  by_name text not null,
  note text not null,
  primary key (lease_id, at, state)
);

create table shifts (
  id uuid primary key,
  lease_id uuid not null references leases (id),
  vehicle_id uuid not null references vehicles (id),
  driver_id uuid not null references drivers (id),
  opened_at bigint not null,
  opened_by text not null,
  closed_at bigint,
  closed_by text,
  check (closed_at >= opened_at),
  check ((closed_at is null) = (closed_by is null))
);
create unique index shifts_one_open on shifts (vehicle_id) where closed_at is null;
create index shifts_lease on shifts (lease_id, opened_at);
create index shifts_vehicle on shifts (vehicle_id, opened_at);
create index shifts_driver on shifts (driver_id, opened_at);

-- Entries count towards the account's owner: a driver's account below zero is his debt to us. Accounts of drivers and
-- leases keep their sum here, by trigger; those that many write to are summed when asked for.
create table ledger_accounts (
  code text primary key,
  kind text not null check (kind in ('driver', 'deposit', 'buyout', 'rent', 'fines', 'corrections', 'cash', 'bank',
    'aggregator', 'promise', 'promised')),
  driver_id uuid references drivers (id),
  lease_id uuid references leases (id),
  park_id uuid not null references parks (id),
  kopecks bigint not null default 0
);
create index ledger_accounts_driver on ledger_accounts (driver_id);
create index ledger_accounts_lease on ledger_accounts (lease_id);

create table ledger_transactions (
  id uuid primary key,
  number bigint generated always as identity unique,
  -- The same event posted again has the same key, and posts nothing.
  key text not null unique,
  fingerprint text not null,
  kind text not null check (kind in ('charge', 'top-up', 'fine', 'deposit', 'deposit-return', 'correction', 'reversal',
    'promise', 'promise-end', 'merge', 'buyout')),
  at bigint not null,
  posted_at bigint not null,
  park_id uuid not null references parks (id),
  driver_id uuid references drivers (id),
  lease_id uuid references leases (id),
  vehicle_id uuid references vehicles (id),
  note text not null,
  by_kind text not null check (by_kind in ('user', 'rule')),
  by_id text not null,
  by_name text not null,
  reverses uuid unique references ledger_transactions (id),
  -- Entries may join only within the database transaction that wrote this row.
  written_in bigint not null default pg_current_xact_id()::text::bigint
);
create index ledger_transactions_driver on ledger_transactions (driver_id, number);
create index ledger_transactions_lease on ledger_transactions (lease_id, number);
create index ledger_transactions_vehicle on ledger_transactions (vehicle_id, at);
create index ledger_transactions_park on ledger_transactions (park_id, number);

create table ledger_entries (
  transaction_id uuid not null references ledger_transactions (id),
  line smallint not null,
  account text not null references ledger_accounts (code),
  kopecks bigint not null check (kopecks <> 0),
  primary key (transaction_id, line)
);
create index ledger_entries_account on ledger_entries (account, transaction_id);

create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: post a reversal' using errcode = 'restrict_violation';
end $$;
create trigger ledger_transactions_append_only before update or delete on ledger_transactions
  for each row execute function ledger_is_append_only();
create trigger ledger_entries_append_only before update or delete on ledger_entries
  for each row execute function ledger_is_append_only();

create function ledger_entry_joins_its_transaction() returns trigger language plpgsql as $$
begin
  if not exists (select from ledger_transactions where id = new.transaction_id
      and written_in = pg_current_xact_id()::text::bigint) then
    raise exception 'entries join a posting only while it is being written' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger ledger_entries_join before insert on ledger_entries
  for each row execute function ledger_entry_joins_its_transaction();

create function ledger_account_is_summed() returns trigger language plpgsql as $$
begin
  update ledger_accounts set kopecks = kopecks + new.kopecks
    where code = new.account and (driver_id is not null or lease_id is not null);
  return null;
end $$;
create trigger ledger_entries_summed after insert on ledger_entries
  for each row execute function ledger_account_is_summed();

create function ledger_entries_balance() returns trigger language plpgsql as $$
begin
  if (select sum(kopecks) from ledger_entries where transaction_id = new.transaction_id) <> 0 then
    raise exception 'the entries of a posting must sum to zero' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger ledger_entries_balanced after insert on ledger_entries
  deferrable initially deferred for each row execute function ledger_entries_balance();

create function ledger_transaction_has_entries() returns trigger language plpgsql as $$
begin
  if (select count(*) from ledger_entries where transaction_id = new.id) < 2 then
    raise exception 'a posting has at least two entries' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger ledger_transactions_have_entries after insert on ledger_transactions
  deferrable initially deferred for each row execute function ledger_transaction_has_entries();

create table payment_promises (
  id uuid primary key,
  driver_id uuid not null references drivers (id),
  park_id uuid not null references parks (id),
  kopecks bigint not null check (kopecks > 0),
  promised_at bigint not null,
  until_at bigint not null,
  state text not null check (state in ('open', 'kept', 'broken', 'withdrawn')),
  settled_at bigint,
  by_kind text not null check (by_kind in ('user', 'rule')),
  by_id text not null,
  by_name text not null,
  note text not null,
  check ((state = 'open') = (settled_at is null))
);
create unique index payment_promises_one_open on payment_promises (driver_id) where state = 'open';
create index payment_promises_driver on payment_promises (driver_id, promised_at);
create index payment_promises_due on payment_promises (until_at) where state = 'open';

-- The last balance that a source told of each driver, and when it said so.
create table balances (
  driver_id uuid primary key references drivers (id),
  source text not null,
  kopecks bigint not null,
  as_of bigint not null,
  status text,
  changed_at bigint not null
);
create index balances_lowest on balances (kopecks, driver_id);

create table balance_sweeps (
  source text primary key,
  due_at bigint not null,
  -- An instance that takes a sweep has it until then; a dead one's is taken over.
  taken_until bigint,
  failures integer not null default 0,
  started_at bigint,
  finished_at bigint,
  drivers integer not null default 0,
  strangers integer not null default 0,
  refused integer not null default 0,
  trouble text
);

-- What was expected of a day in the future, kept to be held against what came.
create table arrears_forecasts (
  park_id uuid not null references parks (id),
  made_on text not null,
  for_day text not null,
  expected_kopecks bigint not null,
  p20_kopecks bigint not null,
  p80_kopecks bigint not null,
  drivers integer not null,
  unknown integer not null,
  actual_kopecks bigint,
  made_at bigint not null,
  primary key (park_id, made_on)
);
