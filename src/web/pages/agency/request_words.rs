//! Payment requests in words.

use crate::payments::request::{PaymentRequest, RequestKind, RequestStatus, RequestType};
use crate::units::MilliCents;
use crate::web::components::PillTone;
use crate::web::dates::Calendar;

/// `Cycle`, `Pack`
pub(super) const fn type_words(type_: RequestType) -> &'static str {
    match type_ {
        RequestType::Cycle => "Cycle",
        RequestType::Pack => "Pack",
    }
}

/// `Plan and usage, Nov 6 to Dec 6, $2.00 billable usage`; `Add-on pack`.
pub(super) fn about(request: &PaymentRequest, calendar: &Calendar) -> String {
    let kind = match request.kind() {
        RequestKind::Plan => "Plan",
        RequestKind::PlanAndUsage => "Plan and usage",
        RequestKind::Usage => "Usage",
        RequestKind::Pack => "Add-on pack",
    };
    let period = request.period.map(|(from, to)| match to {
        Some(to) => format!("{} to {}", calendar.day(from), calendar.day(to)),
        None => format!("to {}", calendar.day(from)),
    });
    let amount = |amount: MilliCents, what: &str| (amount.0 != 0).then(|| format!("{amount} {what}"));
    let usage = amount(request.asked.excess, "billable usage").filter(|_| request.asked.price.0 > 0);
    let carried = amount(request.asked.carried, "carried over");
    [Some(kind.to_owned()), period, usage, carried].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// How a request stands.
pub(super) fn status_words(request: &PaymentRequest, calendar: &Calendar) -> (PillTone, String) {
    let closed = request.closed_at.map(|at| format!(" {}", calendar.day(at))).unwrap_or_default();
    match request.status {
        RequestStatus::Pending => (PillTone::Amber, "Pending".to_owned()),
        RequestStatus::Overdue => (PillTone::Red, "Overdue".to_owned()),
        RequestStatus::Failed => (PillTone::Red, "Failed".to_owned()),
        RequestStatus::Paid => (PillTone::Neutral, format!("Paid{closed}")),
        RequestStatus::Canceled => (PillTone::Neutral, format!("Canceled{closed}")),
    }
}

/// How it was paid, where that is known.
pub(super) fn paid_by(request: &PaymentRequest) -> Option<String> {
    let through = request.paid_session.as_ref().map(|_| "through Checkout".to_owned());
    request.external_reference.clone().or(through)
}
