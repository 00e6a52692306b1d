-- Receipts: where Stripe shows the one of a purchase, and the order in which a client reads what it paid and has to pay.
alter table purchases add column receipt_url text;

create index purchases_in_order on purchases (workspace_id, created_at, id) where status = 'credited';
create index requests_in_order on payment_requests (workspace_id, created_at, id);
create index owed_in_order on payment_requests (workspace_id, due_at) where status in ('pending', 'overdue', 'failed');
-- what packages cost in a few periods, for the upgrade advice
create index lots_in_order on lots (workspace_id, created_at);
