-- Since when a process on a card takes no step, and whether what it waited for has come meanwhile.
alter table card_runs add column paused jsonb;
