//! The addresses of the agency's administrators.

use super::Guard::Desk;
use super::people::Scene;
use super::{Row, get};

/// Every route below `/agency`.
pub fn rows(_: &Scene) -> Vec<Row> {
    vec![get("GET /agency/clients", "/agency/clients", Desk("200", "200"))]
}
