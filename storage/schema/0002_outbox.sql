-- Letters on their way. A row goes when its letter was sent, was refused for good, or is too late.
create table outbox (
	id       text primary key,
	sealed   text not null,
	user_id  text not null,
	created  bigint not null,
	due      bigint not null, -- not tried before; while somebody sends it, when that lease runs out
	expires  bigint not null, -- not sent from then on
	tries    bigint not null,
	lease    text not null    -- whose try it is; '' nobody's
);
create index outbox_due on outbox (due);
create index outbox_expires on outbox (expires);
