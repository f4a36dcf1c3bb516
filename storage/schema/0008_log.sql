-- The log of events, its filters and its chain. Lists go by the event's id, which begins with its time: so one index serves what is
-- looked for and its order, and an event is written to no more indexes than it has words to be found by.
alter table events add column attempt text not null default ''; -- the sign-in that it is of
drop index events_happened;
drop index events_refused;
drop index events_user;
create index events_user on events (user_id, id) where user_id <> '';       -- the log of a person; their activity
create index events_client on events (client_id, id) where client_id <> ''; -- the log of an application
create index events_kind on events (kind, id);                              -- the log of a kind; refused sign-ins that are swept
create index events_attempt on events (attempt) where attempt <> '';        -- one sign-in

-- Each event of the log with its digest, linked to the one before it by a key that is not in the database. It is written in the
-- background; an event without a row here is not chained yet.
create table chain (
	position bigint primary key,  -- from 1, without gaps
	event_id text not null unique,
	happened bigint not null,
	brief    boolean not null,    -- the event may be gone before the others of its time: it tells of strangers
	digest   bytea not null,      -- SHA-256 of the event
	link     bytea not null       -- MAC of the link before it and of this row
);
-- "base": what was swept, up to which position. "head": where the chain ends. Both are sealed by the key of the links.
create table chain_ends (
	name     text primary key,
	position bigint not null,
	link     bytea not null,
	last     text not null,       -- head: the highest id that is chained
	begun    bigint not null,
	seal     bytea not null
);

-- How many sign-ins came to what in an hour: counted when they are chained, so that nobody counts events to draw them.
create table tallies (
	hour   bigint not null,
	kind   text not null,
	result text not null,
	method text not null,
	n      bigint not null,
	primary key (hour, kind, result, method)
);

-- Requests of the API that were answered, by the key that their sender gave them.
create table idempotency (
	actor   text not null,
	name    text not null,
	request bytea not null,
	status  bigint not null, -- 0: it is still being answered
	body    bytea,           -- null: nothing
	expires bigint not null,
	primary key (actor, name)
);
create index idempotency_expires on idempotency (expires);
