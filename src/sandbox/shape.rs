//! Stripe shows the fields it does not fill as null; clients may rely on their being there.

use serde_json::Value;

/// An object with further fields, all null.
pub fn with_nulls(mut object: Value, names: &[&str]) -> Value {
    for name in names {
        object[*name] = Value::Null;
    }
    object
}
