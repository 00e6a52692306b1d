//! `/v1/checkout/sessions/{id}/line_items`: the lines of a session, each with the price and product made with it.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::checkout;
use super::lists::{Expand, Page};
use super::model::{LineItem, Session};

/// `GET /v1/checkout/sessions/{id}/line_items`
pub fn list(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "data.", &["price.product"])?;
    let page = Page::take(&mut call.params)?;
    call.params.finish()?;
    let session = checkout::find(call.transaction.state, id)?;
    let items: Vec<_> = session.items.iter().collect();
    page.cut(&url(session), &items, |item| view(session, item, &expand))
}

/// All lines, as a session shows them when expanded.
pub fn whole_list(session: &Session, expand: &Expand) -> Value {
    let items: Vec<_> = session.items.iter().map(|item| view(session, item, expand)).collect();
    json!({ "object": "list", "data": items, "has_more": false, "url": url(session) })
}

fn url(session: &Session) -> String {
    format!("/v1/checkout/sessions/{}/line_items", session.id)
}

fn view(session: &Session, item: &LineItem, expand: &Expand) -> Value {
    let amount = item.unit_amount * item.quantity;
    let product = if expand.has("price") { product(session, item) } else { item.product.clone().into() };
    json!({
        "id": item.id,
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": session.currency,
        "description": item.name,
        "price": {
            "id": item.price,
            "object": "price",
            "active": false,
            "billing_scheme": "per_unit",
            "created": session.created,
            "currency": session.currency,
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": null,
            "metadata": {},
            "nickname": null,
            "product": product,
            "recurring": null,
            "tax_behavior": "unspecified",
            "tiers_mode": null,
            "transform_quantity": null,
            "type": "one_time",
            "unit_amount": item.unit_amount,
            "unit_amount_decimal": item.unit_amount.to_string(),
        },
        "quantity": item.quantity,
    })
}

/// Products made with a line are inactive from the start: nothing else can be sold with them.
fn product(session: &Session, item: &LineItem) -> Value {
    json!({
        "id": item.product,
        "object": "product",
        "active": false,
        "created": session.created,
        "default_price": null,
        "description": item.description,
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": item.product_metadata,
        "name": item.name,
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": null,
        "tax_code": null,
        "type": "service",
        "unit_label": null,
        "updated": session.created,
        "url": null,
    })
}
