//! Schemas that a type alone does not tell: closed lists of words, and dollars.

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::app::transactions::TransactionType;

/// One function for each closed list of words; its name is the field's.
macro_rules! closed_lists {
    ($($name:ident: $($word:literal)|+;)+) => {
        $(
            #[doc = concat!("Schema of `", stringify!($name), "`.")]
            pub fn $name() -> Object {
                one_of(&[$($word),+])
            }
        )+
    };
}

closed_lists! {
    call: "call";
    receipt: "receipt";
    list: "list";
    message: "message";
    number: "number";
    number_status: "active" | "past_due" | "released";
    campaign: "campaign";
    campaign_quote: "campaign_quote";
    no_call_reason: "insufficient_balance" | "no_subscription" | "subscription_ending" | "subscription_blocked";
    lot: "lot";
    transaction: "transaction";
    wallet: "wallet";
    topup: "topup";
    topup_status: "succeeded" | "pending" | "failed";
    payment_method: "payment_method";
    currency: "USD";
    direction: "outbound" | "inbound";
    outcome: "answered" | "no_answer" | "busy" | "failed" | "voicemail" | "canceled";
    call_status: "open" | "ended";
    reservation_status: "reserved" | "settled" | "released";
    source: "allowance" | "lot" | "credits" | "excess" | "overrun";
    transaction_type: "call" | "message" | "number" | "topup" | "pack" | "grant" | "refund" | "dispute" | "debt"
        | "period";
    lot_unit: "seconds" | "calls";
    lot_source: "stripe" | "agency" | "grant";
    lot_status: "active" | "used_up" | "frozen" | "refunded";
    meter: "minutes" | "calls";
    subscription_status: "active" | "past_due" | "blocked" | "canceled" | "none";
    wallet_status: "ok" | "low" | "paused" | "blocked";
}

fn one_of(words: &[&str]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())).build()
}

/// Schema of `outcome` where a call may have none yet.
pub fn outcome_or_null() -> Object {
    or_null(outcome())
}

/// Schema of `reason` where there may be none.
pub fn no_call_reason_or_null() -> Object {
    or_null(no_call_reason())
}

/// Schema of `meter` where there may be no plan.
pub fn meter_or_null() -> Object {
    or_null(meter())
}

/// Dollars in whole cents, as a JSON number.
pub fn dollars() -> Object {
    ObjectBuilder::new().schema_type(Type::Number).description(Some("Dollars, in whole cents")).build()
}

/// The same where there may be none.
pub fn dollars_or_null() -> Object {
    or_null(dollars())
}

/// A flat object of texts.
pub fn metadata() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[^\\u0000]*$"));
    let names = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[^\\u0000]*$"));
    let object = ObjectBuilder::new().additional_properties(Some(text)).property_names(Some(names));
    or_null(object.description(Some("A flat object of texts, up to 4 KiB")).build())
}

/// The same schema, and null.
fn or_null(mut schema: Object) -> Object {
    if let SchemaType::Type(one) = schema.schema_type {
        schema.schema_type = SchemaType::from_iter([one, Type::Null]);
    }
    schema.enum_values.iter_mut().for_each(|words| words.push(Value::Null));
    schema
}

impl PartialSchema for TransactionType {
    fn schema() -> RefOr<Schema> {
        transaction_type().into()
    }
}

impl ToSchema for TransactionType {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{CallOutcome, CallStatus, Direction, LotSource, Source};

    #[test]
    fn the_words_are_those_that_are_read_and_written() {
        let all = |list: Object, known: fn(&str) -> bool| {
            let words = list.enum_values.unwrap();
            assert!(words.iter().all(|word| known(word.as_str().unwrap())), "{words:?}");
        };
        all(direction(), |word| Direction::parse(word).is_some());
        all(outcome(), |word| CallOutcome::parse(word).is_some());
        all(reservation_status(), |word| CallStatus::parse(word).is_some());
        all(source(), |word| Source::parse(word).is_some());
        all(lot_source(), |word| LotSource::parse(word).is_some());
        all(transaction_type(), |word| TransactionType::parse(word).is_some());
        assert_eq!(transaction_type().enum_values.unwrap().len(), TransactionType::ALL.len());
    }
}
