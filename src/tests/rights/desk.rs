//! The addresses of the agency's administrators.

use super::Guard::Desk;
use super::people::Scene;
use super::{Row, form, get};

/// Every route below `/agency`.
pub fn rows(scene: &Scene) -> Vec<Row> {
    let wrong = [("current", "wrong"), ("new", "velvet-otter-quarry"), ("again", "velvet-otter-quarry")];
    let mut rows = vec![
        get("GET /agency/clients", "/agency/clients", Desk("200", "200")),
        get("GET /agency/clients/new", "/agency/clients/new", Desk("200", "200")),
        form("POST /agency/clients/new", &[("key", "form_1")], Desk("422", "422")),
        get("GET /agency/settings", "/agency/settings", Desk("200", "200")),
        form("POST /agency/settings/keys", &[("name", ""), ("form_key", "form_2")], Desk("422", "422")),
        form("POST /agency/settings/password", &wrong, Desk("422", "422")),
        form("POST /agency/settings/invite", &[("key", "form_3"), ("email", "nobody")], Desk("422", "422")),
    ];
    let of_the_client = [("key", "form_4"), ("client", scene.client_id.as_str()), ("email", "nobody@people.test")];
    rows.extend([
        form("POST /agency/settings/invite/resend", &of_the_client, Desk("409", "404")),
        form("POST /agency/settings/invite/withdraw", &of_the_client, Desk("409", "404")),
        form("POST /agency/settings/keys/revoke", &[("key", &scene.key_id)], Desk("404", "404")),
        form("POST /agency/settings/sign-out-everywhere", &[], Desk("→/sign-in?notice", "→/sign-in?notice")),
    ]);
    rows
}
