-- What was said on behalf of a card stands in its own past: found by the card, newest first.
create index messages_because on messages (because, created_at desc);
create index inbox_conversations_card on inbox_conversations (card) where card is not null;
