//! A call and its hold: `reserved` → `settled` or `released`, exactly once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::units::{Meter, MilliCents, Seconds, words};

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The platform called.
    Outbound,
    /// The platform was called.
    Inbound,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// Connected; the only outcome that may be charged.
    Answered,
    /// Rang out.
    NoAnswer,
    /// Engaged.
    Busy,
    /// Could not be placed.
    Failed,
    /// A machine answered.
    Voicemail,
    /// Given up before it connected.
    Canceled,
}

/// State of the hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// The hold stands.
    Reserved,
    /// Ended and charged, perhaps for 0.
    Settled,
    /// Ended without a charge.
    Released,
}

words!(Direction { Outbound = "outbound", Inbound = "inbound" });
words!(CallOutcome {
    Answered = "answered",
    NoAnswer = "no_answer",
    Busy = "busy",
    Failed = "failed",
    Voicemail = "voicemail",
    Canceled = "canceled",
});
words!(CallStatus { Reserved = "reserved", Settled = "settled", Released = "released" });

/// What the call engine says when it asks for a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Given or made before queueing; unique per workspace.
    pub id: String,
    /// Who called whom.
    pub direction: Direction,
    /// Which agent speaks.
    pub agent: Option<String>,
    /// Caller's number.
    pub from: Option<String>,
    /// Callee's number.
    pub to: Option<String>,
    /// Whether it is recorded, which has a rate of its own.
    pub recording: bool,
    /// Free fields of the engine.
    pub metadata: Option<BTreeMap<String, String>>,
}

impl Placement {
    /// blake3 over the fields in a fixed form: the same id with another fingerprint is a conflict.
    pub fn fingerprint(&self) -> [u8; 32] {
        let bytes = serde_json::to_vec(self).expect("a placement is plain data");
        *blake3::hash(&bytes).as_bytes()
    }
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEnd {
    /// How it ended.
    pub outcome: CallOutcome,
    /// From first ring to the end.
    pub duration: Seconds,
    /// Connected time, which is what was charged.
    pub billed: Seconds,
    /// Credits drawn.
    pub credits: MilliCents,
    /// Billed afterwards.
    pub excess: MilliCents,
    /// Connected time that no source covered; not charged.
    pub overrun: Seconds,
    /// The sweep ended it, because nobody else did.
    pub lapsed: bool,
    /// Connected time that was reported after that; not charged.
    pub late: Seconds,
    /// Posting that charged it; `None` where nothing was drawn.
    pub seq: Option<i64>,
    /// When.
    pub ended_at: Timestamp,
}

/// A call as its row keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What it was placed with.
    pub placement: Placement,
    /// Of the placement.
    pub fingerprint: [u8; 32],
    /// Snapshot whose rates and hold policy it keeps.
    pub snapshot: i64,
    /// The snapshot's unit.
    pub meter: Meter,
    /// Units of that meter reserved for it.
    pub held_units: i64,
    /// The hold's nominal cost; `None` where the plan has no rates.
    pub hold_mc: Option<MilliCents>,
    /// Connected time at the last heartbeat.
    pub connected: Option<Seconds>,
    /// State of the hold.
    pub status: CallStatus,
    /// When the hold was placed.
    pub created_at: Timestamp,
    /// When the hold lapses if nobody ends the call.
    pub expires_at: Timestamp,
    /// What came of it; `None` while it is open.
    pub end: Option<CallEnd>,
}
