-- Whether the mailbox of the address was proved, or vouched for by somebody who keeps everything. Those who are there already were told to
-- applications as proved, and stay so.
alter table users add column email_verified boolean not null default true;
-- When the person's last role was taken: for a while their addresses stay theirs to change, whatever becomes of the log.
alter table users add column role_ended bigint not null default 0;
update users set role_ended = coalesce((select max(e.happened) from events e where e.kind = 'user.role_changed' and e.user_id = users.id), 0)
	where role = '' and id in (select e.user_id from events e where e.kind = 'user.role_changed');
-- An operator was given the link: whoever uses it has proved no mailbox.
alter table links add column copied boolean not null default false;
