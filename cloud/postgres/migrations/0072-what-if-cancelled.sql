-- A trial may be called off by whoever asked for it.
alter table what_ifs drop constraint what_ifs_state_check;
alter table what_ifs add constraint what_ifs_state_check
  check (state in ('waiting', 'running', 'done', 'failed', 'cancelled'));
