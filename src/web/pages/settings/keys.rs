//! `/settings?tab=api`: the API keys of a workspace, or of an agency. A new key's text stands on one answer and nowhere
//! else.

use jiff::Timestamp;
use leptos::prelude::*;

use super::events::{EventsView, RemoveEndpoint, events_cards};
use super::{Settings, Tab, Whose};
use crate::tenants::{Role, Scope};
use crate::web::components::{Broken, Field, FieldKind, Icon, Pill, PillTone, SectionError};
use crate::web::dates::Calendar;
use crate::web::shell::Frame;

/// What the page shows to an owner.
#[derive(Clone, Debug)]
pub struct KeysView {
    /// Every key, those that open something first.
    pub keys: Result<Vec<ShownKey>, SectionError>,
    /// The text of a key that was just made.
    pub fresh: Option<String>,
    /// The form for another one.
    pub form: KeyForm,
    /// The key that is about to be revoked.
    pub revoking: Option<ShownKey>,
}

/// A key in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownKey {
    /// Public id, `key_…`.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// The first characters of its text; empty where it was never shown.
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its last use, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// The form for a new key, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyForm {
    /// One-use key of the form: sent twice, it makes one key.
    pub form_key: String,
    /// What the key is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// What is wrong with the name.
    pub wrong_name: Option<String>,
    /// What is wrong with the choice of scopes.
    pub wrong_scopes: Option<String>,
}

/// The page as an owner sees it.
pub fn keys_page(frame: Frame, view: KeysView, events: EventsView) -> impl IntoView {
    let KeysView { keys, fresh, form, revoking } = view;
    let calendar = frame.calendar();
    let csrf = frame.csrf.clone();
    let whose = Whose::Workspace;
    let revoke = revoking.map(|key| view! { <Revoke whose=whose key=key csrf=csrf.clone() /> }.into_any());
    let removing = events.removing.clone();
    let dialog =
        revoke.or_else(|| removing.map(|it| view! { <RemoveEndpoint endpoint=it csrf=csrf.clone() /> }.into_any()));
    let events = events_cards(events, calendar.clone(), &csrf);
    view! {
        <Settings frame=frame tab=Tab::Api dialog=dialog>
            {fresh.map(|text| view! { <Fresh text=text /> })}
            <Keys whose=whose keys=keys calendar=calendar />
            <Create whose=whose form=form csrf=csrf />
            {events}
        </Settings>
    }
}

/// The page as everybody else sees it: why there is nothing.
pub fn keys_withheld_page(frame: Frame, role: Role) -> impl IntoView {
    let workspace = frame.overview.as_ref().map(|overview| overview.workspace_name.clone()).unwrap_or_default();
    let article = if role == Role::Viewer { "a viewer" } else { "a billing member" };
    view! {
        <Settings frame=frame tab=Tab::Api dialog=None>
            <section class="card" aria-label="API keys">
                <div class="empty">
                    <strong>"Only owners see API keys"</strong>
                    <p>{format!("You are {article} of {workspace}. Ask an owner to make or revoke a key.")}</p>
                </div>
            </section>
        </Settings>
    }
}

/// The one time that a key is shown.
#[component]
pub(in crate::web::pages) fn Fresh(text: String) -> impl IntoView {
    view! {
        <section class="alert success" role="status" aria-label="Key created">
            {Icon::Check.svg()}
            <div class="words">
                <strong>"Key created"</strong>
                <p>"Copy it now and keep it safe. It is shown this once; only its beginning is kept here."</p>
                <code class="secret">{text}</code>
            </div>
        </section>
    }
}

/// The keys, and what can be done with each.
#[component]
pub(in crate::web::pages) fn Keys(
    whose: Whose,
    keys: Result<Vec<ShownKey>, SectionError>,
    calendar: Option<Calendar>,
) -> impl IntoView {
    let zone = calendar.as_ref().map(Calendar::zone);
    let list = match (keys, calendar) {
        (Ok(keys), Some(_)) if keys.is_empty() => view! { <NoKeys whose=whose /> }.into_any(),
        (Ok(keys), Some(calendar)) => {
            let rows = keys.into_iter().map(|key| key_row(whose, key, &calendar)).collect_view();
            view! { <KeyTable rows=rows.into_any() /> }.into_any()
        }
        _ => view! { <Broken what="The keys" retry=whose.keys() /> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="keys">
            <div class="card-title">
                <h2 id="keys">"API keys"</h2>
                {zone.map(|zone| view! { <h3>{format!("Times in {zone}")}</h3> })}
            </div>
            {list}
        </section>
    }
}

#[component]
fn NoKeys(whose: Whose) -> impl IntoView {
    let sentence = match whose {
        Whose::Workspace => "With a key your call engine places calls and reads the wallet.",
        Whose::Agency => "With a key of the agency your call engine places calls for every client.",
    };
    view! {
        <div class="empty">
            <strong>"No keys yet"</strong>
            <p>{sentence}</p>
            <a class="button" href="#name">
                "Create a key"
            </a>
        </div>
    }
}

#[component]
fn KeyTable(rows: AnyView) -> impl IntoView {
    view! {
        <table class="table api-keys" aria-labelledby="keys">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Name"</th>
                    <th role="columnheader" scope="col">"Scopes"</th>
                    <th role="columnheader" scope="col">"Created"</th>
                    <th role="columnheader" scope="col">"Last used"</th>
                    <th role="columnheader" scope="col">
                        <span class="unseen">"State"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn key_row(whose: Whose, key: ShownKey, calendar: &Calendar) -> impl IntoView + use<> {
    let used = key.last_used_at.map_or_else(|| "Never".to_owned(), |at| calendar.moment(at));
    let state = match key.revoked_at {
        Some(at) => view! { <Pill tone=PillTone::Neutral words=format!("Revoked {}", calendar.day(at)) /> }.into_any(),
        None => {
            let label = format!("Revoke {}", key.name);
            let href = format!("{}&revoke={}", whose.keys(), key.id);
            view! {
                <a class="button small danger" href=href aria-label=label>
                    "Revoke"
                </a>
            }
            .into_any()
        }
    };
    view! {
        <tr role="row" class:ended=key.revoked_at.is_some()>
            <td role="cell" class="what">
                <strong>{key.name.clone()}</strong>
                <small>{hint(&key)}</small>
            </td>
            <td role="cell" class="scopes">{scope_words(&key.scopes)}</td>
            <td role="cell" class="created">{calendar.moment(key.created_at)}</td>
            <td role="cell" class="used">{used}</td>
            <td role="cell" class="state">{state}</td>
        </tr>
    }
}

fn hint(key: &ShownKey) -> String {
    if key.hint.is_empty() { "never shown, opens nothing".to_owned() } else { format!("{}…", key.hint) }
}

/// `wallet:read, calls:write`
fn scope_words(scopes: &[Scope]) -> String {
    let words: Vec<_> = Scope::ALL.into_iter().filter(|it| scopes.contains(it)).map(Scope::as_str).collect();
    words.join(", ")
}

/// What a scope allows, as the form says it.
const fn allows(scope: Scope) -> &'static str {
    match scope {
        Scope::WalletRead => "Read balance, packages, transactions and usage",
        Scope::CallsWrite => "Place and complete calls, pay for messages and numbers",
        Scope::WalletCharge => "Charge the saved card",
        Scope::Admin => "Everything that keys can do",
    }
}

/// The form for a new key.
#[component]
pub(in crate::web::pages) fn Create(whose: Whose, form: KeyForm, csrf: String) -> impl IntoView {
    let described = form.wrong_scopes.is_some().then_some("scopes-wrong");
    let scopes = Scope::ALL.map(|scope| {
        let checked = form.scopes.contains(&scope);
        view! {
            <label class="check">
                <input type="checkbox" name="scope" value=scope.as_str() checked=checked />
                <span>
                    <strong>{scope.as_str()}</strong>
                    <small>{allows(scope)}</small>
                </span>
            </label>
        }
    });
    view! {
        <section class="card" aria-labelledby="create">
            <div class="card-title">
                <h2 id="create">"Create a key"</h2>
                {(whose == Whose::Agency)
                    .then(|| {
                        view! {
                            <h3>"It opens every client; a request names one in its header Minutebank-Workspace"</h3>
                        }
                    })}
            </div>
            <form class="card-form" method="post" action=whose.form("keys")>
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="form_key" value=form.form_key />
                <Field
                    kind=FieldKind::Text
                    name="name"
                    label="Name"
                    help="What uses it, e.g. Call engine."
                    value=form.name
                    wrong=form.wrong_name
                />
                <fieldset class="field" aria-describedby=described>
                    <legend>"Scopes"</legend>
                    {scopes.collect_view()}
                    {form.wrong_scopes.map(|wrong| view! { <p class="wrong" id="scopes-wrong" role="alert">{wrong}</p> })}
                </fieldset>
                <button class="button primary" type="submit">
                    "Create key"
                </button>
            </form>
        </section>
    }
}

/// Says what stops before it does.
#[component]
pub(in crate::web::pages) fn Revoke(
    whose: Whose,
    key: ShownKey,
    csrf: String,
    /// One-use key of the form, where it needs one.
    #[prop(optional)]
    form_key: Option<String>,
) -> impl IntoView {
    let sentence = format!("Whatever uses {} is refused from then on: {}.", named(&key), stops(&key.scopes));
    view! {
        <dialog class="dialog" open aria-labelledby="dialog-title">
            <div class="dialog-title">
                <h2 id="dialog-title">{format!("Revoke {}?", key.name)}</h2>
                <a class="close" href=whose.keys() aria-label="Close">
                    {Icon::Close.svg()}
                </a>
            </div>
            <p class="dialog-line">
                {sentence} " Calls in progress go on; complete them with another key. It cannot be undone."
            </p>
            <form class="choose" method="post" action=whose.form("keys/revoke")>
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="key" value=key.id />
                {form_key.map(|form_key| view! { <input type="hidden" name="form_key" value=form_key /> })}
                <a class="button" href=whose.keys() autofocus>
                    "Keep key"
                </a>
                <button class="button danger" type="submit">
                    "Revoke key"
                </button>
            </form>
        </dialog>
    }
}

fn named(key: &ShownKey) -> String {
    if key.hint.is_empty() { "this key".to_owned() } else { format!("{}…", key.hint) }
}

/// What a key with these scopes does no more.
fn stops(scopes: &[Scope]) -> String {
    let stops = |scope| match scope {
        Scope::WalletRead => "reading the wallet",
        Scope::CallsWrite => "placing and completing calls",
        Scope::WalletCharge => "charging the card",
        Scope::Admin => "everything it does",
    };
    if scopes.contains(&Scope::Admin) {
        return stops(Scope::Admin).to_owned();
    }
    let words: Vec<_> = Scope::ALL.into_iter().filter(|it| scopes.contains(it)).map(stops).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revoke_names_what_stops() {
        assert_eq!(stops(&[Scope::CallsWrite, Scope::WalletRead]), "reading the wallet, placing and completing calls");
        assert_eq!(stops(&[Scope::WalletCharge]), "charging the card");
        assert_eq!(stops(&[Scope::Admin, Scope::WalletRead]), "everything it does");
    }
}
