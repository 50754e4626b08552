-- What the gateway's report carried besides its evidence: the minute before it, its signature, and what checking that gave.
alter table order_steps add column last_minute jsonb;
alter table order_steps add column proof text;
alter table order_steps add column proof_word text check (proof_word in ('verified', 'unsigned', 'foreign', 'false'));
