//! Events out: what a workspace's own programs are told, signed as the Standard Webhooks specification says.
//!
//! # Order of things
//! The ledger writes an event with the posting that causes it. A look at the outbox hands it out: one delivery for each
//! endpoint that wants its type. Each delivery is sent until it is answered with 2xx, less and less often, and given up
//! after ten attempts. It is sent at least once, always under the same id, by which receivers know it.
//!
//! To each endpoint one process sends at a time, in the order of the events, also where a process dies in the middle.
//! Only a delivery that was not taken comes after newer ones, as it is tried less and less often: the instant in it says
//! when it happened.

pub mod address;
pub mod repo;
pub mod sender;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::ids;
use crate::units::{WorkspaceId, words};

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// One call fits, where more did.
    WalletLow,
    /// None fits any more, or none is accepted.
    WalletPaused,
    /// Calls fit again.
    WalletResumed,
    /// Credits or packages were added.
    WalletCredited,
    /// An automatic top-up failed.
    RechargeFailed,
    /// A call was charged.
    CallSettled,
}

words!(EventType {
    WalletLow = "wallet.low",
    WalletPaused = "wallet.paused",
    WalletResumed = "wallet.resumed",
    WalletCredited = "wallet.credited",
    RechargeFailed = "auto_recharge.failed",
    CallSettled = "call.settled",
});

impl EventType {
    /// All, in the order in which a form offers them.
    pub const ALL: [Self; 6] = [
        Self::WalletLow,
        Self::WalletPaused,
        Self::WalletResumed,
        Self::WalletCredited,
        Self::RechargeFailed,
        Self::CallSettled,
    ];
}

/// Bytes of a signing secret.
pub const SECRET_LENGTH: usize = 32;
/// A signing secret.
pub type Secret = [u8; SECRET_LENGTH];

/// A secret as its owner sees it, once.
pub fn secret_text(secret: &Secret) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// Where a workspace wants to hear of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `we_…`
    pub id: String,
    /// Its address.
    pub url: String,
    /// What it is told.
    pub types: Vec<EventType>,
    /// It has a secret; without one nothing can be signed, and nothing is sent.
    pub has_secret: bool,
    /// Until when the secret before signs as well.
    pub old_until: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when it is told nothing.
    pub disabled_at: Option<Timestamp>,
}

/// The right to send to an endpoint, alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whose endpoint.
    pub workspace: WorkspaceId,
    /// `we_…`
    pub endpoint: String,
    /// Until then nobody else sends to it.
    pub until: Timestamp,
}

/// A delivery that is due, with all that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Whose.
    pub workspace: WorkspaceId,
    /// The workspace's public id.
    pub workspace_public_id: String,
    /// `we_…`
    pub endpoint: String,
    /// Where to.
    pub url: String,
    /// What to sign with, the newest first.
    pub secrets: Vec<Secret>,
    /// Number of the event.
    pub event_no: i64,
    /// What it is about.
    pub kind: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Its particulars.
    pub data: Value,
    /// How often it has been tried, this time included.
    pub attempts: i32,
}

/// The id under which an event is sent, to every endpoint and at every attempt.
pub fn event_id(workspace: WorkspaceId, number: i64) -> String {
    ids::derived("evt", &[workspace.0, number])
}

impl Outgoing {
    /// The `webhook-id`.
    pub fn id(&self) -> String {
        event_id(self.workspace, self.event_no)
    }

    /// The body: `{type, timestamp, data}`; the data names the workspace, because one address may serve several.
    pub fn body(&self) -> String {
        let mut data = self.data.clone();
        if let Some(fields) = data.as_object_mut() {
            fields.insert("workspace".to_owned(), self.workspace_public_id.clone().into());
        }
        json!({ "type": self.kind, "timestamp": self.occurred_at, "data": data }).to_string()
    }

    /// The `webhook-signature` of a body at an instant: one of each secret.
    pub fn signatures(&self, body: &str, at: Timestamp) -> String {
        let id = self.id();
        let sign = |secret: &Secret| {
            let signer = Webhook::from_bytes(secret.to_vec()).expect("bytes are a secret");
            signer.sign(&id, at.as_second(), body.as_bytes()).expect("a body of ours is text")
        };
        self.secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempted {
    /// Status of the answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<&'static str>,
}

impl Attempted {
    /// True where the receiver took it.
    pub fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// When a delivery that failed for the `attempts`-th time is tried again; `None` once it is given up.
pub fn pause_after(attempts: i32) -> Option<SignedDuration> {
    let (minutes, hours) = (SignedDuration::from_mins, SignedDuration::from_hours);
    Some(match attempts {
        ..=1 => SignedDuration::from_secs(5),
        2 => minutes(5),
        3 => minutes(30),
        4 => hours(2),
        5 => hours(5),
        6 => hours(10),
        7 => hours(14),
        8 => hours(20),
        9 => hours(24),
        _ => return None,
    })
}

/// A line of the delivery log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `we_…`
    pub endpoint: String,
    /// Where to.
    pub url: String,
    /// Number of the event.
    pub event_no: i64,
    /// What it is about.
    pub kind: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was taken.
    pub delivered_at: Option<Timestamp>,
    /// Status of the last answer.
    pub status: Option<i32>,
    /// Why there was none.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(secrets: Vec<Secret>) -> Outgoing {
        Outgoing {
            workspace: WorkspaceId(1),
            workspace_public_id: "ws_harbor".into(),
            endpoint: "we_1".into(),
            url: "https://hooks.example.com/".into(),
            secrets,
            event_no: 7,
            kind: "wallet.low".into(),
            occurred_at: "2026-11-20T15:00:00Z".parse().unwrap(),
            data: json!({ "calls_that_fit": 1 }),
            attempts: 1,
        }
    }

    #[test]
    fn a_body_is_the_same_at_every_attempt() {
        let body = outgoing(Vec::new()).body();
        let expected = json!({
            "type": "wallet.low", "timestamp": "2026-11-20T15:00:00Z",
            "data": { "calls_that_fit": 1, "workspace": "ws_harbor" },
        });
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
        assert_eq!(outgoing(Vec::new()).body(), body);
    }

    #[test]
    fn each_secret_signs() {
        let both = outgoing(vec![[1; 32], [2; 32]]);
        let at = "2026-11-20T15:00:05Z".parse().unwrap();
        let signatures = both.signatures("{}", at);
        let (new, old) = signatures.split_once(' ').unwrap();
        assert_eq!(new, outgoing(vec![[1; 32]]).signatures("{}", at));
        assert_eq!(old, outgoing(vec![[2; 32]]).signatures("{}", at));
        assert!(new.starts_with("v1,") && new != old);
    }

    #[test]
    fn a_failing_delivery_is_tried_less_and_less_often_and_not_for_ever() {
        let pauses: Vec<_> = (1..).map_while(pause_after).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    }
}
