//! Postings and their hash chain.

use jiff::Timestamp;

use super::account::Entry;
use super::balances::Balances;
use crate::units::WorkspaceId;

/// blake3.
pub type Hash = [u8; 32];

/// What a posting is about; with its key it is unique per workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum PostingKind {
    /// A period began: the old allowance ended, a new one was granted. Key
    /// `{subscription}:{period}`, or `{subscription}:end` where the subscription ended.
    Period = 1,
    /// A call was charged. Key: the call's id.
    Call = 2,
    /// Packs were credited. Key: what they came from, e.g. the Checkout session's id.
    Pack = 3,
    /// Credits or units for free. Key: what they came from.
    Grant = 4,
    /// Credits were bought. Key: what paid for them, e.g. the Checkout session's id.
    TopUp = 5,
    /// A top-up paid debt first. Key: the top-up's.
    Debt = 6,
    /// The plan was changed within a period. Key `{subscription}:{snapshot}`.
    Plan = 7,
    /// Messages were paid. Key: their id.
    Message = 8,
    /// A month of a rented number was paid. Key `{number}:{month}`.
    Number = 12,
    /// A refund took units or credits back, or its failure gave them back. Key `{refund}:{posting}`.
    Refund = 20,
    /// A dispute did. Key `{dispute}:{posting}`.
    Dispute = 21,
    /// What was refunded had been used: debt; or such debt was cancelled. Key as of the refund or dispute.
    Owed = 22,
}

impl PostingKind {
    /// All of them.
    pub const ALL: [Self; 12] = {
        use PostingKind::{Call, Debt, Dispute, Grant, Message, Number, Owed, Pack, Period, Plan, Refund, TopUp};
        [Period, Call, Pack, Grant, TopUp, Debt, Plan, Message, Number, Refund, Dispute, Owed]
    };

    /// The kind stored under this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i16 == code)
    }
}

/// A balanced, atomic, immutable set of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// 1, 2, 3 … per workspace, without gaps.
    pub seq: i64,
    /// What it is about.
    pub kind: PostingKind,
    /// Id of the command that caused it.
    pub key: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// What changed.
    pub entries: Vec<Entry>,
    /// Balances afterwards.
    pub after: Balances,
    /// Hash of the posting before; of nothing for the first.
    pub prev_hash: Hash,
}

/// What stands before the first posting of a workspace.
pub fn genesis(workspace: WorkspaceId) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"minutebank wallet v1");
    hasher.update(&workspace.0.to_le_bytes());
    *hasher.finalize().as_bytes()
}

impl Posting {
    /// blake3 over all fields in a fixed order; times as microseconds, numbers little-endian, texts with their length.
    pub fn hash(&self, workspace: WorkspaceId) -> Hash {
        let mut bytes = Vec::with_capacity(160 + self.key.len() + 16 * self.entries.len());
        let mut put = |number: i64| bytes.extend_from_slice(&number.to_le_bytes());
        put(1); // version of this form
        put(workspace.0);
        put(self.seq);
        put(i64::from(self.kind as i16));
        put(self.occurred_at.as_microsecond());
        put(self.recorded_at.as_microsecond());
        put(self.after.allowance);
        put(self.after.packs_secs);
        put(self.after.packs_calls);
        put(self.after.credits_mc);
        put(self.after.excess_mc);
        put(self.after.debt_mc);
        put(self.entries.len() as i64);
        for entry in &self.entries {
            put(entry.account.code());
            put(entry.amount);
        }
        put(self.key.len() as i64);
        bytes.extend_from_slice(self.key.as_bytes());
        bytes.extend_from_slice(&self.prev_hash);
        *blake3::hash(&bytes).as_bytes()
    }
}
