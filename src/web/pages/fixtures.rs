//! Wallets that the tests of pages begin with.

use jiff::tz::TimeZone;

use crate::app::overview::{Billable, Frozen, Overview, PaymentState, Subscription, SubscriptionState};
use crate::app::transactions::{Reference, Transaction, TransactionType};
use crate::ledger::{Call, CallEnd, CallOutcome, CallStatus, Direction, Placement, Source};
use crate::payments::bill::{Bill, Billed, Returned};
use crate::payments::card::SavedCard;
use crate::payments::request::{Asked, Due, RequestKind, RequestStatus};
use crate::pricing::{ExcessMode, HoldPolicy, PurchaseMode, Rates, Standing, Terms};
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};
use crate::web::dates::Calendar;
use crate::web::shell::Frame;

/// $29 a month with 100 minutes and add-on packs.
pub(in crate::web) fn starter_terms() -> Terms {
    Terms {
        name: "Starter".into(),
        price: MilliCents(2_900_000),
        meter: Meter::Minutes,
        included: 6_000,
        rates: Rates::default(),
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds(3_600),
        hold: HoldPolicy::Buffer(60),
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(0),
        due_days: 1,
        grace_days: 7,
    }
}

/// The frame around Dana's pages.
pub(in crate::web) fn frame() -> Frame {
    Frame {
        viewer_name: "Dana Whitfield".into(),
        viewer_email: "owner@harbor.test".into(),
        may_buy: true,
        csrf: "token".into(),
        demo: true,
        islands: true,
        workspaces: Vec::new(),
        workspace: "ws_harbor".into(),
        visiting: false,
        overview: Ok(harbor(4_920, 0)),
    }
}

/// A saved card.
pub(in crate::web) fn visa() -> SavedCard {
    SavedCard {
        workspace: WorkspaceId(1),
        payment_method: "pm_visa".into(),
        customer: "cus_1".into(),
        brand: "visa".into(),
        last4: "4242".into(),
        exp_month: 8,
        exp_year: 2028,
        asked_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

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
        billable: Billable::default(),
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

/// A call at 10:34 that changed credits by so many milli-cents and the allowance by so many seconds.
pub(in crate::web) fn charged_call(credits: i64, secs: i64) -> Transaction {
    Transaction {
        id: "txn_1".into(),
        seq: 41,
        kind: TransactionType::Call,
        occurred_at: "2026-11-20T15:34:00Z".parse().unwrap(),
        recorded_at: "2026-11-20T15:34:00Z".parse().unwrap(),
        amount: MilliCents(credits),
        amount_secs: secs,
        amount_calls: 0,
        excess: MilliCents(0),
        paid_by: vec![Source::Allowance, Source::Credits],
        balance: MilliCents(4_723_000),
        allowance_units: 1_020,
        packs_secs: 8_460,
        packs_calls: 0,
        reference: Reference { kind: "call", id: "call_8Kq2vTz4".into() },
        description: "Call from (312) 555-0176".into(),
        detail: "5 min 42 s, agent Front desk".into(),
    }
}

/// A call from +1 312 555 0176 that has been open since 10:36, with eight minutes held.
pub(in crate::web) fn open_call() -> Call {
    let placement = Placement {
        id: "call_8Kq2vTz4".into(),
        direction: Direction::Inbound,
        agent: Some("Front desk".into()),
        from: Some("+13125550176".into()),
        to: None,
        recording: false,
        metadata: None,
    };
    Call {
        fingerprint: placement.fingerprint(),
        placement,
        snapshot: 1,
        meter: Meter::Minutes,
        held_units: 480,
        hold_mc: None,
        connected: Some(Seconds(372)),
        status: CallStatus::Reserved,
        created_at: "2026-11-20T15:36:00Z".parse().unwrap(),
        expires_at: "2026-11-20T16:46:00Z".parse().unwrap(),
        end: None,
    }
}

/// The same call, ended with so many connected seconds after 14 of ringing; 0 are not answered.
pub(in crate::web) fn ended_call(billed: i64) -> Call {
    let answered = billed > 0;
    let end = CallEnd {
        outcome: if answered { CallOutcome::Answered } else { CallOutcome::NoAnswer },
        duration: Seconds(billed + 14),
        billed: Seconds(billed),
        credits: MilliCents(0),
        excess: MilliCents(0),
        overrun: Seconds(0),
        lapsed: false,
        late: Seconds(0),
        seq: answered.then_some(1_203),
        ended_at: "2026-11-20T15:43:20Z".parse().unwrap(),
    };
    let status = if answered { CallStatus::Settled } else { CallStatus::Released };
    Call { status, end: Some(end), ..open_call() }
}

/// Medium, applied yesterday and due today: $10.00, pending.
pub(in crate::web) fn bill() -> Bill {
    let asked =
        Asked { title: "Medium".into(), price: MilliCents(1_000_000), excess: MilliCents(0), carried: MilliCents(0) };
    let due = Due { at: "2026-11-20T16:20:00Z".parse().unwrap(), blocks_at: "2026-11-27T16:20:00Z".parse().unwrap() };
    Bill {
        id: "req_1".into(),
        what: Billed::Request { kind: RequestKind::Pack, asked, period: None, due },
        amount: MilliCents(1_000_000),
        status: RequestStatus::Pending,
        payment_intent: None,
        returned: Returned::default(),
        issued_at: "2026-11-19T16:20:00Z".parse().unwrap(),
        closed_at: None,
        paid_by: None,
        receipt_url: None,
    }
}
