//! The Add credits dialog's fixed part: what is chosen at first, its head and hidden fields; the island around it counts
//! along.

use leptos::prelude::*;

use crate::app::overview::Overview;
use crate::islands::AddCredits;
use crate::pricing::{CREDIT_PRESETS, preset_name};

use super::dialog::DialogHead;
use super::{Crediting, CreditingError};

/// The preset that is checked where nothing was chosen.
const FIRST_CHOICE: &str = "25";
const OTHER: &str = "other";

#[component]
pub(super) fn CreditsDialog(overview: Overview, crediting: Crediting, csrf: String) -> impl IntoView {
    let chosen = preselect(crediting.choice.as_deref(), crediting.amount.as_deref());
    let line = line(&overview);
    let (sent, refused) = match crediting.error {
        Some(CreditingError::Amount(_)) => (true, None),
        Some(CreditingError::Refused(refused)) => (false, Some(refused)),
        None => (false, None),
    };
    view! {
        <AddCredits
            standing=overview.standing
            debt=overview.debt
            choice=chosen
            amount=crediting.amount.unwrap_or_default()
            sent=sent
            save_card=crediting.save_card
        >
            <DialogHead
                title="Add credits"
                line=line
                refused=refused
                csrf=csrf
                purchase_key=crediting.purchase_key
            />
        </AddCredits>
    }
}

/// The radio field that is checked at first: what was asked for, if it exists; a typed amount alone is a choice, too.
fn preselect(asked: Option<&str>, typed: Option<&str>) -> String {
    let exists =
        |asked: &&str| *asked == OTHER || CREDIT_PRESETS.into_iter().any(|preset| preset_name(preset) == *asked);
    let other = typed.is_some_and(|typed| !typed.trim().is_empty()).then_some(OTHER);
    asked.filter(exists).or(other).unwrap_or(FIRST_CHOICE).to_owned()
}

/// What credits are for, under the dialog's title.
fn line(overview: &Overview) -> String {
    let standing = &overview.standing;
    let noun = standing.meter.noun();
    if standing.sigma.0 == 0 {
        "Credits pay for messages and numbers.".to_owned()
    } else if overview.is_blocked() {
        "Credits pay for calls once the overdue payment is made.".to_owned()
    } else if standing.calls_that_fit() == 0 {
        "Calls start again as soon as the payment is confirmed.".to_owned()
    } else if overview.running().is_some_and(|it| it.included > 0 || it.addons) {
        format!("Calls use credits after your plan and extra {noun}.")
    } else {
        "Calls use credits by the second, only while connected.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_checked_else_twenty_five() {
        assert_eq!(preselect(None, None), "25");
        assert_eq!(preselect(Some("100"), None), "100");
        assert_eq!(preselect(Some("other"), Some("0.20")), "other");
        assert_eq!(preselect(None, Some("12")), "other");
        assert_eq!(preselect(Some("33"), Some(" ")), "25");
    }
}
