//! Customers, purchases, events and the inbox, as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::attempt::Attempt;
use super::purchase::{Bought, Packs, Payer, Purchase, PurchaseStatus};
use crate::ledger::{Account, PostingKind};
use crate::tenants::UserId;
use crate::units::{Meter, MilliCents, WorkspaceId};

/// A workspace's Stripe customer, or the attempt to make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// What was asked of Stripe.
    pub attempt: Attempt,
    /// When it was first asked.
    pub asked_at: Timestamp,
    /// `cus_…`, once it is known.
    pub id: Option<String>,
}

/// Who pays for a workspace.
///
/// # Errors
/// `RowNotFound` where there is no such workspace.
pub async fn payer(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Payer> {
    let (workspace, name, email) = sqlx::query_as(
        "select w.public_id, w.name, (
             select u.email from members m join users u on u.id = m.user_id
             where m.workspace_id = w.id and m.role = 'owner' order by m.created_at, u.id limit 1)
         from workspaces w where w.id = $1",
    )
    .bind(workspace.0)
    .fetch_one(db)
    .await?;
    Ok(Payer { workspace, name, email })
}

/// The workspace's customer, as far as it is known.
pub async fn customer(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Customer>> {
    type Row = (String, String, jiff_sqlx::Timestamp, Option<String>);
    let row: Option<Row> = sqlx::query_as(
        "select idempotency_key, request, asked_at, customer_id from stripe_customers where workspace_id = $1",
    )
    .bind(workspace.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(key, body, asked_at, id)| Customer {
        attempt: Attempt { key, body },
        asked_at: asked_at.to_jiff(),
        id,
    }))
}

/// Stores the first attempt to make a customer. One that stands already is left as it is.
pub async fn insert_customer(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    attempt: &Attempt,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into stripe_customers (workspace_id, idempotency_key, request, asked_at)
         values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(workspace.0)
    .bind(&attempt.key)
    .bind(&attempt.body)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Puts a new attempt in place of one that is known to have failed.
pub async fn replace_customer_attempt(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    failed_key: &str,
    attempt: &Attempt,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "update stripe_customers set idempotency_key = $3, request = $4, asked_at = $5
         where workspace_id = $1 and idempotency_key = $2 and customer_id is null",
    )
    .bind(workspace.0)
    .bind(failed_key)
    .bind(&attempt.key)
    .bind(&attempt.body)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Stores what an attempt made. The first answer stays.
pub async fn set_customer(db: &mut PgConnection, workspace: WorkspaceId, customer: &str) -> sqlx::Result<()> {
    sqlx::query("update stripe_customers set customer_id = $2 where workspace_id = $1 and customer_id is null")
        .bind(workspace.0)
        .bind(customer)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets a customer that Stripe no longer knows, so that the next purchase makes another one.
pub async fn forget_customer(db: &mut PgConnection, workspace: WorkspaceId, customer: &str) -> sqlx::Result<()> {
    sqlx::query("delete from stripe_customers where workspace_id = $1 and customer_id = $2")
        .bind(workspace.0)
        .bind(customer)
        .execute(db)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct PurchaseRow {
    workspace_id: i64,
    id: String,
    purchase_key: String,
    bought_by: i64,
    total_mc: i64,
    // of packs only
    pack_id: Option<i64>,
    pack: Option<String>,
    pack_name: Option<String>,
    meter: Option<String>,
    units_each: Option<i64>,
    price_each_mc: Option<i64>,
    quantity: Option<i32>,
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
        })
    }
}

impl From<PurchaseRow> for Purchase {
    fn from(row: PurchaseRow) -> Self {
        let bought = match row.packs() {
            Some(packs) => Bought::Packs(packs),
            None => Bought::Credits { amount: MilliCents(row.total_mc) },
        };
        Self {
            workspace: WorkspaceId(row.workspace_id),
            id: row.id,
            purchase_key: row.purchase_key,
            bought_by: UserId(row.bought_by),
            bought,
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
    let packs = match &purchase.bought {
        Bought::Packs(packs) => Some(packs),
        Bought::Credits { .. } => None,
    };
    sqlx::query(
        "insert into purchases (workspace_id, id, purchase_key, bought_by, kind, total_mc, pack_id, pack_name, meter,
             units_each, price_each_mc, quantity, customer_id, idempotency_key, request, created_at, next_check_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         on conflict (workspace_id, purchase_key) do nothing",
    )
    .bind(purchase.workspace.0)
    .bind(&purchase.id)
    .bind(&purchase.purchase_key)
    .bind(purchase.bought_by.0)
    .bind(packs.map_or("credits", |_| "pack"))
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
        "select u.*, p.public_id as pack from purchases u left join packs p on p.id = u.pack_id
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
        "select u.*, p.public_id as pack from purchases u left join packs p on p.id = u.pack_id where u.id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row.map(Purchase::from))
}

/// A purchase of whatever workspace, by its Checkout session.
pub async fn purchase_by_session(db: &mut PgConnection, session: &str) -> sqlx::Result<Option<Purchase>> {
    let row: Option<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack from purchases u left join packs p on p.id = u.pack_id
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

/// Marks a purchase that is posted.
pub async fn mark_credited(db: &mut PgConnection, id: &str, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update purchases set status = 'credited', credited_at = $2 where id = $1 and status <> 'credited'")
        .bind(id)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
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

/// Open purchases that the sweep must look at, those longest due first.
pub async fn open_purchases_due(db: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<Purchase>> {
    let rows: Vec<PurchaseRow> = sqlx::query_as(
        "select u.*, p.public_id as pack from purchases u left join packs p on p.id = u.pack_id
         where u.status = 'open' and u.next_check_at <= $1 order by u.next_check_at limit $2",
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
    sqlx::query("update purchases set next_check_at = $1 where status = 'open' and next_check_at > $1")
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// A credit without a purchase, a purchase without its credit, or one that differs from the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpaired {
    /// In whose wallet.
    pub workspace: WorkspaceId,
    /// Which row, and what is wrong with it.
    pub what: String,
    /// True between the posting and its mark on the purchase: the sweep sets it right.
    pub in_flight: bool,
}

/// Compares purchases with what they credited, over the whole database. Empty where all is well.
///
/// # Errors
/// Only the database's.
pub async fn unpaired(db: &mut PgConnection) -> sqlx::Result<Vec<Unpaired>> {
    let rows: Vec<(i64, String, bool)> = sqlx::query_as(
        r#"select p.workspace_id, 'purchase ' || p.id || ' is marked credited without a posting', false
           from purchases p
           where p.status = 'credited' and not exists (
               select from postings t
               where t.workspace_id = p.workspace_id and t.key = p.checkout_session_id
                   and t.kind = case p.kind when 'pack' then $1::smallint else $2::smallint end)
           union all
           select p.workspace_id, 'purchase ' || p.id || ' was credited with other lots than it bought', false
           from purchases p join postings t
               on t.workspace_id = p.workspace_id and t.kind = $1 and t.key = p.checkout_session_id
           left join lots l on l.workspace_id = t.workspace_id and l.seq = t.seq
           where p.kind = 'pack'
           group by p.workspace_id, p.id, p.quantity, p.units_each
           having count(l.lot_no) filter (where l.granted = p.units_each and l.reference = p.id) <> p.quantity
               or count(l.lot_no) <> p.quantity
           union all
           select p.workspace_id, 'purchase ' || p.id || ' was credited with another amount than it bought', false
           from purchases p join postings t
               on t.workspace_id = p.workspace_id and t.kind = $2 and t.key = p.checkout_session_id
           where p.kind = 'credits' and -p.total_mc is distinct from (
               select sum(e.amount) from unnest(t.accounts, t.amounts) as e (account, amount) where e.account = $3)
           union all
           select t.workspace_id, 'posting ' || t.seq || ' credits session ' || t.key || case
                   when p.id is null then ', which no purchase has'
                   when (p.kind = 'pack') <> (t.kind = $1) then ', whose purchase ' || p.id || ' bought something else'
                   else ', whose purchase ' || p.id || ' is marked ' || p.status end,
               p.status is not null and p.status <> 'unmatched' and (p.kind = 'pack') = (t.kind = $1)
           from postings t left join purchases p on p.workspace_id = t.workspace_id and p.checkout_session_id = t.key
           where t.kind in ($1, $2) and t.key like 'cs\_%'
               and (p.status is distinct from 'credited' or (p.kind = 'pack') <> (t.kind = $1))"#,
    )
    .bind(PostingKind::Pack as i16)
    .bind(PostingKind::TopUp as i16)
    .bind(Account::Funding.code())
    .fetch_all(db)
    .await?;
    let unpaired = |(workspace, what, in_flight)| Unpaired { workspace: WorkspaceId(workspace), what, in_flight };
    Ok(rows.into_iter().map(unpaired).collect())
}
