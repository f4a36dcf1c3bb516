-- A helpdesk may move people in and out of it, since an administrator has said so. Groups that are there already are the administrators'.
alter table groups add column helpdesk boolean not null default false;
