-- What pages and lists of postings need, so that no read grows with the ledger.

-- Ids compare byte by byte: the unique index then also answers "begins with", whatever the database's language.
alter table postings alter column key type text collate "C";

-- Every kind but calls, of which there are most: resets, purchases and grants are found among millions of calls.
create index postings_by_kind on postings (workspace_id, kind, seq) where kind <> 2;

-- The open calls of one workspace, newest first: what is open expires ahead. An expression, so that the planner never
-- takes this index for a look-up by id (measured: on one busy wallet that made the writer thirteen times slower).
create index calls_of_workspace_by_expiry on calls ((workspace_id + 0), expires_at);
