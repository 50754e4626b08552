-- Reports across linked pipelines walk from a card to those that were spawned of it.
create index cards_parent on cards (parent) where parent is not null;
