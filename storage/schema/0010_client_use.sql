-- The grants of an application: when it was last signed in to, how many live, and what ends with it.
create index grants_client on grants (client_id, created);
