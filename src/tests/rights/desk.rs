//! The addresses of the agency's administrators.

use super::Guard::Desk;
use super::people::Scene;
use super::{Row, form, get};

/// Every route below `/agency`.
pub fn rows(_: &Scene) -> Vec<Row> {
    vec![
        get("GET /agency/clients", "/agency/clients", Desk("200", "200")),
        get("GET /agency/clients/new", "/agency/clients/new", Desk("200", "200")),
        form("POST /agency/clients/new", &[("key", "form_1")], Desk("422", "422")),
    ]
}
