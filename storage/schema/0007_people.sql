-- What a list of people asks for. What needs JSON or folded letters of the rows that are there is filled in by Go (see fillPeople).
alter table users add column search text not null default ''; -- address, name, number: a line each, in small letters
alter table users add column signed_in bigint not null default 0; -- the first time
-- One index, users_list, has all that a list tests, in its order, so that no row is touched which is not shown. It is made when every row is
-- filled in (see fillPeople), so that each is written once.
create index users_role on users (role, email) where role <> '';

create table groups (
	name    text primary key, -- as applications see it
	title   text not null,
	totp    boolean not null, -- its members need an authenticator app
	created bigint not null,
	updated bigint not null
);

-- Who is in a group, by address: it follows users.group_names, which sign-ins read.
create table memberships (
	group_name text not null,
	user_id    text not null,
	email      text not null,
	primary key (group_name, user_id)
);
create index memberships_user on memberships (user_id);
create index memberships_email on memberships (group_name, email);

alter table links add column opened bigint not null default 0; -- when somebody pressed its first button
-- Held while an administrator goes, so that of the last two who remove each other one stays.
insert into meta (name, value) values ('admins', 0);
