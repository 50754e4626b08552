-- Where vehicles stand and who sees them. One park exists always; a vehicle of nowhere in particular is there.
create table parks (
  id uuid primary key,
  name text not null unique,
  named_at bigint not null
);
insert into parks (id, name, named_at) values ('00000000-0000-4000-8000-000000000001', 'Основной парк', 0);

alter table vehicles add column park_id uuid not null default '00000000-0000-4000-8000-000000000001'
  references parks (id);
-- The newest word on where a vehicle stands wins, in whatever order words are applied.
alter table vehicles add column park_since bigint not null default 0;
create index vehicles_park on vehicles (park_id, plate);

-- Listed: the account sees the parks of account_parks and nothing else, be it none at all.
alter table accounts add column sees_parks text not null default 'all' check (sees_parks in ('all', 'listed'));
create table account_parks (
  account_id uuid not null references accounts (id) on delete cascade,
  park_id uuid not null references parks (id),
  primary key (account_id, park_id)
);
