-- What an operator has set in the console, between the defaults and the configuration file. A secret is sealed, in base64.
create table settings (
	name    text primary key,
	value   text not null,
	sealed  boolean not null,
	updated bigint not null
);
insert into meta (name, value) values ('settings', 0); -- rises with each change
