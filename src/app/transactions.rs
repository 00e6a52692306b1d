//! Reading transactions: every posting in words that its customer understands, newest first, and the holds that are open.

use futures::Stream;
use futures::stream::{self, TryStreamExt as _};
use jiff::Timestamp;

use super::ReadError;
use crate::ids;
use crate::ledger::history::{Change, Recorded, Stretch, repo, sources};
use crate::ledger::{self, Call, PostingKind, Source};
use crate::rentals::month_of_number;
use crate::state::AppState;
use crate::units::{MilliCents, WorkspaceId, words};

mod words_of;

use words_of::Names;
pub use words_of::{call_title, number_title};

/// Transactions that a list without end reads at once.
const BATCH: i64 = 1_000;
/// Most open holds shown.
const MOST_PENDING: i64 = 100;

/// What a transaction is about (SPEC §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionType {
    /// A call was charged.
    Call,
    /// Messages were paid.
    Message,
    /// A number's rent was paid.
    Number,
    /// Credits were bought.
    TopUp,
    /// Packages were added.
    Pack,
    /// Credits or packages for free.
    Grant,
    /// A refund took units or money back.
    Refund,
    /// A dispute did.
    Dispute,
    /// Debt was made or paid.
    Debt,
    /// The plan's allowance was reset, changed or ended.
    Period,
}

words!(TransactionType {
    Call = "call",
    Message = "message",
    Number = "number",
    TopUp = "topup",
    Pack = "pack",
    Grant = "grant",
    Refund = "refund",
    Dispute = "dispute",
    Debt = "debt",
    Period = "period",
});

impl TransactionType {
    /// All, in the order in which a filter offers them.
    pub const ALL: [Self; 10] = [
        Self::Call,
        Self::Message,
        Self::Number,
        Self::TopUp,
        Self::Pack,
        Self::Grant,
        Self::Refund,
        Self::Dispute,
        Self::Debt,
        Self::Period,
    ];

    fn of(kind: PostingKind) -> Self {
        match kind {
            PostingKind::Period | PostingKind::Plan => Self::Period,
            PostingKind::Call => Self::Call,
            PostingKind::Pack => Self::Pack,
            PostingKind::Grant => Self::Grant,
            PostingKind::TopUp => Self::TopUp,
            PostingKind::Debt | PostingKind::Owed => Self::Debt,
            PostingKind::Refund => Self::Refund,
            PostingKind::Dispute => Self::Dispute,
            PostingKind::Message => Self::Message,
            PostingKind::Number => Self::Number,
        }
    }

    /// The postings that it stands for.
    fn kinds(self) -> Vec<PostingKind> {
        PostingKind::ALL.into_iter().filter(|kind| Self::of(*kind) == self).collect()
    }
}

/// Which transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this type.
    pub kind: Option<TransactionType>,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Only where the reference's id begins so.
    pub reference: Option<String>,
}

impl Filter {
    /// Whether something that is not posted yet belongs to it, as its posting would: by the time when it began.
    pub fn allows(&self, kind: TransactionType, began_at: Timestamp, reference: &str) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self.from.is_none_or(|from| began_at >= from)
            && self.to.is_none_or(|to| began_at < to)
            && self.reference.as_ref().is_none_or(|prefix| reference.starts_with(prefix))
    }
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// With the newest transaction.
    Newest,
    /// Below this number.
    Before(i64),
    /// With the one that follows this number, and the next newer ones.
    After(i64),
}

/// A page, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// What it shows.
    pub transactions: Vec<Transaction>,
    /// [`Place::Before`] of the page with older ones, where there are any.
    pub older: Option<i64>,
    /// [`Place::After`] of the page with newer ones, where there are any.
    pub newer: Option<i64>,
}

/// A posting in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// `txn_…`
    pub id: String,
    /// 1, 2, 3 … per workspace.
    pub seq: i64,
    /// What it is about.
    pub kind: TransactionType,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// Change of the credits, signed.
    pub amount: MilliCents,
    /// Change of allowance and packages that count seconds, signed.
    pub amount_secs: i64,
    /// Change of allowance and packages that count calls, signed.
    pub amount_calls: i64,
    /// Billed afterwards.
    pub excess: MilliCents,
    /// What it drew from or added to, in the order of consumption.
    pub paid_by: Vec<Source>,
    /// Credits afterwards.
    pub balance: MilliCents,
    /// Allowance afterwards, in units of the plan's meter at that time.
    pub allowance_units: i64,
    /// Seconds in packages afterwards.
    pub packs_secs: i64,
    /// Calls in packages afterwards.
    pub packs_calls: i64,
    /// What it belongs to.
    pub reference: Reference,
    /// In one line, e.g. `Call to (646) 555-0171`.
    pub description: String,
    /// A second line; may be empty.
    pub detail: String,
}

/// What a transaction belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `call`, `message`, `number`, `checkout_session`, `payment_intent`, `credit`, `period`, `refund`, `dispute`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

/// A page of transactions.
pub async fn page(
    state: &AppState,
    workspace: WorkspaceId,
    filter: &Filter,
    place: Place,
    limit: i64,
) -> Result<Page, ReadError> {
    let mut db = state.db.acquire().await?;
    let (above, below) = bounds(&mut db, workspace, filter).await?;
    let (upwards, above, below) = match place {
        Place::Newest => (false, above, below),
        Place::Before(seq) => (false, above, below.min(seq)),
        Place::After(seq) => (true, above.max(seq), below),
    };
    let kinds = filter.kind.map(TransactionType::kinds);
    let none = kinds.as_ref().is_some_and(Vec::is_empty);
    let stretch = Stretch { kinds, key_prefix: filter.reference.clone(), above, below, upwards, limit: limit + 1 };
    let mut found = if none { Vec::new() } else { repo::postings(&mut db, workspace, &stretch).await? };
    let more = found.len() as i64 > limit;
    if more {
        // The one too many lies where the page goes on.
        found.remove(if upwards { 0 } else { found.len() - 1 });
    }
    let (first, last) = (found.first().map(|it| it.posting.seq), found.last().map(|it| it.posting.seq));
    let (older, newer) = match place {
        Place::Newest => (last.filter(|_| more), None),
        Place::Before(seq) => (last.filter(|_| more), first.or(Some(seq - 1))),
        Place::After(seq) => (last.or(Some(seq + 1)), first.filter(|_| more)),
    };
    let names = Names::read(&mut db, workspace, &found).await?;
    let transactions = found.into_iter().map(|recorded| transaction(workspace, recorded, &names)).collect();
    Ok(Page { transactions, older, newer })
}

/// The numbers between which everything lies that happened between the filter's instants.
async fn bounds(db: &mut sqlx::PgConnection, workspace: WorkspaceId, filter: &Filter) -> sqlx::Result<(i64, i64)> {
    let above = match filter.from {
        Some(from) => repo::last_before(db, workspace, from).await?,
        None => 0,
    };
    let below = match filter.to {
        Some(to) => repo::last_before(db, workspace, to).await? + 1,
        None => i64::MAX,
    };
    Ok((above, below))
}

/// Every transaction of a filter, newest first, read batch by batch.
pub fn every(
    state: AppState,
    workspace: WorkspaceId,
    filter: Filter,
) -> impl Stream<Item = Result<Transaction, ReadError>> {
    let batches = stream::try_unfold(Some(Place::Newest), move |place| {
        let (state, filter) = (state.clone(), filter.clone());
        async move {
            let Some(place) = place else {
                return Ok::<_, ReadError>(None);
            };
            let page = page(&state, workspace, &filter, place, BATCH).await?;
            let transactions = page.transactions.into_iter().map(Ok);
            Ok(Some((stream::iter(transactions), page.older.map(Place::Before))))
        }
    });
    batches.try_flatten()
}

/// Open holds, the newest first, at most a hundred.
pub async fn pending(state: &AppState, workspace: WorkspaceId) -> Result<Vec<Call>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(repo::open_calls(&mut db, workspace, state.clock.now(), MOST_PENDING).await?)
}

fn transaction(workspace: WorkspaceId, recorded: Recorded, names: &Names) -> Transaction {
    let posting = &recorded.posting;
    let change = Change::of(posting);
    let (description, detail) = names.describe(&recorded);
    Transaction {
        id: ids::derived("txn", &[workspace.0, posting.seq]),
        seq: posting.seq,
        kind: TransactionType::of(posting.kind),
        occurred_at: posting.occurred_at,
        recorded_at: posting.recorded_at,
        amount: change.credits,
        amount_secs: change.secs,
        amount_calls: change.calls,
        excess: change.excess,
        paid_by: sources(posting),
        balance: MilliCents(posting.after.credits_mc),
        allowance_units: posting.after.allowance,
        packs_secs: posting.after.packs_secs,
        packs_calls: posting.after.packs_calls,
        reference: reference(posting),
        description,
        detail,
    }
}

/// The command that caused it, by whatever the customer knows it as.
fn reference(posting: &ledger::Posting) -> Reference {
    let kind = match posting.kind {
        PostingKind::Call => "call",
        PostingKind::Message => "message",
        PostingKind::Number => {
            let number = month_of_number(&posting.key).map_or(posting.key.as_str(), |(number, _)| number);
            return Reference { kind: "number", id: number.to_owned() };
        }
        PostingKind::Period | PostingKind::Plan => "period",
        PostingKind::Pack | PostingKind::Grant | PostingKind::TopUp | PostingKind::Debt => {
            match posting.key.split_once('_') {
                Some(("cs", _)) => "checkout_session",
                Some(("pi", _)) => "payment_intent",
                _ => "credit",
            }
        }
        PostingKind::Dispute => "dispute",
        PostingKind::Owed if is_dispute(&posting.key) => "dispute",
        PostingKind::Refund | PostingKind::Owed => "refund",
    };
    // What is taken back has a posting's number behind the refund's id.
    let id = if matches!(kind, "refund" | "dispute") { posting.key.split(':').next() } else { None };
    Reference { kind, id: id.unwrap_or(&posting.key).to_owned() }
}

/// Stripe's ids of disputes, the old form and the new one.
fn is_dispute(key: &str) -> bool {
    key.starts_with("dp_") || key.starts_with("du_")
}
