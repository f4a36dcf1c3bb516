alter table users add column totp boolean not null default false;
alter table users add column link_email text; -- an account elsewhere is linked by it the first time
alter table users add column grants_kept text not null default ''; -- grants of this session live though their codes were issued before grants_since
update users set link_email = email; -- an admin has set them all
create unique index users_link_email on users (link_email);

create table identities (
	issuer  text not null,
	subject text not null,
	user_id text not null,
	email   text not null,
	created bigint not null,
	used    bigint not null,
	primary key (issuer, subject),
	unique (user_id, issuer)
);

create table authenticators (
	id        text primary key,
	user_id   text not null,
	name      text not null,
	sealed    bytea not null,
	last_step bigint not null,
	created   bigint not null,
	used      bigint not null
);
create index authenticators_user on authenticators (user_id);

-- A code that was used has no row.
create table recovery_codes (
	user_id text not null,
	mac     bytea not null,
	created bigint not null,
	primary key (user_id, mac)
);

create table trusts (
	id         text primary key,
	user_id    text not null,
	agent      text not null,
	generation bigint not null,
	created    bigint not null,
	used       bigint not null,
	rotated    bigint not null,
	expires    bigint not null
);
create index trusts_user on trusts (user_id);
create index trusts_expires on trusts (expires);

create table links (
	id           text primary key,
	token        bytea not null unique,
	kind         text not null,
	user_id      text not null,
	user_version bigint not null,
	email        text not null,
	note         text not null,
	created      bigint not null,
	expires      bigint not null,
	used         bigint not null,
	replaced     boolean not null
);
create index links_user on links (user_id);
create index links_expires on links (expires);

create index mailed_codes_user on mailed_codes (user_id);
create index events_user on events (user_id, happened) where user_id <> '';
create index events_reference on events (reference) where reference <> '';
