-- Times are Unix microseconds, 0 for none. Lists of words are separated by spaces; JSON is text that Go parses.

create table meta (
	name  text primary key,
	value bigint not null
);
insert into meta (name, value) values ('epoch', 1), ('clients', 0), ('keys', 0);

create table clients (
	id       text primary key,
	name     text not null,
	owner    text not null,
	disabled boolean not null,
	record   text not null,
	created  bigint not null,
	updated  bigint not null
);

create table users (
	id              text primary key,
	email           text not null unique,
	customer_number text unique,
	claims          text not null,
	group_names     text not null,
	role            text not null,
	state           text not null,
	version         bigint not null,
	grants_since    bigint not null, -- a grant of a code issued before this does not live
	created         bigint not null,
	updated         bigint not null
);

create table credentials (
	user_id text not null,
	kind    text not null,
	value   text not null,
	updated bigint not null,
	primary key (user_id, kind)
);

create table sessions (
	id         text primary key,
	cookie     bytea not null unique,
	user_id    text not null,
	attempt    text not null,
	auth_time  bigint not null,
	acr        text not null,
	amr        text not null,
	agent      text not null,
	address    text not null,
	created    bigint not null,
	seen       bigint not null,
	idle_until bigint not null,
	expires    bigint not null
);
create index sessions_user on sessions (user_id);
create index sessions_idle on sessions (idle_until);

create table grants (
	id          text primary key,
	kind        text not null,
	parent      text not null,
	client_id   text not null,
	user_id     text not null,
	session_id  text not null,
	code_id     text unique,
	code_issued bigint not null,
	scopes      text not null,
	claims      text not null,
	resource    text not null,
	cnf         text not null,
	actor       text not null,
	offline     boolean not null,
	acr         text not null,
	amr         text not null,
	auth_time   bigint not null,
	generation  bigint not null,
	rotated_at  bigint not null,
	revoked_at  bigint not null,
	idle_until  bigint not null,
	expires     bigint not null,
	epoch       bigint not null,
	created     bigint not null
);
create index grants_user on grants (user_id, client_id);
create index grants_expires on grants (expires);

create table consents (
	user_id   text not null,
	client_id text not null,
	scopes    text not null,
	granted   bigint not null,
	withdrawn bigint not null,
	primary key (user_id, client_id)
);

create table mailed_codes (
	attempt text not null,
	purpose text not null,
	user_id text not null,
	mac     bytea not null,
	tries   bigint not null,
	sent    bigint not null,
	expires bigint not null,
	primary key (attempt, purpose)
);
create index mailed_codes_expires on mailed_codes (expires);

create table spent (
	kind    text not null,
	id      text not null,
	expires bigint not null,
	primary key (kind, id)
);
create index spent_expires on spent (expires);

create table limits (
	id      text primary key,
	seen    bigint not null,
	due     bigint not null, -- GCRA: theoretical arrival time; back-off: when the next try may come
	delay   bigint not null, -- back-off: how long the present wait is
	tries   bigint not null,
	expires bigint not null
);
create index limits_expires on limits (expires);

create table working_keys (
	id      text primary key,
	purpose text not null,
	serial  bigint not null,
	sealed  bytea not null,
	master  text not null,
	created bigint not null,
	unique (purpose, serial)
);

create table signing_keys (
	id       text primary key,
	alg      text not null,
	serial   bigint not null,
	public   bytea not null,
	sealed   bytea not null,
	created  bigint not null,
	use_from bigint not null,
	retire   bigint not null,
	gone     bigint not null,
	unique (alg, serial)
);

create table events (
	id        text primary key,
	happened  bigint not null,
	kind      text not null,
	actor     text not null,
	user_id   text not null,
	client_id text not null,
	address   text not null,
	reference text not null,
	result    text not null,
	data      text not null
);
create index events_happened on events (happened, id);
