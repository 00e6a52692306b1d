//! Wallets that the tests of pages begin with.

use jiff::tz::TimeZone;

use crate::app::overview::{Frozen, Overview, PaymentState, Subscription, SubscriptionState};
use crate::pricing::{PurchaseMode, Rates, Standing};
use crate::units::{Meter, MilliCents};
use crate::web::dates::Calendar;

/// Friday morning in New York.
pub(in crate::web) fn calendar() -> Calendar {
    let overview = harbor(0, 0);
    Calendar::new(&overview.time_zone, overview.read_at)
}

/// Harbor Dental with `used_secs` of 100 minutes used and `lots` minutes in packages.
pub(in crate::web) fn harbor(used_secs: i64, lots: i64) -> Overview {
    Overview {
        workspace: "ws_harbor".into(),
        workspace_name: "Harbor <Dental>".into(),
        agency_name: "Brightline Voice".into(),
        time_zone: TimeZone::get("America/New_York").unwrap(),
        read_at: "2026-11-20T15:42:18Z".parse().unwrap(),
        standing: Standing { allowance: 6_000 - used_secs, lots: lots * 60, hold: 60, ..Standing::default() },
        subscription: Some(Subscription {
            plan_name: "Starter".into(),
            meter: Meter::Minutes,
            included: 6_000,
            used: used_secs,
            next_included: 6_000,
            resets_at: "2026-12-06T05:00:00Z".parse().unwrap(),
            state: SubscriptionState::Active,
            ends_at: None,
            next_plan: None,
            addons: true,
            purchase_mode: PurchaseMode::SelfService,
        }),
        payment: PaymentState::Current,
        rates: Rates::default(),
        holds_longest_call: false,
        debt: MilliCents(0),
        calls_in_progress: 0,
        active_packages: i64::from(lots > 0),
        frozen: Frozen::default(),
    }
}

/// Northwind Support: nothing but credits at $0.05 a minute, 60 minutes held for each call.
pub(in crate::web) fn northwind(posted: MilliCents) -> Overview {
    let rate = MilliCents(5_000);
    let standing = Standing { posted, sigma: rate, sigma_max: rate, hold: 3_600, ..Standing::default() };
    let flat = Subscription { included: 0, next_included: 0, addons: false, ..plan("Flat", Meter::Minutes) };
    let rates = Rates { voice: rate, ..Rates::default() };
    Overview { standing, subscription: Some(flat), rates, holds_longest_call: true, ..harbor(0, 0) }
}

/// Pipeline IQ with `used` of 200 calls used and `lots` calls in packages.
pub(in crate::web) fn pipeline(used: i64, lots: i64) -> Overview {
    let standing = Standing { meter: Meter::Calls, allowance: 200 - used, lots, hold: 1, ..Standing::default() };
    let analyst = Subscription { included: 200, used, next_included: 200, ..plan("Analyst", Meter::Calls) };
    Overview { standing, subscription: Some(analyst), ..harbor(0, lots) }
}

/// The same wallet with its subscription in another state.
pub(in crate::web) fn in_state(overview: Overview, state: SubscriptionState) -> Overview {
    let subscription = overview.subscription.clone().map(|subscription| Subscription { state, ..subscription });
    Overview { subscription, ..overview }
}

fn plan(name: &str, meter: Meter) -> Subscription {
    Subscription { plan_name: name.into(), meter, used: 0, ..harbor(0, 0).subscription.unwrap() }
}
