-- Wrong passwords and second factors, as each instance has counted them, so that several together allow no more than one.
create table failed_tries (
  -- Digest of whose tries they are: a login, an address or an account.
  key text not null,
  instance text not null,
  count integer not null,
  -- By the clock of the database.
  last_at bigint not null,
  primary key (key, instance)
);
