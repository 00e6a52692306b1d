-- Charges of saved cards stand among the receipts, too, in the order in which a client reads them.
alter table topups add column receipt_url text;

create index topups_in_order on topups (workspace_id, created_at, id);

-- Whom an invitation is for, where who invites knows their name.
alter table invites add column person text check (char_length(person) between 1 and 60);
