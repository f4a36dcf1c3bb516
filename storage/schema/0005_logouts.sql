-- An application that is told when a session of a person ends: written at its first sign-on in the session.
create table logouts (
	id         text primary key,
	session_id text not null,
	client_id  text not null,
	user_id    text not null,
	back       boolean not null, -- by us; else only the person's browser tells it
	state      text not null,
	why        text not null,
	silent     boolean not null, -- the last try got no answer
	tries      bigint not null,
	due        bigint not null, -- the next try; while one is under way, when its lease ends
	lease      text not null,
	opened     bigint not null,
	ended      bigint not null, -- when the session did
	done       bigint not null,
	expires    bigint not null, -- from when the row may go, if its session has
	unique (session_id, client_id)
);
create index logouts_open on logouts (user_id) where state = 'open';
create index logouts_due on logouts (client_id, due, id) where state = 'waiting';
create index logouts_silent on logouts (client_id, due) where state = 'waiting' and silent;
create index logouts_waiting on logouts (ended) where state = 'waiting';
create index logouts_ended on logouts (user_id, ended);
create index logouts_expires on logouts (expires);

-- Who allowed a client something, and which clients registered themselves long ago, without their records.
create index consents_client on consents (client_id);
create index clients_owner on clients (owner, created, id);
