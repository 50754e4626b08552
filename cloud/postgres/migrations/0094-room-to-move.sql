-- A row of a moving car is written anew all day. With room on its page for the next version it stays there, index and all, and
-- the room is used again; a full page sends it to a new one, and where nobody vacuums (PGlite) the table grows for ever.
alter table last_known set (fillfactor = 45);
