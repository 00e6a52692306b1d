//! What a batch took back.

use jiff::Timestamp;
use tokio_postgres::types::{Json, ToSql};

use super::array;
use crate::ledger::take_back::Reversed;
use crate::ledger::wallet::Wallet;

columns!(
    /// Credits that are taken back, as they are now.
    TakeBackColumns {
        workspace_id: i64, seq: i64, credit: &'static str, key: String, granted: i64, paid_mc: i64, lots: String,
        taken: i64, owed: i64, reversals: Json<Vec<Reversed>>, since: Timestamp, waiting: bool,
    }
);
columns!(
    /// Lots that units were taken from or given back to, as they are now.
    LotsTaken { workspace_id: i64, lot_no: i64, remaining: i64, taken: i64, now: Timestamp }
);

impl TakeBackColumns {
    /// Every credit of which more or less is taken back.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for it in wallet.changed_take_backs() {
                columns.push(
                    wallet.workspace.0,
                    it.seq,
                    it.credit.word(),
                    it.credit.key().to_owned(),
                    it.granted,
                    it.paid.0,
                    array(it.lots.iter().map(|lot| lot.number)),
                    it.taken,
                    it.owed,
                    Json(it.reversals.clone()),
                    it.since,
                    it.missing() > 0,
                );
            }
        }
        columns
    }
}

impl LotsTaken {
    /// The lots of those credits.
    pub fn of(wallets: &[&Wallet], now: Timestamp) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for lot in wallet.changed_take_backs().flat_map(|it| &it.lots) {
                columns.push(wallet.workspace.0, lot.number, wallet.left_in(lot.number), lot.taken, now);
            }
        }
        columns
    }
}
