//! What is taken back, as `reconcile` reads it.

use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};

use super::{Credit, LotTaken, Reversed, TakeBack};
use crate::ledger::account::Entry;
use crate::ledger::rows::Columns as _;
use crate::ledger::wallet::Wallet;
use crate::ledger::{audit, repo};
use crate::units::{Meter, MilliCents, WorkspaceId};

/// The number and entries of what credited this; `None` where nothing did.
async fn credited(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    credit: &Credit,
) -> sqlx::Result<Option<(i64, Vec<Entry>)>> {
    let kinds: Vec<i16> = credit.kinds().iter().map(|kind| *kind as i16).collect();
    let rows = sqlx::query(
        "select seq, accounts, amounts from postings where workspace_id = $1 and kind = any($2) and key = $3 order by seq",
    )
    .bind(workspace.0)
    .bind(kinds)
    .bind(credit.key())
    .fetch_all(db)
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let entries = rows.iter().filter_map(|row| audit::entries(&row.ints("accounts"), &row.ints("amounts")));
    Ok(Some((first.int("seq"), entries.flatten().collect())))
}

/// True where something was credited under this key.
pub async fn has_credited(db: &mut PgConnection, workspace: WorkspaceId, credit: &Credit) -> sqlx::Result<bool> {
    Ok(credited(db, workspace, credit).await?.is_some())
}

/// The wallet as it stands, with what taking this credit back has to know: for a look at what would come of it.
pub async fn wallet_to_take_back(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    credit: &Credit,
) -> sqlx::Result<Option<Wallet>> {
    let Some(mut wallet) = repo::wallet(db, workspace).await? else {
        return Ok(None);
    };
    wallet.take_backs = take_backs(db, workspace).await?.into_iter().map(|(take_back, _)| take_back).collect();
    wallet.credited.extend(credited(db, workspace, credit).await?.map(|credited| (credit.clone(), credited)));
    Ok(Some(wallet))
}

/// How many credits the wallet's row says that wait to be taken back.
pub async fn waiting(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select waiting from wallets where workspace_id = $1").bind(workspace.0).fetch_one(db).await
}

/// Every credit of a workspace that is taken back, with whether its row says that it waits.
pub async fn take_backs(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Vec<(TakeBack, bool)>> {
    let rows = sqlx::query("select * from take_backs where workspace_id = $1 order by seq")
        .bind(workspace.0)
        .fetch_all(&mut *db)
        .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let numbers = row.ints("lots");
        let lots = sqlx::query_as(
            "select lot_no, meter, taken from lots where workspace_id = $1 and lot_no = any($2) order by lot_no",
        )
        .bind(workspace.0)
        .bind(&numbers)
        .fetch_all(&mut *db)
        .await?;
        let lots: Vec<(i64, String, i64)> = lots;
        let lot =
            |(number, meter, taken): (i64, String, i64)| Some(LotTaken { number, meter: Meter::parse(&meter)?, taken });
        let (key, Json(reversals)): (String, Json<Vec<Reversed>>) = (row.text("key"), row.get("reversals"));
        let take_back = TakeBack {
            credit: Credit::named(&row.text("credit"), key),
            seq: row.int("seq"),
            granted: row.int("granted"),
            paid: MilliCents(row.int("paid_mc")),
            lots: lots.into_iter().filter_map(lot).collect(),
            taken: row.int("taken"),
            owed: row.int("owed"),
            reversals,
            since: row.time("since"),
        };
        found.push((take_back, row.flag("waiting")));
    }
    Ok(found)
}
