-- How far the mailbox of an account has been read: the server's own numbering, and the last letter of it.
create table inbox_mailboxes (
  account uuid primary key references inbox_accounts (id),
  validity bigint not null,
  uid bigint not null
);
