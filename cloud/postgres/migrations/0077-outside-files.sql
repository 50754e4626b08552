-- Files that come from outside: with an application before its card is there, by a link in a letter; and files of letters.

-- The phone number whose card takes the file as soon as there is one.
alter table process_files add column waits_for text;
create index process_files_waiting on process_files (waits_for) where waits_for is not null;

create table process_uploads (
  id uuid primary key,
  -- Of the secret part of the address.
  token_hash text not null unique,
  card uuid not null references cards (id) on delete cascade,
  title text not null,
  -- What is told of the card, and which field takes the file, once it is there.
  event text not null,
  field text not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);

-- Ids of files that go with a message, where its channel takes files.
alter table messages add column attach jsonb not null default '[]';
