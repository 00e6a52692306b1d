//! Endpoints of events, which owners alone see and change.

use super::Guard::Form;
use super::people::{ENDPOINT, Scene};
use super::{OWNERS, Row, form};

/// What the owner does last, removes.
pub fn rows(scene: &Scene) -> Vec<Row> {
    let endpoint = [("endpoint", ENDPOINT)];
    let delivery = [("endpoint", ENDPOINT), ("event", scene.event_id.as_str())];
    let own = Form(OWNERS, "→/settings", "404");
    vec![
        form("POST /settings/endpoints", &[("form_key", "f2"), ("url", "")], Form(OWNERS, "422", "422")),
        form("POST /settings/endpoints/secret", &endpoint, own),
        form("POST /settings/endpoints/disable", &endpoint, own),
        form("POST /settings/endpoints/enable", &endpoint, own),
        form("POST /settings/deliveries/resend", &delivery, own),
        form("POST /settings/endpoints/remove", &endpoint, own),
    ]
}
