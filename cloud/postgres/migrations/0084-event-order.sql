-- Whom an event from outside is about, in the words of its sender: an older word that comes late does not undo a newer one
-- (`late`), and one about a number that no open card has yet waits for that card (`waits_for`).
alter table process_inbox add column subject text;
alter table process_inbox add column late boolean not null default false;
alter table process_inbox add column waits_for text;
create index process_inbox_order on process_inbox (event, subject, happened_at) where subject is not null;
create index process_inbox_waiting on process_inbox (received_at) where waits_for is not null;
