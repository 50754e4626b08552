-- A reason may stand once for each key: the holds of two drivers of one vehicle stay apart. Empty where there is nothing to tell apart.
alter table holds add column key text not null default '';
-- Until now two persons could give the same reason twice. Both stay, and are lifted one by one.
update holds set key = id::text
  where lifted_at is null and exists (
    select 1 from holds earlier
    where earlier.vehicle_id = holds.vehicle_id and earlier.reason = holds.reason and earlier.lifted_at is null
      and (earlier.placed_at, earlier.id) < (holds.placed_at, holds.id));
drop index holds_one_per_rule;
create unique index holds_one_per_key on holds (vehicle_id, reason, key) where lifted_at is null;
-- Who lifted a reason last, and when: a rule does not put back what a person has lifted.
create index holds_lifted on holds (vehicle_id, reason, key, lifted_at) where lifted_at is not null;
