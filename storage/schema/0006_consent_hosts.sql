-- Where what a person allowed may be sent, as they were shown it: host -> scopes, JSON. A consent from before names none, and is asked for again.
alter table consents add column hosts text not null default '';
