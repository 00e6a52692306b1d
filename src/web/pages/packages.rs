//! `/billing/packages`: every package with what is left of it (SPEC §2.3).

mod refund;

pub(in crate::web::pages) use refund::unused_words;
pub use refund::{Asking, NotRefunded, Outcome};

use std::collections::HashSet;

use leptos::either::EitherOf3;
use leptos::prelude::*;
use refund::{OutcomeAlert, RefundDialog};

use crate::app::overview::{Package, PackageSource, PackageState};
use crate::app::packages::package_title;
use crate::units::{Meter, MilliCents, grouped};
use crate::web::components::{Bar, Broken, Pill, PillTone, SectionError, Segment, Source};
use crate::web::dates::Calendar;
use crate::web::pages::frozen::why_frozen;
use crate::web::shell::{Frame, PageHead, Place, Shell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PackagesView {
    /// Every package of the workspace, oldest first.
    pub packages: Result<Vec<Package>, SectionError>,
    /// The viewer may refund what is unused.
    pub may_refund: bool,
    /// The dialog that was asked for.
    pub asking: Option<Asking>,
    /// What became of a refund that was asked for.
    pub outcome: Option<Outcome>,
}

impl PackagesView {
    /// The list alone.
    pub fn of(packages: Result<Vec<Package>, SectionError>) -> Self {
        Self { packages, may_refund: false, asking: None, outcome: None }
    }
}

/// The page.
pub fn packages_page(frame: Frame, view: PackagesView) -> impl IntoView {
    let calendar = frame.calendar();
    let agency = frame.overview.as_ref().map(|overview| overview.agency_name.clone()).unwrap_or_default();
    let why_frozen = frame.overview.as_ref().map(why_frozen).unwrap_or_default();
    let meter = frame.overview.as_ref().map(|overview| overview.standing.meter).unwrap_or_default();
    let can_buy = frame.self_service();
    let noun = meter.noun();
    let may_refund = view.may_refund;
    let csrf = frame.csrf.clone();
    let dialog = view.asking.map(|asking| view! { <RefundDialog asking=asking csrf=csrf /> }.into_any());
    let line = format!("Extra {noun} never expire. Calls use them after your plan {noun}, oldest package first.");
    view! {
        <Shell frame=frame place=Place::Packages dialog=dialog>
            <PageHead title="Packages" line=line>
                <a href="/billing">"Wallet"</a>
                {can_buy.then(|| view! { <BuyMore meter=meter primary=true /> })}
            </PageHead>
            {view.outcome.map(|outcome| view! { <OutcomeAlert outcome=outcome /> })}
            {match (view.packages, calendar) {
                (Ok(packages), Some(_)) if packages.is_empty() => {
                    EitherOf3::A(view! { <NoPackages meter=meter can_buy=can_buy /> })
                }
                (Ok(packages), Some(calendar)) => {
                    EitherOf3::B(
                        view! {
                            <Totals packages=packages.clone() meter=meter calendar=calendar.clone() />
                            <List
                                packages=packages
                                calendar=calendar.clone()
                                agency=agency
                                why_frozen=why_frozen
                                may_refund=may_refund
                            />
                            <p class="foot">
                                {format!(
                                    "Times in {}. Without an active plan, remaining {noun} are frozen and come back \
                                     when you subscribe again.",
                                    calendar.zone(),
                                )}
                            </p>
                        },
                    )
                }
                _ => {
                    EitherOf3::C(
                        view! {
                            <section class="card" aria-label="Packages">
                                <Broken what="The packages" retry="/billing/packages" />
                            </section>
                        },
                    )
                }
            }}
        </Shell>
    }
}

#[component]
fn BuyMore(meter: Meter, primary: bool) -> impl IntoView {
    let class = if primary { "button primary" } else { "button" };
    view! {
        <a class=class href="/billing?buy=minutes">
            {format!("Buy more {}", meter.noun())}
        </a>
    }
}

#[component]
fn NoPackages(meter: Meter, can_buy: bool) -> impl IntoView {
    view! {
        <section class="card" aria-label="Packages">
            <div class="empty">
                <strong>"No packages yet"</strong>
                <p>{format!("Extra {} you buy appear here, with what is left of each.", meter.noun())}</p>
                {can_buy.then(|| view! { <BuyMore meter=meter primary=false /> })}
            </div>
        </section>
    }
}

/// The four figures above the list.
#[component]
fn Totals(packages: Vec<Package>, meter: Meter, calendar: Calendar) -> impl IntoView {
    let left = meter.pieces_down(left_in(&packages, PackageState::Active, meter));
    let frozen = frozen_figures(&packages, meter);
    let active = packages.iter().filter(|it| it.state == PackageState::Active).count();
    let spent = spent_within_a_year(&packages, &calendar);
    view! {
        <dl class="panel totals">
            <div>
                <dt>{format!("Extra {} left", meter.noun())}</dt>
                <dd>{grouped(left)}" "<span>{meter.unit(left)}</span></dd>
            </div>
            <div>
                <dt>"Active packages"</dt>
                <dd>{active}</dd>
            </div>
            <div>
                <dt>"Frozen"</dt>
                {frozen
                    .into_iter()
                    .map(|(left, unit)| view! { <dd>{grouped(left)}" "<span>{unit}</span></dd> })
                    .collect_view()}
            </div>
            <div>
                <dt>"Bought in the last 12 months"</dt>
                <dd>{spent.to_string()}</dd>
            </div>
        </dl>
    }
}

fn left_in(packages: &[Package], state: PackageState, meter: Meter) -> i64 {
    packages.iter().filter(|it| it.state == state && it.meter == meter).map(|it| it.remaining).sum()
}

/// Frozen units of each kind with the unit's name; zero of the plan's own where nothing is frozen.
fn frozen_figures(packages: &[Package], meter: Meter) -> Vec<(i64, &'static str)> {
    let figure = |meter: Meter| {
        let left = meter.pieces_down(left_in(packages, PackageState::Frozen, meter));
        (left, meter.unit(left))
    };
    let found: Vec<_> = [Meter::Minutes, Meter::Calls].map(figure).into_iter().filter(|(left, _)| *left > 0).collect();
    if found.is_empty() { vec![figure(meter)] } else { found }
}

fn spent_within_a_year(packages: &[Package], calendar: &Calendar) -> MilliCents {
    MilliCents(packages.iter().filter(|package| calendar.within_a_year(package.added_at)).map(|it| it.price.0).sum())
}

#[component]
fn List(
    packages: Vec<Package>,
    calendar: Calendar,
    agency: String,
    why_frozen: String,
    /// Each purchase with something left leads to its refund.
    may_refund: bool,
) -> impl IntoView {
    let in_state = |state: PackageState| packages.iter().filter(move |it| it.state == state).cloned();
    let active: Vec<_> = in_state(PackageState::Active).collect();
    let frozen: Vec<_> = in_state(PackageState::Frozen).collect();
    // Finished packages are history: newest first.
    let over = |it: &&Package| matches!(it.state, PackageState::UsedUp | PackageState::Refunded);
    let finished: Vec<_> = packages.iter().filter(over).rev().cloned().collect();
    let groups = [
        ("Active", "in the order they are used".to_owned(), active),
        ("Frozen", why_frozen, frozen),
        ("Finished", String::new(), finished),
    ];
    view! {
        <div class="card">
            <table class="table packages" aria-label="Packages">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Package"</th>
                        <th role="columnheader" scope="col">"Added"</th>
                        <th role="columnheader" scope="col" class="amount">"Granted"</th>
                        <th role="columnheader" scope="col" class="amount">"Used"</th>
                        <th role="columnheader" scope="col">"Remaining"</th>
                        <th role="columnheader" scope="col" class="amount">"Price"</th>
                        <th role="columnheader" scope="col">"State"</th>
                    </tr>
                </thead>
                {groups
                    .into_iter()
                    .filter(|(_, _, members)| !members.is_empty())
                    .map(|(name, remark, members)| {
                        view! {
                            <tbody role="rowgroup">
                                <tr role="row" class="group">
                                    <th role="rowheader" scope="rowgroup" colspan="7">
                                        {name}
                                        " "
                                        <span>{remark}</span>
                                    </th>
                                </tr>
                                {rows(members, &calendar, &agency, may_refund)}
                            </tbody>
                        }
                    })
                    .collect_view()}
            </table>
        </div>
    }
}

fn rows(packages: Vec<Package>, calendar: &Calendar, agency: &str, may_refund: bool) -> impl IntoView + use<> {
    let mut offered = HashSet::new();
    packages
        .into_iter()
        .enumerate()
        .map(|(place, package)| {
            let (tone, state) = state_words(&package, place == 0, calendar);
            let meter = package.meter;
            let used = package.granted - package.remaining - package.taken;
            let from = source_words(package.source, agency);
            let price = package.price.to_string();
            // A list that begins with the transaction.
            let transaction = format!("/billing/transactions?before={}", package.added_by_seq + 1);
            let unit = unit_price(&package);
            // Once for each purchase, whose packages are refunded together.
            let purchase = package.refundable().filter(|it| may_refund && offered.insert(it.clone()));
            // On a phone the second line carries the price, which has no column there.
            let receipt = package.receipt_url.clone().map(|url| {
                let label = format!("Receipt for {}", name(&package));
                view! {
                    ", "
                    <a href=url rel="noreferrer" aria-label=label>
                        "Receipt"
                    </a>
                }
            });
            let line = view! { {from} {receipt} <span class="phone">" · "{price.clone()}</span> };
            view! {
                <tr role="row">
                    <td role="cell" class="what">
                        <strong>{name(&package)}</strong>
                        <small>{line}</small>
                    </td>
                    <td role="cell" class="added">
                        <a href=transaction>{calendar.moment(package.added_at)}</a>
                        <small>{package.added_by.clone().unwrap_or_else(|| "–".to_owned())}</small>
                    </td>
                    <td role="cell" class="amount">{meter.short(package.granted)}</td>
                    <td role="cell" class="amount">{meter.short_up(used)}</td>
                    <td role="cell" class="left">
                        <div>
                            <Bar segments=vec![Segment::of(Source::Packs, package.remaining)] whole=package.granted />
                            <span>{meter.short(package.remaining)}</span>
                        </div>
                    </td>
                    <td role="cell" class="amount price">{price} <small>{unit}</small></td>
                    <td role="cell" class="state">
                        <Pill tone=tone words=state />
                        {purchase.map(|purchase| view! { <RefundLink purchase=purchase /> })}
                    </td>
                </tr>
            }
        })
        .collect_view()
}

#[component]
fn RefundLink(purchase: String) -> impl IntoView {
    view! {
        <a class="refund" href=format!("/billing/packages?refund={purchase}")>
            "Refund unused"
        </a>
    }
}

/// `Medium 100`
pub(in crate::web::pages) fn name(package: &Package) -> String {
    package_title(&package.name, package.meter, package.granted, package.source == PackageSource::Grant)
}

/// `Stripe`, `Applied by Brightline Voice`, `Free grant`
pub(in crate::web::pages) fn source_words(source: PackageSource, agency: &str) -> String {
    match source {
        PackageSource::Stripe => "Stripe".to_owned(),
        PackageSource::Agency => format!("Applied by {agency}"),
        PackageSource::Grant => "Free grant".to_owned(),
    }
}

/// `$0.10 per min`, rounded up to the cent; nothing where nothing was paid.
fn unit_price(package: &Package) -> String {
    let pieces = package.meter.pieces_down(package.granted).max(1);
    if package.price.0 == 0 {
        return "–".to_owned();
    }
    let each = MilliCents((package.price.0 + pieces - 1) / pieces);
    format!("{} per {}", MilliCents::from_cents(each.cents_up()), package.meter.unit(1))
}

fn state_words(package: &Package, first: bool, calendar: &Calendar) -> (PillTone, String) {
    match package.state {
        PackageState::Active if first => (PillTone::On, "Active, used next".to_owned()),
        PackageState::Active => (PillTone::On, "Active".to_owned()),
        PackageState::Frozen => (PillTone::Amber, "Frozen".to_owned()),
        PackageState::UsedUp => {
            let day = package.used_up_at.map(|at| format!(" {}", calendar.day(at))).unwrap_or_default();
            (PillTone::Neutral, format!("Used up{day}"))
        }
        PackageState::Refunded => {
            let day = package.used_up_at.map(|at| format!(" {}", calendar.day(at))).unwrap_or_default();
            (PillTone::Neutral, format!("Refunded{day}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn package(source: PackageSource, state: PackageState) -> Package {
        Package {
            id: "lot_1".into(),
            name: "Medium".into(),
            meter: Meter::Minutes,
            granted: 6_000,
            remaining: 2_460,
            taken: 0,
            price: MilliCents(1_000_000),
            source,
            purchase: None,
            added_by: None,
            added_by_seq: 7,
            added_at: "2026-10-26T13:12:00Z".parse().unwrap(),
            used_up_at: None,
            receipt_url: None,
            state,
        }
    }

    fn calendar() -> Calendar {
        Calendar::new(&TimeZone::get("America/New_York").unwrap(), "2026-11-20T15:42:18Z".parse().unwrap())
    }

    #[test]
    fn a_package_says_what_it_is_and_what_it_cost() {
        let bought = package(PackageSource::Stripe, PackageState::Active);
        assert_eq!(name(&bought), "Medium 100");
        assert_eq!(unit_price(&bought), "$0.10 per min");
        let hundred = Package { name: "100 minutes".into(), ..bought.clone() };
        assert_eq!(name(&hundred), "100 minutes");
        let grant = Package { price: MilliCents(0), ..package(PackageSource::Grant, PackageState::Active) };
        assert_eq!((name(&grant), unit_price(&grant)), ("Medium".into(), "–".into()));
        assert_eq!(source_words(PackageSource::Agency, "Brightline Voice"), "Applied by Brightline Voice");
    }

    #[test]
    fn the_state_names_the_next_one_and_the_day_of_the_last_unit() {
        let active = package(PackageSource::Stripe, PackageState::Active);
        assert_eq!(state_words(&active, true, &calendar()).1, "Active, used next");
        assert_eq!(state_words(&active, false, &calendar()).1, "Active");
        let used_up = Package {
            used_up_at: Some("2026-10-22T15:00:00Z".parse().unwrap()),
            ..package(PackageSource::Stripe, PackageState::UsedUp)
        };
        assert_eq!(state_words(&used_up, true, &calendar()).1, "Used up Oct 22");
    }

    #[test]
    fn spending_counts_the_last_twelve_months() {
        let old = Package {
            added_at: "2025-10-26T13:12:00Z".parse().unwrap(),
            ..package(PackageSource::Stripe, PackageState::UsedUp)
        };
        let all = [old, package(PackageSource::Stripe, PackageState::Active)];
        assert_eq!(spent_within_a_year(&all, &calendar()).to_string(), "$10.00");
    }
}
