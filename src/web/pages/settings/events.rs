//! The part of `/settings?tab=api` about events: where they go, and what became of each.

use leptos::prelude::*;

use crate::notify::events::{Delivery, Endpoint, EventType};
use crate::web::components::{Broken, Field, FieldKind, Icon, Pill, PillTone, SectionError};
use crate::web::dates::Calendar;

/// What an owner sees of events.
#[derive(Clone, Debug)]
pub struct EventsView {
    /// Every endpoint, oldest first.
    pub endpoints: Result<Vec<Endpoint>, SectionError>,
    /// The newest deliveries.
    pub deliveries: Result<Vec<ShownDelivery>, SectionError>,
    /// A secret that was just made.
    pub fresh: Option<String>,
    /// The form for another endpoint.
    pub form: EndpointForm,
    /// The endpoint that is about to be removed.
    pub removing: Option<Endpoint>,
}

/// A delivery under its event's public id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownDelivery {
    /// `evt_…`
    pub event: String,
    /// What became of it.
    pub delivery: Delivery,
}

/// The form for a new endpoint, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointForm {
    /// One-use key of the form: sent twice, it adds one endpoint.
    pub form_key: String,
    /// Its address.
    pub url: String,
    /// What it is told.
    pub types: Vec<EventType>,
    /// What is wrong with the address.
    pub wrong_url: Option<String>,
    /// What is wrong with the choice of types.
    pub wrong_types: Option<String>,
}

/// The cards, and the dialog over them.
pub(super) fn events_cards(view: EventsView, calendar: Option<Calendar>, csrf: &str) -> AnyView {
    let EventsView { endpoints, deliveries, fresh, form, .. } = view;
    view! {
        {fresh.map(|text| view! { <FreshSecret text=text /> })}
        <Endpoints endpoints=endpoints calendar=calendar.clone() csrf=csrf.to_owned() />
        <Add form=form csrf=csrf.to_owned() />
        <Log deliveries=deliveries calendar=calendar csrf=csrf.to_owned() />
    }
    .into_any()
}

/// What an event is about, as the form says it.
const fn about(kind: EventType) -> &'static str {
    match kind {
        EventType::WalletLow => "One more call fits",
        EventType::WalletPaused => "No further call fits",
        EventType::WalletResumed => "Calls fit again",
        EventType::WalletCredited => "Credits or packages were added",
        EventType::RechargeFailed => "An automatic top-up failed",
        EventType::CallSettled => "A call was charged",
    }
}

/// The one time that a secret is shown.
#[component]
fn FreshSecret(text: String) -> impl IntoView {
    view! {
        <section class="alert success" role="status" aria-label="Signing secret">
            {Icon::Check.svg()}
            <div class="words">
                <strong>"Signing secret"</strong>
                <p>
                    "Copy it now and keep it safe, it is shown this once. A secret before it signs beside it for 24 hours."
                </p>
                <code class="secret">{text}</code>
            </div>
        </section>
    }
}

#[component]
fn Endpoints(
    endpoints: Result<Vec<Endpoint>, SectionError>,
    calendar: Option<Calendar>,
    csrf: String,
) -> impl IntoView {
    let list = match (endpoints, calendar) {
        (Ok(endpoints), _) if endpoints.is_empty() => view! {
            <div class="empty">
                <strong>"No endpoints yet"</strong>
                <p>"With an endpoint your own programs hear of low balances, paused calls, credits and charges."</p>
                <a class="button" href="#url">
                    "Add an endpoint"
                </a>
            </div>
        }
        .into_any(),
        (Ok(endpoints), Some(calendar)) => {
            let rows = endpoints.into_iter().map(|endpoint| endpoint_row(endpoint, &calendar, &csrf)).collect_view();
            view! { <Table label="endpoints" heads=["Endpoint", "Added", "State"] rows=rows.into_any() /> }.into_any()
        }
        _ => view! { <Broken what="The endpoints" retry="/settings?tab=api" /> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="endpoints">
            <div class="card-title">
                <h2 id="endpoints">"Event endpoints"</h2>
            </div>
            {list}
        </section>
    }
}

/// A table of three columns and what can be done.
#[component]
fn Table(label: &'static str, heads: [&'static str; 3], rows: AnyView) -> impl IntoView {
    let heads = heads.map(|head| view! { <th role="columnheader" scope="col">{head}</th> }).collect_view();
    view! {
        <table class="table events" aria-labelledby=label>
            <thead role="rowgroup">
                <tr role="row">
                    {heads} <th role="columnheader" scope="col">
                        <span class="unseen">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn endpoint_row(endpoint: Endpoint, calendar: &Calendar, csrf: &str) -> impl IntoView + use<> {
    let types = endpoint.types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let (tone, state) = match endpoint.disabled_at {
        Some(since) => (PillTone::Neutral, format!("Disabled {}", calendar.day(since))),
        None if !endpoint.has_secret => (PillTone::Amber, "Needs a secret".to_owned()),
        None => (PillTone::On, "Enabled".to_owned()),
    };
    let (switch, word) = match endpoint.disabled_at {
        Some(_) => ("/settings/endpoints/enable", "Enable"),
        None => ("/settings/endpoints/disable", "Disable"),
    };
    let secret = if endpoint.has_secret { "New secret" } else { "Show secret" };
    let act = |action: &'static str, word: &'static str| {
        let label = format!("{word}: {}", endpoint.url);
        view! {
            <form method="post" action=action>
                <input type="hidden" name="csrf" value=csrf.to_owned() />
                <input type="hidden" name="endpoint" value=endpoint.id.clone() />
                <button class="button small" type="submit" aria-label=label>
                    {word}
                </button>
            </form>
        }
    };
    let acts = view! { {act("/settings/endpoints/secret", secret)} {act(switch, word)} };
    let remove = format!("/settings?tab=api&remove={}", endpoint.id);
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <strong>{endpoint.url.clone()}</strong>
                <small>{types}</small>
            </td>
            <td role="cell" class="since">
                <span class="phone">"Added "</span>
                {calendar.day(endpoint.created_at)}
            </td>
            <td role="cell" class="state">
                <Pill tone=tone words=state />
            </td>
            <td role="cell" class="acts">
                {acts}
                <a class="button small danger" href=remove aria-label=format!("Remove {}", endpoint.url)>
                    "Remove"
                </a>
            </td>
        </tr>
    }
}

#[component]
fn Add(form: EndpointForm, csrf: String) -> impl IntoView {
    let described = form.wrong_types.is_some().then_some("types-wrong");
    let types = EventType::ALL.map(|kind| {
        let checked = form.types.contains(&kind);
        view! {
            <label class="check">
                <input type="checkbox" name="type" value=kind.as_str() checked=checked />
                <span>
                    <strong>{kind.as_str()}</strong>
                    <small>{about(kind)}</small>
                </span>
            </label>
        }
    });
    view! {
        <section class="card" aria-labelledby="add-endpoint">
            <div class="card-title">
                <h2 id="add-endpoint">"Add an endpoint"</h2>
            </div>
            <form class="card-form" method="post" action="/settings/endpoints">
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="form_key" value=form.form_key />
                <Field
                    kind=FieldKind::Url
                    name="url"
                    label="Address"
                    help="Begins with https:// and is reachable from the internet. Events are signed as Standard Webhooks says."
                    value=form.url
                    wrong=form.wrong_url
                />
                <fieldset class="field" aria-describedby=described>
                    <legend>"Events"</legend>
                    {types.collect_view()}
                    {form.wrong_types.map(|wrong| view! { <p class="wrong" id="types-wrong" role="alert">{wrong}</p> })}
                </fieldset>
                <button class="button primary" type="submit">
                    "Add endpoint"
                </button>
            </form>
        </section>
    }
}

#[component]
fn Log(
    deliveries: Result<Vec<ShownDelivery>, SectionError>,
    calendar: Option<Calendar>,
    csrf: String,
) -> impl IntoView {
    let zone = calendar.as_ref().map(|calendar| format!("Times in {}", calendar.zone()));
    let list = match (deliveries, calendar) {
        (Ok(deliveries), _) if deliveries.is_empty() => view! {
            <div class="empty">
                <strong>"Nothing sent yet"</strong>
                <p>"Each event that an endpoint wants stands here with what became of it, for 30 days."</p>
            </div>
        }
        .into_any(),
        (Ok(deliveries), Some(calendar)) => {
            let rows = deliveries.into_iter().map(|it| delivery_row(it, &calendar, &csrf)).collect_view();
            view! { <Table label="deliveries" heads=["Event", "When", "Result"] rows=rows.into_any() /> }.into_any()
        }
        _ => view! { <Broken what="The deliveries" retry="/settings?tab=api" /> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="deliveries">
            <div class="card-title">
                <h2 id="deliveries">"Deliveries"</h2>
                {zone.map(|zone| view! { <h3>{zone}</h3> })}
            </div>
            {list}
        </section>
    }
}

fn delivery_row(shown: ShownDelivery, calendar: &Calendar, csrf: &str) -> impl IntoView + use<> {
    let ShownDelivery { event, delivery } = shown;
    let (tone, state) = standing(&delivery);
    let detail = details(&delivery, calendar);
    let label = format!("Resend {} of {}", delivery.kind, calendar.moment(delivery.occurred_at));
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <strong>{delivery.kind}</strong>
                <small>{delivery.url}</small>
            </td>
            <td role="cell" class="since">{calendar.moment(delivery.occurred_at)}</td>
            <td role="cell" class="state">
                <Pill tone=tone words=state />
                <small>{detail}</small>
            </td>
            <td role="cell" class="acts">
                <form method="post" action="/settings/deliveries/resend">
                    <input type="hidden" name="csrf" value=csrf.to_owned() />
                    <input type="hidden" name="endpoint" value=delivery.endpoint />
                    <input type="hidden" name="event" value=event />
                    <button class="button small" type="submit" aria-label=label>
                        "Resend"
                    </button>
                </form>
            </td>
        </tr>
    }
}

/// How a delivery stands.
fn standing(delivery: &Delivery) -> (PillTone, &'static str) {
    match (delivery.delivered_at, delivery.next_attempt_at) {
        (Some(_), _) => (PillTone::On, "Delivered"),
        (None, Some(_)) if delivery.status.is_none() && delivery.error.is_none() => (PillTone::Neutral, "Waiting"),
        (None, Some(_)) => (PillTone::Amber, "Retrying"),
        (None, None) => (PillTone::Red, "Given up"),
    }
}

/// `503 · 2 attempts · next try Nov 20, 10:39`
fn details(delivery: &Delivery, calendar: &Calendar) -> String {
    let answer = delivery.status.map(|status| status.to_string()).or_else(|| delivery.error.clone());
    let attempts = match delivery.attempts {
        0 => None,
        1 => Some("1 attempt".to_owned()),
        more => Some(format!("{more} attempts")),
    };
    let next = delivery.next_attempt_at.map(|at| format!("next try {}", calendar.moment(at)));
    [answer, attempts, next].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Says what is lost before it is.
#[component]
pub(super) fn RemoveEndpoint(endpoint: Endpoint, csrf: String) -> impl IntoView {
    view! {
        <dialog class="dialog" open aria-labelledby="dialog-title">
            <div class="dialog-title">
                <h2 id="dialog-title">"Remove this endpoint?"</h2>
                <a class="close" href="/settings?tab=api" aria-label="Close">
                    {Icon::Close.svg()}
                </a>
            </div>
            <p class="dialog-line">
                {endpoint.url}
                " is told nothing more. What is on its way to it, its delivery log and its secret are lost. Disable it \
                instead to keep them."
            </p>
            <form class="choose" method="post" action="/settings/endpoints/remove">
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="endpoint" value=endpoint.id />
                <a class="button" href="/settings?tab=api" autofocus>
                    "Keep endpoint"
                </a>
                <button class="button danger" type="submit">
                    "Remove endpoint"
                </button>
            </form>
        </dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::fixtures::calendar;

    fn delivery() -> Delivery {
        Delivery {
            endpoint: "we_1".into(),
            url: "https://hooks.example.com/".into(),
            event_no: 7,
            kind: "wallet.low".into(),
            occurred_at: "2026-11-20T15:34:00Z".parse().unwrap(),
            attempts: 0,
            next_attempt_at: Some("2026-11-20T15:39:00Z".parse().unwrap()),
            delivered_at: None,
            status: None,
            error: None,
        }
    }

    #[test]
    fn a_delivery_says_how_it_stands() {
        let words = |delivery: &Delivery| (standing(delivery).1, details(delivery, &calendar()));
        assert_eq!(words(&delivery()), ("Waiting", "next try Nov 20, 10:39".to_owned()));
        let refused = Delivery { attempts: 2, status: Some(503), ..delivery() };
        assert_eq!(words(&refused), ("Retrying", "503 · 2 attempts · next try Nov 20, 10:39".to_owned()));
        let unheard =
            Delivery { attempts: 10, error: Some("No connection".into()), next_attempt_at: None, ..delivery() };
        assert_eq!(words(&unheard), ("Given up", "No connection · 10 attempts".to_owned()));
        let taken = Delivery {
            attempts: 1,
            status: Some(204),
            delivered_at: delivery().next_attempt_at,
            next_attempt_at: None,
            ..delivery()
        };
        assert_eq!(words(&taken), ("Delivered", "204 · 1 attempt".to_owned()));
    }
}
