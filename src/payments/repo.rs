//! Purchases as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::attempt::Attempt;
use super::purchase::{Bought, Packs, Purchase, PurchaseStatus, RequestPayment};
use crate::tenants::UserId;
use crate::units::{Meter, MilliCents, WorkspaceId};

#[derive(sqlx::FromRow)]
struct PurchaseRow {
    workspace_id: i64,
    id: String,
    purchase_key: String,
    bought_by: i64,
    kind: String,
    total_mc: i64,
    save_card: bool,
    // of packs only
    pack_id: Option<i64>,
    pack: Option<String>,
    pack_name: Option<String>,
    meter: Option<String>,
    units_each: Option<i64>,
    price_each_mc: Option<i64>,
    quantity: Option<i32>,
    balance_mc: i64,
    // of requests only
    request_id: Option<String>,
    request_title: Option<String>,
    customer_id: String,
    status: String,
    idempotency_key: String,
    request: String,
    checkout_session_id: Option<String>,
    checkout_url: Option<String>,
    created_at: jiff_sqlx::Timestamp,
}

impl PurchaseRow {
    /// The packs; `None` where it is a purchase of credits. A CHECK keeps their columns together.
    fn packs(&self) -> Option<Packs> {
        Some(Packs {
            pack_id: self.pack_id?,
            pack: self.pack.clone()?,
            name: self.pack_name.clone()?,
            meter: Meter::parse(self.meter.as_deref()?)?,
            units_each: self.units_each?,
            price_each: MilliCents(self.price_each_mc?),
            quantity: i64::from(self.quantity?),
            balance: MilliCents(self.balance_mc),
        })
    }
}

impl From<PurchaseRow> for Purchase {
    fn from(row: PurchaseRow) -> Self {
        let amount = MilliCents(row.total_mc);
        let bought = match (row.packs(), row.request_id.zip(row.request_title)) {
            (Some(packs), _) => Bought::Packs(packs),
            (None, Some((request, title))) => Bought::Request(RequestPayment { request, title, amount }),
            (None, None) if row.kind == "card" => Bought::Card,
            (None, None) => Bought::Credits { amount },
        };
        Self {
            workspace: WorkspaceId(row.workspace_id),
            id: row.id,
            purchase_key: row.purchase_key,
            bought_by: UserId(row.bought_by),
            bought,
            save_card: row.save_card,
            customer: row.customer_id,
            status: PurchaseStatus::parse(&row.status).expect("a CHECK names the words"),
            attempt: Attempt { key: row.idempotency_key, body: row.request },
            session: row.checkout_session_id.zip(row.checkout_url),
            created_at: row.created_at.to_jiff(),
        }
    }
}

/// Stores a purchase before anything is sent for it. One with the same form key is left as it is.
pub async fn insert_purchase(db: &mut PgConnection, purchase: &Purchase, next_check_at: Timestamp) -> sqlx::Result<()> {
    let (kind, packs, request) = match &purchase.bought {
        Bought::Packs(packs) => ("pack", Some(packs), None),
        Bought::Credits { .. } => ("credits", None, None),
        Bought::Request(payment) => ("request", None, Some(&payment.request)),
        Bought::Card => ("card", None, None),
    };
    sqlx::query(
        "insert into purchases (workspace_id, id, purchase_key, bought_by, kind, total_mc, pack_id, pack_name, meter,
             units_each, price_each_mc, quantity, customer_id, idempotency_key, request, created_at, next_check_at,
             request_id, balance_mc, save_card)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         on conflict (workspace_id, purchase_key) do nothing",
    )
    .bind(purchase.workspace.0)
    .bind(&purchase.id)
    .bind(&purchase.purchase_key)
    .bind(purchase.bought_by.0)
    .bind(kind)
    .bind(purchase.total().0)
    .bind(packs.map(|packs| packs.pack_id))
    .bind(packs.map(|packs| &packs.name))
    .bind(packs.map(|packs| packs.meter.as_str()))
    .bind(packs.map(|packs| packs.units_each))
    .bind(packs.map(|packs| packs.price_each.0))
    .bind(packs.map(|packs| i32::try_from(packs.quantity).unwrap_or(i32::MAX)))
    .bind(&purchase.customer)
    .bind(&purchase.attempt.key)
    .bind(&purchase.attempt.body)
    .bind(purchase.created_at.to_sqlx())
    .bind(next_check_at.to_sqlx())
    .bind(request)
    .bind(packs.map_or(0, |packs| packs.balance.0))
    .bind(purchase.save_card)
    .execute(db)
    .await?;
    Ok(())
}

/// The workspace's purchase that was begun with this form key.
pub async fn purchase_by_key(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    purchase_key: &str,
) -> sqlx::Result<Option<Purchase>> {
    let row: Option<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack, r.title as request_title from purchases u
         left join packs p on p.id = u.pack_id
         left join payment_requests r on r.workspace_id = u.workspace_id and r.id = u.request_id
         where u.workspace_id = $1 and u.purchase_key = $2",
    )
    .bind(workspace.0)
    .bind(purchase_key)
    .fetch_optional(db)
    .await?;
    Ok(row.map(Purchase::from))
}

/// A purchase of whatever workspace, by its own id, `pur_…`.
pub async fn purchase(db: &mut PgConnection, id: &str) -> sqlx::Result<Option<Purchase>> {
    let row: Option<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack, r.title as request_title from purchases u
         left join packs p on p.id = u.pack_id
         left join payment_requests r on r.workspace_id = u.workspace_id and r.id = u.request_id
         where u.id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row.map(Purchase::from))
}

/// A purchase of whatever workspace, by its Checkout session.
pub async fn purchase_by_session(db: &mut PgConnection, session: &str) -> sqlx::Result<Option<Purchase>> {
    let row: Option<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack, r.title as request_title from purchases u
         left join packs p on p.id = u.pack_id
         left join payment_requests r on r.workspace_id = u.workspace_id and r.id = u.request_id
         where u.checkout_session_id = $1",
    )
    .bind(session)
    .fetch_optional(db)
    .await?;
    Ok(row.map(Purchase::from))
}

/// Stores Stripe's answer: the purchase's session and its address. The first answer stays.
///
/// # Errors
/// Where the session belongs to another purchase.
pub async fn set_session(db: &mut PgConnection, id: &str, session: &str, url: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update purchases set checkout_session_id = $2, checkout_url = $3, status = 'open'
         where id = $1 and checkout_session_id is null",
    )
    .bind(id)
    .bind(session)
    .bind(url)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks a purchase that is posted. True for whoever does so first.
pub async fn mark_credited(db: &mut PgConnection, id: &str, now: Timestamp) -> sqlx::Result<bool> {
    let marked = sqlx::query(
        "update purchases set status = 'credited', credited_at = $2 where id = $1 and status <> 'credited'",
    )
    .bind(id)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(marked.rows_affected() == 1)
}

/// Marks a purchase that ended in another way than by a credit.
pub async fn mark_ended(db: &mut PgConnection, id: &str, status: PurchaseStatus) -> sqlx::Result<()> {
    sqlx::query("update purchases set status = $2 where id = $1 and status not in ('credited', 'unmatched')")
        .bind(id)
        .bind(status.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Marks a purchase for which Stripe made no session; one that has a session by now is left as it is.
pub async fn mark_never_opened(db: &mut PgConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query("update purchases set status = 'failed' where id = $1 and checkout_session_id is null")
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// Marks that the card of a purchase is saved, or will never be.
pub async fn mark_card_saved(db: &mut PgConnection, id: &str) -> sqlx::Result<()> {
    sqlx::query("update purchases set save_card = false where id = $1").bind(id).execute(db).await?;
    Ok(())
}

/// Purchases that the sweep must look at, those longest due first: open ones, and those whose card is not saved yet.
pub async fn open_purchases_due(db: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<Purchase>> {
    let rows: Vec<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack, r.title as request_title from purchases u
         left join packs p on p.id = u.pack_id
         left join payment_requests r on r.workspace_id = u.workspace_id and r.id = u.request_id
         where (u.status = 'open' or u.status = 'credited' and u.save_card) and u.next_check_at <= $1
         order by u.next_check_at limit $2",
    )
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Purchase::from).collect())
}

/// Sets when the sweep looks at a purchase again.
pub async fn check_purchase_at(db: &mut PgConnection, id: &str, next: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update purchases set next_check_at = $2 where id = $1")
        .bind(id)
        .bind(next.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Makes every open purchase due now: after a start, nobody else may be at it.
pub async fn make_all_due(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "update purchases set next_check_at = $1
         where (status = 'open' or status = 'credited' and save_card) and next_check_at > $1",
    )
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Purchases that would pay a request and can still be paid, with a session.
pub async fn open_payments_of(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    request: &str,
) -> sqlx::Result<Vec<Purchase>> {
    let rows: Vec<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack, r.title as request_title from purchases u
         left join packs p on p.id = u.pack_id
         left join payment_requests r on r.workspace_id = u.workspace_id and r.id = u.request_id
         where u.workspace_id = $1 and u.request_id = $2 and u.status = 'open' and u.checkout_session_id is not null",
    )
    .bind(workspace.0)
    .bind(request)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Purchase::from).collect())
}

/// Stores which payment paid a purchase. The first answer stays.
///
/// # Errors
/// Where the payment belongs to another purchase.
pub async fn set_payment_intent(db: &mut PgConnection, id: &str, payment_intent: &str) -> sqlx::Result<()> {
    sqlx::query("update purchases set payment_intent = $2 where id = $1 and payment_intent is null")
        .bind(id)
        .bind(payment_intent)
        .execute(db)
        .await?;
    Ok(())
}

/// Which payment paid a purchase, where that was told.
pub async fn payment_intent(db: &mut PgConnection, id: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("select payment_intent from purchases where id = $1").bind(id).fetch_one(db).await
}

/// Keeps everybody else from counting what goes back of a payment until the transaction ends. A payment without a
/// purchase needs no order: all of it is credits.
pub async fn lock_payment(db: &mut PgConnection, payment_intent: &str) -> sqlx::Result<()> {
    sqlx::query("select from purchases where payment_intent = $1 for update").bind(payment_intent).execute(db).await?;
    Ok(())
}

/// A purchase of whatever workspace, by the payment that paid it.
pub async fn purchase_by_payment(db: &mut PgConnection, payment_intent: &str) -> sqlx::Result<Option<Purchase>> {
    let row: Option<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack, r.title as request_title from purchases u
         left join packs p on p.id = u.pack_id
         left join payment_requests r on r.workspace_id = u.workspace_id and r.id = u.request_id
         where u.payment_intent = $1",
    )
    .bind(payment_intent)
    .fetch_optional(db)
    .await?;
    Ok(row.map(Purchase::from))
}
