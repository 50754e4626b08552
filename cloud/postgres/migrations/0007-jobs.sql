-- Whose turn it is to do what only one cloud instance may do at a time. The queues are pg-boss's own, in its own schema.
create table job_turns (
  name text primary key,
  due_at bigint not null,
  held_until bigint not null,
  holder text not null
);
