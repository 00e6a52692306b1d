//! `/settings?tab=alerts`: from where on the balance is low, and who is told what.

use leptos::prelude::*;

use super::{Settings, Tab};
use crate::notify::alert::Alert;
use crate::web::components::{Alert as Notice, Broken, SectionError, Tone};
use crate::web::shell::Frame;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct AlertsView {
    /// The form as it stands, or as it was typed.
    pub form: Result<AlertsForm, SectionError>,
    /// Who looks may change it.
    pub may_change: bool,
    /// It has just been saved.
    pub saved: bool,
}

/// The settings as text.
#[derive(Clone, Debug, Default)]
pub struct AlertsForm {
    /// Low is below so many dollars; empty: not by money.
    pub below: String,
    /// Low is where fewer calls fit; empty: not by calls.
    pub below_calls: String,
    /// What is wrong with the amount.
    pub wrong_below: Option<String>,
    /// What is wrong with the number of calls.
    pub wrong_calls: Option<String>,
    /// Who can be told.
    pub members: Vec<MemberRow>,
}

/// A member and what they are told.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Public id, `usr_…`.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// In the order of [`Alert::ALL`].
    pub wants: [bool; 4],
}

const fn title(alert: Alert) -> &'static str {
    match alert {
        Alert::Low => "Low balance",
        Alert::Paused => "Calls paused",
        Alert::RechargeFailed => "Recharge failed",
        Alert::Receipt => "Receipts",
    }
}

/// The page.
pub fn alerts_page(frame: Frame, view: AlertsView) -> impl IntoView {
    let csrf = frame.csrf.clone();
    let by_money = frame.overview.as_ref().is_ok_and(|overview| overview.rates.any());
    let AlertsView { form, may_change, saved } = view;
    view! {
        <Settings frame=frame tab=Tab::Alerts dialog=None>
            {saved
                .then(|| {
                    let sentence = "Each crossing is told once, by mail.";
                    view! { <Notice tone=Tone::Success title="Alerts saved" sentence=sentence action=None /> }
                })}
            <section class="card" aria-labelledby="alerts">
                <div class="card-title">
                    <h2 id="alerts">"Alerts"</h2>
                </div>
                {match form {
                    Ok(form) => {
                        view! { <Form form=form csrf=csrf may_change=may_change by_money=by_money /> }.into_any()
                    }
                    Err(SectionError) => {
                        view! { <Broken what="The alerts" retry="/settings?tab=alerts" /> }.into_any()
                    }
                }}
            </section>
        </Settings>
    }
}

#[component]
fn Form(form: AlertsForm, csrf: String, may_change: bool, by_money: bool) -> impl IntoView {
    let AlertsForm { below, below_calls, wrong_below, wrong_calls, members } = form;
    view! {
        <form class="alerts" method="post" action="/settings/alerts">
            <input type="hidden" name="csrf" value=csrf />
            <fieldset disabled=!may_change>
                <legend class="unseen">"When the balance is low"</legend>
                <div class="low">
                    {by_money
                        .then(|| {
                            view! { <Number name="below" label="Tell below this balance, in dollars" value=below wrong=wrong_below /> }
                        })}
                    <Number
                        name="below_calls"
                        label="Tell when fewer calls than this fit"
                        value=below_calls
                        wrong=wrong_calls
                    />
                </div>
                <p class="help">
                    "Leave a field empty to not be told by it. Running calls do not count: what they hold comes back or is \
                     used."
                </p>
            </fieldset>
            <fieldset disabled=!may_change>
                <legend class="unseen">"Who is told"</legend>
                <Recipients members=members />
            </fieldset>
            <div class="card-end">
                <p>"By mail, once for each crossing. Receipts come with each payment."</p>
                {if may_change {
                    view! {
                        <button class="button primary" type="submit">
                            "Save alerts"
                        </button>
                    }
                        .into_any()
                } else {
                    "Owners and billing members change this.".into_any()
                }}
            </div>
        </form>
    }
}

/// A field that may stay empty.
#[component]
fn Number(name: &'static str, label: &'static str, value: String, wrong: Option<String>) -> impl IntoView {
    let wrong_id = format!("{name}-wrong");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type="text"
                inputmode="decimal"
                autocomplete="off"
                maxlength="12"
                value=value
                aria-invalid=wrong.is_some().then_some("true")
                aria-describedby=wrong.is_some().then(|| wrong_id.clone())
            />
            {wrong.map(|wrong| view! { <p class="wrong" id=wrong_id role="alert">{wrong}</p> })}
        </div>
    }
}

#[component]
fn Recipients(members: Vec<MemberRow>) -> impl IntoView {
    let rows = members.into_iter().map(|member| {
        let boxes = Alert::ALL.into_iter().zip(member.wants).map(|(alert, wants)| {
            let label = format!("{} for {}", title(alert), member.name);
            view! {
                <td role="cell">
                    <label>
                        <input
                            type="checkbox"
                            name=alert.as_str()
                            value=member.id.clone()
                            checked=wants
                            aria-label=label
                        />
                        <span aria-hidden="true">{title(alert)}</span>
                    </label>
                </td>
            }
        });
        let boxes = boxes.collect_view();
        view! {
            <tr role="row">
                <td role="cell" class="what">
                    <strong>{member.name.clone()}</strong>
                    <small>{member.email.clone()}</small>
                </td>
                {boxes}
            </tr>
        }
    });
    view! {
        <table class="table alert-recipients" aria-label="Who is told what">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Member"</th>
                    {Alert::ALL
                        .map(|alert| view! { <th role="columnheader" scope="col">{title(alert)}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
}
