//! Stripe's events: whose signature it is, and the few fields that matter.

pub mod repo;

use jiff::Timestamp;
use serde::Deserialize;
use stripe_webhook::{Webhook, WebhookError};

/// An event whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// E.g. `checkout.session.completed`.
    pub type_: String,
    /// Real money.
    pub livemode: bool,
    /// Id of the object that it is about.
    pub object: Option<String>,
    /// The payment that it belongs to, where it says so.
    pub payment_intent: Option<String>,
    /// The charge that it belongs to, or is.
    pub charge: Option<String>,
    /// That object's own reference to a purchase.
    pub client_reference_id: Option<String>,
    /// Purchase that the object's metadata name.
    pub purchase: Option<String>,
    /// Top-up that the object's metadata name.
    pub topup: Option<String>,
}

/// The signature is missing, wrong, or too old or too new; or the body is no event at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not belong to this event")]
pub struct BadSignature;

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    type_: String,
    livemode: bool,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    object: serde_json::Value,
}

impl Event {
    /// Reads the fields that matter, leniently: an object with fields missing or unknown is still an event.
    pub fn read(payload: &str) -> Option<Self> {
        let envelope: Envelope = serde_json::from_str(payload).ok()?;
        let text = |name| Some(envelope.data.object.get(name)?.as_str()?.to_owned());
        // Objects may be named by their id, or stand there in full.
        let named = |name| {
            let named = envelope.data.object.get(name)?;
            Some(named.as_str().or_else(|| named.get("id")?.as_str())?.to_owned())
        };
        let object = text("id");
        let noted = |name| Some(envelope.data.object.get("metadata")?.get(name)?.as_str()?.to_owned());
        Some(Self {
            payment_intent: named("payment_intent"),
            charge: named("charge").or_else(|| object.clone().filter(|id| id.starts_with("ch_"))),
            object,
            client_reference_id: text("client_reference_id"),
            purchase: noted("purchase"),
            topup: noted("topup"),
            id: envelope.id,
            type_: envelope.type_,
            livemode: envelope.livemode,
        })
    }
}

/// Checks the signature over the raw body: HMAC-SHA256 in constant time, any of several `v1`, ±300 s around `now`.
///
/// # Errors
/// [`BadSignature`]; nothing of the body may be believed then.
pub fn verify(payload: &str, signature: &str, secret: &str, now: Timestamp) -> Result<Event, BadSignature> {
    let checked = Webhook::construct_event_with_timestamp(payload, signature, secret, now.as_second());
    match checked {
        // The signature is checked before anything is parsed, so an event that the library cannot read is genuine.
        Ok(_) | Err(WebhookError::BadParse(_)) => Event::read(payload).ok_or(BadSignature),
        Err(_) => Err(BadSignature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "whsec_test";
    const PAYLOAD: &str = r#"{"id":"evt_1","object":"event","type":"checkout.session.completed","livemode":false,
        "data":{"object":{"id":"cs_test_1","client_reference_id":"pur_1"}}}"#;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn signed(seconds: i64, secret: &str) -> String {
        Webhook::generate_test_header(PAYLOAD, secret, Some(seconds))
    }

    #[test]
    fn an_event_that_the_library_cannot_read_is_believed_by_its_signature() {
        let event = verify(PAYLOAD, &signed(1_000, SECRET), SECRET, at(1_000)).unwrap();
        assert_eq!(event.id, "evt_1");
        assert_eq!(event.object.as_deref(), Some("cs_test_1"));
        assert_eq!(event.client_reference_id.as_deref(), Some("pur_1"));
        assert!(!event.livemode);
    }

    #[test]
    fn a_signature_holds_300_seconds_either_way() {
        for (now, good) in [(1_300, true), (1_301, false), (700, true), (699, false)] {
            let checked = verify(PAYLOAD, &signed(1_000, SECRET), SECRET, at(now));
            assert_eq!(checked.is_ok(), good, "{now}");
        }
    }

    #[test]
    fn one_good_signature_of_several_is_enough() {
        let good = signed(1_000, SECRET);
        let (_, good) = good.split_once(',').unwrap();
        let header = format!("t=1000,v1={},{good},v0=ab", "0".repeat(64));
        assert!(verify(PAYLOAD, &header, SECRET, at(1_000)).is_ok());
        assert_eq!(verify(PAYLOAD, &signed(1_000, "whsec_other"), SECRET, at(1_000)), Err(BadSignature));
        for bad in ["", "t=1000", "v1=00", "t=x,v1=00", "nonsense"] {
            assert_eq!(verify(PAYLOAD, bad, SECRET, at(1_000)), Err(BadSignature), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_body_and_no_header_is_too_strange(payload in "\\PC{0,200}", header in "\\PC{0,200}") {
            prop_assert_eq!(verify(&payload, &header, SECRET, at(1_000)), Err(BadSignature));
        }

        #[test]
        fn nearly_right_headers_are_wrong(
            time in "[0-9-]{0,20}",
            hex in "[0-9a-fA-F]{0,130}",
            mark in "(v1|v0|v11|t|)",
            around in "[,= ]{0,3}",
        ) {
            let header = format!("t={time},{mark}={hex}{around}");
            prop_assert_eq!(verify(PAYLOAD, &header, SECRET, at(1_000)), Err(BadSignature));
        }

        #[test]
        fn a_changed_byte_is_noticed(at_byte in 0..PAYLOAD.len(), byte in b' '..=b'~') {
            let mut changed = PAYLOAD.as_bytes().to_vec();
            prop_assume!(changed[at_byte] != byte);
            changed[at_byte] = byte;
            let changed = String::from_utf8(changed).unwrap();
            prop_assert_eq!(verify(&changed, &signed(1_000, SECRET), SECRET, at(1_000)), Err(BadSignature));
        }

        #[test]
        fn a_genuine_body_of_any_shape_is_read_or_refused(payload in "\\PC{0,200}") {
            let header = Webhook::generate_test_header(&payload, SECRET, Some(1_000));
            _ = verify(&payload, &header, SECRET, at(1_000));
        }
    }
}
