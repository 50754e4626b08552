-- Where a person hears that something about the own account has changed. Null: nowhere but on the page.
alter table accounts add column notice_phone text;
