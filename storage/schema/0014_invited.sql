-- What an application that is removed was to be told of sessions, or could not be told.
create index logouts_client on logouts (client_id) where state in ('open', 'waiting', 'failed');

-- Who is invited, in the order of lists, with all that a list tests; and a person's invitations, the last one first, with all that says how
-- far it has come. Whoever has come in stands in the first one no more, so both stay small where most have.
create index users_invited on users (email, version, role, totp, signed_in, id, search) where state = 'invited';
create index links_invitation on links (user_id, created desc, replaced, id, used, user_version, expires, opened) where kind = 'invitation';
