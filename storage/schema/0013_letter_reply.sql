-- What the last try came to, in one line; '' nobody has tried. A mail server's words after it has seen the letter never stand in it.
alter table outbox add column reply text not null default '';
