//! Bills as they are stored: requests, purchases and charges, each read in order along an index.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{Bill, Billed, Returned, newest_of};
use crate::payments::card::display_name;
use crate::payments::request::repo::{of_workspace, read};
use crate::payments::request::{PaymentRequest, Place, RequestStatus};
use crate::payments::topup::{self, TopupStatus};
use crate::units::{Meter, MilliCents, WorkspaceId};

/// A workspace's bills, newest first, below a place (`None` for the first page).
pub async fn bills(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    below: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Vec<Bill>> {
    let requests = of_workspace(db, workspace, below, limit).await?;
    let requests = with_payments(db, workspace, requests).await?;
    let purchases = purchases(db, workspace, below, limit).await?;
    let charges = charges(db, workspace, below, limit).await?;
    let mut bills = newest_of([requests, purchases, charges], usize::try_from(limit).unwrap_or(usize::MAX));
    find_returned(db, workspace, &mut bills).await?;
    Ok(bills)
}

/// What a workspace has to pay, first what falls due first.
pub async fn owed(db: &mut PgConnection, workspace: WorkspaceId, limit: i64) -> sqlx::Result<Vec<Bill>> {
    let rows = sqlx::query(
        "select r.*, p.starts_at, p.ends_at from payment_requests r
         left join periods p on p.workspace_id = r.workspace_id and p.seq = r.period_seq
         where r.workspace_id = $1 and r.status in ('pending', 'overdue', 'failed') order by r.due_at, r.created_at, r.id limit $2",
    )
    .bind(workspace.0)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| read(row).into()).collect())
}

/// What must be paid before anything else: a payment that failed or is overdue, first what fell due first.
pub async fn most_urgent(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
) -> sqlx::Result<Option<PaymentRequest>> {
    let row = sqlx::query(
        "select r.*, p.starts_at, p.ends_at from payment_requests r
         left join periods p on p.workspace_id = r.workspace_id and p.seq = r.period_seq
         where r.workspace_id = $1 and r.status in ('pending', 'overdue', 'failed')
             and (r.status = 'failed' or r.due_at <= $2)
         order by r.due_at, r.created_at, r.id limit 1",
    )
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(read))
}

/// Requests with who paid each through Checkout, and the receipt.
async fn with_payments(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    requests: Vec<PaymentRequest>,
) -> sqlx::Result<Vec<Bill>> {
    let sessions: Vec<String> = requests.iter().filter_map(|request| request.paid_session.clone()).collect();
    let rows = sqlx::query(
        "select p.checkout_session_id, u.name, p.receipt_url, p.payment_intent from purchases p join users u on u.id = p.bought_by
         where p.workspace_id = $1 and p.checkout_session_id = any($2)",
    )
    .bind(workspace.0)
    .bind(&sessions)
    .fetch_all(db)
    .await?;
    type Payment = (Option<String>, Option<String>, Option<String>);
    let mut payments: HashMap<String, Payment> =
        rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3)))).collect();
    let bill = |request: PaymentRequest| {
        let payment = request.paid_session.as_ref().and_then(|session| payments.remove(session));
        let (paid_by, receipt_url, payment_intent) = payment.unwrap_or_default();
        Bill { paid_by, receipt_url, payment_intent, ..request.into() }
    };
    Ok(requests.into_iter().map(bill).collect())
}

/// Purchases that were paid, newest first, below a place.
async fn purchases(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    below: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Vec<Bill>> {
    let rows = sqlx::query(
        "select p.id, p.pack_name, p.meter, p.units_each, p.quantity, p.total_mc, p.created_at, p.credited_at,
             p.receipt_url, p.payment_intent, u.name
         from purchases p join users u on u.id = p.bought_by
         where p.workspace_id = $1 and p.status = 'credited' and p.kind in ('pack', 'credits')
             and ($2::timestamptz is null or (p.created_at, p.id) < ($2, $3))
         order by p.created_at desc, p.id desc limit $4",
    )
    .bind(workspace.0)
    .bind(below.map(|place| place.created_at.to_sqlx()))
    .bind(below.map(|place| place.id.as_str()))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(purchase).collect())
}

fn purchase(row: &PgRow) -> Bill {
    let at = |name| row.get::<jiff_sqlx::Timestamp, _>(name).to_jiff();
    let pack: Option<String> = row.get("pack_name");
    let meter = row.get::<Option<String>, _>("meter").as_deref().and_then(Meter::parse);
    let what = match pack.zip(meter) {
        Some((name, meter)) => Billed::Packs {
            name,
            meter,
            units_each: row.get("units_each"),
            quantity: i64::from(row.get::<i32, _>("quantity")),
        },
        None => Billed::Credits,
    };
    Bill {
        id: row.get("id"),
        what,
        amount: MilliCents(row.get("total_mc")),
        status: RequestStatus::Paid,
        payment_intent: row.get("payment_intent"),
        returned: Returned::default(),
        issued_at: at("created_at"),
        closed_at: Some(at("credited_at")),
        paid_by: Some(row.get("name")),
        receipt_url: row.get("receipt_url"),
    }
}

/// Charges of saved cards, newest first, below a place.
async fn charges(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    below: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Vec<Bill>> {
    let rows = sqlx::query(
        "select t.*, c.brand, c.last4
         from topups t
         join saved_cards c on c.workspace_id = t.workspace_id and c.payment_method = t.payment_method
         where t.workspace_id = $1 and ($2::timestamptz is null or (t.created_at, t.id) < ($2, $3))
         order by t.created_at desc, t.id desc limit $4",
    )
    .bind(workspace.0)
    .bind(below.map(|place| place.created_at.to_sqlx()))
    .bind(below.map(|place| place.id.as_str()))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(charge).collect())
}

fn charge(row: &PgRow) -> Bill {
    let charge = topup::repo::read(row);
    let (status, failed) = match charge.status {
        TopupStatus::Pending => (RequestStatus::Pending, None),
        TopupStatus::Succeeded => (RequestStatus::Paid, None),
        TopupStatus::Failed(why) => (RequestStatus::Failed, Some(why)),
    };
    let card = display_name(row.get("brand"), row.get("last4"));
    Bill {
        id: charge.id,
        what: Billed::Charge { cause: charge.cause, card, failed },
        amount: charge.amount,
        status,
        payment_intent: row.get("payment_intent"),
        returned: Returned::default(),
        issued_at: charge.created_at,
        closed_at: charge.settled_at,
        paid_by: None,
        receipt_url: row.get("receipt_url"),
    }
}

/// Finds what of these payments went back.
async fn find_returned(db: &mut PgConnection, workspace: WorkspaceId, bills: &mut [Bill]) -> sqlx::Result<()> {
    let payments: Vec<String> = bills.iter().filter_map(|bill| bill.payment_intent.clone()).collect();
    if payments.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "select payment_intent, coalesce(sum(bought_mc + balance_mc) filter (where cause = 'refund'), 0)::bigint,
             coalesce(sum(bought_mc + balance_mc) filter (where cause = 'dispute'), 0)::bigint
         from reversals where workspace_id = $1 and payment_intent = any($2) and stands group by payment_intent",
    )
    .bind(workspace.0)
    .bind(&payments)
    .fetch_all(db)
    .await?;
    for (payment, refunded, disputed) in rows {
        let returned = Returned { refunded: MilliCents(refunded), disputed: MilliCents(disputed) };
        for bill in bills.iter_mut().filter(|bill| bill.payment_intent.as_ref() == Some(&payment)) {
            bill.returned = returned;
        }
    }
    Ok(())
}

/// The receipts of these purchases that have one, by the purchase's id.
pub async fn receipts(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    purchases: &[String],
) -> sqlx::Result<HashMap<String, String>> {
    let rows = sqlx::query(
        "select id, receipt_url from purchases
         where workspace_id = $1 and id = any($2) and receipt_url is not null",
    )
    .bind(workspace.0)
    .bind(purchases)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Keeps where Stripe shows the receipt of a purchase.
pub async fn keep_receipt(db: &mut PgConnection, purchase: &str, url: &str) -> sqlx::Result<()> {
    sqlx::query("update purchases set receipt_url = $2 where id = $1").bind(purchase).bind(url).execute(db).await?;
    Ok(())
}
