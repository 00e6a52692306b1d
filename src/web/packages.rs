//! `/billing/packages`: every package with what is left of it, and the refund of what is unused.

use axum::extract::{Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::answer::{frame, page, section};
use super::document::render;
use super::error::Error;
use super::pages::{Asking, NotRefunded, PackagesView, RefundOutcome, packages_page};
use super::session::{CsrfForm, Viewer};
use crate::app::packages::packages;
use crate::app::refund_unused::{RefundForm, RefundUnusedError, quote, refund_unused, refunding};
use crate::app::send_refund::RefundError;
use crate::ids;
use crate::state::AppState;
use crate::tenants::Role;

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Purchase that the dialog is about.
    refund: Option<String>,
    /// Key of the form that has asked for a refund.
    refunded: Option<String>,
    /// Why nothing was refunded.
    refused: Option<String>,
}

/// `GET /billing/packages`
///
/// # Errors
/// Faults of the database; a purchase that cannot be refunded opens no dialog.
pub async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let may_refund = viewer.role.may_refund();
    let asking = match asked.refund.filter(|_| may_refund) {
        Some(purchase) => match quote(&state, viewer.workspace, &purchase).await {
            Ok(quote) => Some(Asking { quote, form_key: ids::fresh("form") }),
            Err(RefundUnusedError::Refund(RefundError::Database(error))) => return Err(error.into()),
            Err(_) => None,
        },
        None => None,
    };
    let outcome = match (&asked.refunded, asked.refused.as_deref().and_then(NotRefunded::parse)) {
        (_, Some(why)) => Some(RefundOutcome::NotRefunded(why)),
        (Some(key), None) => refunding(&state, viewer.workspace, key).await?.map(RefundOutcome::Refunding),
        (None, None) => None,
    };
    let (frame, packages) = tokio::join!(frame(&state, &viewer), packages(&state, viewer.workspace));
    let listed = PackagesView::of(section("the packages", packages));
    let view = PackagesView { may_refund, asking, outcome, ..listed };
    Ok(page(&state.config, render(|| packages_page(frame, view))))
}

/// The form of the dialog.
#[derive(Clone, Debug, Deserialize)]
pub struct RefundFields {
    /// One-use key of the form.
    form_key: String,
    /// Public id of the purchase.
    purchase: String,
}

/// `POST /billing/packages/refund`: refunds once, then tells the page what became of it.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `NotFound` for purchases of others; `FormExpired`; faults of the database.
pub async fn refund(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(fields): CsrfForm<RefundFields>,
) -> Result<Redirect, Error> {
    viewer.require(Role::may_refund)?;
    let form = RefundForm { workspace: viewer.workspace, by: viewer.user_id, key: fields.form_key.clone() };
    let became = match refund_unused(&state, &form, &fields.purchase).await {
        Ok(_) | Err(RefundUnusedError::Refund(RefundError::StripeUnreachable | RefundError::Ledger(_))) => {
            format!("refunded={}", fields.form_key)
        }
        Err(RefundUnusedError::NotFound) => return Err(Error::NotFound),
        Err(RefundUnusedError::Refund(RefundError::Database(error))) => return Err(error.into()),
        Err(RefundUnusedError::FormUsed) => refused(NotRefunded::FormUsed),
        Err(RefundUnusedError::Refund(RefundError::NothingUnused)) => refused(NotRefunded::NothingUnused),
        Err(RefundUnusedError::Refund(RefundError::StripeRefused(message))) => {
            tracing::warn!(purchase = fields.purchase, message, "Stripe refused a refund");
            refused(NotRefunded::StripeRefused)
        }
    };
    Ok(Redirect::to(&format!("/billing/packages?{became}")))
}

fn refused(why: NotRefunded) -> String {
    format!("refused={}", why.as_str())
}
