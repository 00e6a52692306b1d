//! `/settings?tab=alerts`: from where on the balance is low, and who is told what by mail.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::answer::{frame, page, section};
use super::document::render;
use super::error::Error;
use super::pages::{AlertsForm, AlertsView, MemberRow, alerts_page};
use super::session::{CsrfForm, Viewer};
use crate::app::alerts::{Alerts, alerts, save_alerts};
use crate::notify::alert::{Alert, AlertSettings, Recipient, Thresholds};
use crate::pricing::parse_amount;
use crate::state::AppState;
use crate::tenants::{Role, UserId};

/// Most calls that a balance can be low by.
const MOST_CALLS: i64 = 1_000;

/// The tab; `saved`: it has just been.
pub(super) async fn show(state: &AppState, viewer: &Viewer, saved: bool) -> Result<Response, Error> {
    let (frame, alerts) = tokio::join!(frame(state, viewer), alerts(state, viewer.workspace));
    let form = section("the alerts", alerts).map(|alerts| form_of(&alerts));
    let view = AlertsView { form, may_change: viewer.role.may_set_alerts(), saved };
    Ok(page(&state.config, render(|| alerts_page(frame, view))))
}

fn form_of(alerts: &Alerts) -> AlertsForm {
    let Thresholds { below, below_calls } = alerts.settings.thresholds;
    let row = |member: &crate::tenants::members::ListedMember| MemberRow {
        id: member.user.public_id(),
        name: member.name.clone(),
        email: member.email.clone(),
        wants: Alert::ALL.map(|alert| alerts.wants(member.user, alert)),
    };
    AlertsForm {
        below: below.map(|below| below.to_string().replace('$', "")).unwrap_or_default(),
        below_calls: below_calls.map(|calls| calls.to_string()).unwrap_or_default(),
        wrong_below: None,
        wrong_calls: None,
        members: alerts.members.iter().map(row).collect(),
    }
}

/// `POST /settings/alerts`. Refused: the form again as it was typed.
///
/// # Errors
/// `NotAllowed` for viewers; `FormExpired`; faults of the database.
pub async fn save(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(fields): CsrfForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    viewer.require(Role::may_set_alerts)?;
    let (alerts, frame) = tokio::join!(alerts(&state, viewer.workspace), frame(&state, &viewer));
    let alerts = alerts?;
    let typed = |name: &str| fields.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value.trim()).to_owned();
    let (below, below_calls) = (typed("below"), typed("below_calls"));
    let ticked: HashSet<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let wants = |user: UserId| Alert::ALL.map(|alert| ticked.contains(&(alert.as_str(), user.public_id().as_str())));
    let money = if below.is_empty() { Ok(None) } else { parse_amount(&below).map(Some) };
    let calls = calls(&below_calls);
    if let (Ok(below), Ok(below_calls)) = (&money, &calls) {
        let recipients =
            alerts.members.iter().map(|member| Recipient { user: member.user, wants: wants(member.user) }).collect();
        let thresholds = Thresholds { below: *below, below_calls: *below_calls };
        let settings = AlertSettings { thresholds, recipients };
        save_alerts(&state, viewer.workspace, &settings, viewer.user_id).await?;
        return Ok(Redirect::to("/settings?tab=alerts&done=alerts").into_response());
    }
    let mut form = form_of(&alerts);
    for (row, member) in form.members.iter_mut().zip(&alerts.members) {
        row.wants = wants(member.user);
    }
    let form = AlertsForm {
        below,
        below_calls,
        wrong_below: money.err().map(|wrong| wrong.to_string()),
        wrong_calls: calls.err().map(str::to_owned),
        ..form
    };
    let view = AlertsView { form: Ok(form), may_change: true, saved: false };
    let mut response = page(&state.config, render(|| alerts_page(frame, view)));
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// A number of calls, or none.
fn calls(typed: &str) -> Result<Option<i64>, &'static str> {
    if typed.is_empty() {
        return Ok(None);
    }
    let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
    let count = typed.parse().ok().filter(|count| digits && (1..=MOST_CALLS).contains(count));
    count.map(Some).ok_or("Enter a number from 1 to 1,000, or nothing.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_in_whole_numbers_or_not_at_all() {
        assert_eq!(calls(""), Ok(None));
        assert_eq!(calls("2"), Ok(Some(2)));
        for wrong in ["0", "1001", "-1", "+5", "2.5", "many"] {
            assert!(calls(wrong).is_err(), "{wrong}");
        }
    }
}
