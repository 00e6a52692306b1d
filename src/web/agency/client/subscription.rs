//! The subscription of a client, and what its agency gives it for free.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Asked, DialogOf, Sent, ended};
use crate::app;
use crate::app::agency::AgencyError;
use crate::app::grant::Gift;
use crate::catalog::FieldError;
use crate::ledger::Effective;
use crate::pricing::{CENTS, parse_dollars};
use crate::state::AppState;
use crate::units::Meter;
use crate::web::error::Error;
use crate::web::pages::{ClientTab, DeskNotice};
use crate::web::session::{Administrator, CsrfForm};

/// `POST /agency/clients/{id}/plan`: puts the subscription on `plan` as it is offered now; `when` is `now` or `end`.
///
/// # Errors
/// `NotFound` for what the agency does not have; `BadForm` where it does not say when; `FormExpired`; faults of the
/// database.
pub async fn change_plan(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let effective = effective(&sent)?;
    let form = administrator.form(sent.one("form_key").to_owned());
    let outcome = app::change_plan::change_plan(&state, &form, &id, sent.one("plan"), effective).await;
    let notice = match effective {
        Effective::Now => DeskNotice::PlanChanged,
        Effective::PeriodEnd => DeskNotice::PlanChangeSet,
    };
    ended(&state, &administrator, &id, sent, outcome.map(|()| notice), on_subscription(None)).await
}

/// `POST /agency/clients/{id}/subscribe`: begins a subscription to `plan`.
///
/// # Errors
/// As [`change_plan`].
pub async fn subscribe(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let form = administrator.form(sent.one("form_key").to_owned());
    let outcome = app::resubscribe::resubscribe(&state, &form, &id, sent.one("plan")).await;
    ended(&state, &administrator, &id, sent, outcome.map(|()| DeskNotice::Subscribed), on_subscription(None)).await
}

/// `POST /agency/clients/{id}/end`: ends the subscription; `when` is `now` or `end`.
///
/// # Errors
/// As [`change_plan`].
pub async fn end_subscription(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let effective = effective(&sent)?;
    let form = administrator.form(sent.one("form_key").to_owned());
    let outcome = app::cancel_subscription::cancel_subscription(&state, &form, &id, effective).await;
    let notice = outcome.map(|()| DeskNotice::SubscriptionCanceled);
    ended(&state, &administrator, &id, sent, notice, on_subscription(Some(DialogOf::End))).await
}

/// `POST /agency/clients/{id}/grants`: gives `amount` of `gift` (`minutes`, `calls` or `credits`) for a `reason`.
///
/// # Errors
/// As [`change_plan`].
pub async fn grant(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let form = administrator.form(sent.one("form_key").to_owned());
    let outcome = match gift(sent.one("gift"), sent.one("amount"))? {
        Ok(gift) => app::grant::grant(&state, &form, &id, gift, sent.one("reason")).await,
        Err(fault) => Err(AgencyError::Invalid(vec![fault])),
    };
    ended(&state, &administrator, &id, sent, outcome.map(|()| DeskNotice::Granted), on_subscription(None)).await
}

fn on_subscription(dialog: Option<DialogOf>) -> Asked {
    Asked { tab: ClientTab::Subscription, dialog, ..Asked::default() }
}

fn effective(sent: &Sent) -> Result<Effective, Error> {
    match sent.one("when") {
        "now" => Ok(Effective::Now),
        "end" => Ok(Effective::PeriodEnd),
        _ => Err(Error::BadForm),
    }
}

/// What is given, as it was typed: dollars, or whole minutes or calls. The inner error stands beside the field.
fn gift(kind: &str, amount: &str) -> Result<Result<Gift, FieldError>, Error> {
    if kind == "credits" {
        let message = "Enter an amount in dollars, such as 25 or 25.50.";
        return Ok(parse_dollars(amount, CENTS)
            .map(Gift::Credits)
            .map_err(|_| FieldError { field: "amount", message }));
    }
    let meter = Meter::parse(kind).ok_or(Error::BadForm)?;
    let pieces = amount.trim().replace(',', "").parse::<i64>().ok();
    let units = pieces.and_then(|pieces| pieces.checked_mul(meter.per_piece()));
    let message = "Enter 1 to 1,000,000 whole minutes or calls.";
    Ok(units.map(|units| Gift::Units(meter, units)).ok_or(FieldError { field: "units", message }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MilliCents;

    #[test]
    fn a_gift_is_read_as_it_is_typed() {
        assert_eq!(gift("credits", "$2.50"), Ok(Ok(Gift::Credits(MilliCents(250_000)))));
        assert_eq!(gift("minutes", " 1,000 "), Ok(Ok(Gift::Units(Meter::Minutes, 60_000))));
        assert_eq!(gift("calls", "5"), Ok(Ok(Gift::Units(Meter::Calls, 5))));
        let field = |kind, amount| gift(kind, amount).unwrap().unwrap_err().field;
        assert_eq!(
            [field("credits", "much"), field("minutes", "2.5"), field("calls", "")],
            ["amount", "units", "units"]
        );
        assert_eq!(field("minutes", &i64::MAX.to_string()), "units");
        assert_eq!(gift("love", "1"), Err(Error::BadForm));
    }
}
