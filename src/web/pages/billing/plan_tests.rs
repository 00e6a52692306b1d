//! The words of a plan through its life.

use super::*;
use crate::app::overview::SubscriptionState::{Active, Canceled, Ending};
use crate::units::MilliCents;
use crate::web::pages::fixtures::{calendar, harbor, in_state, northwind, pipeline};

fn ending_at(mut overview: Overview, state: SubscriptionState, at: &str) -> Overview {
    overview = in_state(overview, state);
    overview.subscription.as_mut().unwrap().ends_at = Some(at.parse().unwrap());
    overview
}

#[test]
fn the_line_says_what_comes_next_or_what_a_minute_costs() {
    let line = |overview: &Overview| line(overview, &calendar());
    assert_eq!(line(&harbor(0, 0)), "Starter plan, renews Dec 6");
    assert_eq!(line(&pipeline(137, 0)), "Analyst plan, renews Dec 6");
    let mut flat = northwind(MilliCents(188_000));
    assert_eq!(line(&flat), "Flat plan, $0.05 per connected minute");
    flat.rates.recording = MilliCents(2_000);
    assert_eq!(line(&flat), "Flat plan, up to $0.07 per connected minute");
    assert_eq!(line(&ending_at(harbor(0, 0), Active, "2026-12-06T05:00:00Z")), "Starter plan, ends Dec 6");
    assert_eq!(line(&in_state(harbor(0, 0), Ending)), "Starter plan, ending");
    assert_eq!(line(&ending_at(flat, Canceled, "2026-11-06T05:00:00Z")), "Flat plan, ended Nov 6");
}

#[test]
fn an_ended_plan_leaves_its_rates() {
    let words = |overview: &Overview| ended(overview.subscription.as_ref().unwrap(), overview, &calendar());
    let flat = ending_at(northwind(MilliCents(188_000)), Canceled, "2026-11-06T05:00:00Z");
    assert_eq!(words(&flat), "Your plan ended on Nov 6; credits go on working at its rates.");
    let starter = in_state(harbor(0, 0), Canceled);
    assert_eq!(words(&starter), "Your plan has ended. Ask Brightline Voice to start a new one.");
}

#[test]
fn a_plan_that_will_end_or_change_says_what_comes_instead_of_a_reset() {
    let words = |overview: Overview| then(&overview.subscription.unwrap(), &calendar());
    assert_eq!(words(harbor(0, 0)), None);
    let at_end = ending_at(harbor(0, 0), Active, "2026-12-06T05:00:00Z");
    assert_eq!(words(at_end).as_deref(), Some("Ends Dec 6, no further reset"));
    assert_eq!(words(in_state(harbor(0, 0), Ending)).as_deref(), Some("Ends with the calls in progress"));
    let mut changing = harbor(0, 0);
    changing.subscription.as_mut().unwrap().next_plan = Some("Growth".into());
    assert_eq!(words(changing).as_deref(), Some("Changes to Growth on Dec 6"));
}
