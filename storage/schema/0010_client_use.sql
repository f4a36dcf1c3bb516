-- The grants of an application that are not revoked: when it was last signed in to, how many live, and what ends with it.
create index grants_client on grants (client_id, created) where revoked_at = 0;
