-- Personal addresses at which clients of a car service see their own orders; the secret itself is kept nowhere.
create table client_links (
  -- Of the secret part of the address.
  token_hash text primary key,
  -- Id of the client among the records.
  client text not null,
  created_at bigint not null,
  created_by text not null,
  expires_at bigint not null,
  closed_at bigint,
  seen_at bigint
);
create index client_links_client on client_links (client);
