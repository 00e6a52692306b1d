-- Charges of saved cards stand among the receipts, too, in the order in which a client reads them.
alter table topups add column receipt_url text;

create index topups_in_order on topups (workspace_id, created_at, id);
