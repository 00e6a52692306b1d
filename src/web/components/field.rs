//! A labelled field of a plain form, with what is wrong beside it.

use leptos::prelude::*;

/// What a field is for: its type, and what browsers may fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Anything of one line.
    Text,
    /// The name of who fills it in.
    OwnName,
    /// The name of their business.
    Business,
    /// Why something is done, or what is noted of it.
    Reason,
    /// The address of an account.
    Email,
    /// An address of the web.
    Url,
    /// The address of somebody else.
    Address,
    /// The password of today.
    Password,
    /// A password of tomorrow.
    NewPassword,
}

impl FieldKind {
    const fn input_type(self) -> &'static str {
        match self {
            FieldKind::Text | FieldKind::OwnName | FieldKind::Business | FieldKind::Reason => "text",
            FieldKind::Email | FieldKind::Address => "email",
            FieldKind::Url => "url",
            FieldKind::Password | FieldKind::NewPassword => "password",
        }
    }

    const fn autocomplete(self) -> &'static str {
        match self {
            FieldKind::Text | FieldKind::Reason | FieldKind::Address | FieldKind::Url => "off",
            FieldKind::OwnName => "name",
            FieldKind::Business => "organization",
            FieldKind::Email => "username",
            FieldKind::Password => "current-password",
            FieldKind::NewPassword => "new-password",
        }
    }

    const fn longest(self) -> &'static str {
        match self {
            FieldKind::Text | FieldKind::OwnName => "60",
            FieldKind::Business => "80",
            FieldKind::Reason => "200",
            FieldKind::Email | FieldKind::Address => "254",
            FieldKind::Url => "2000",
            FieldKind::Password | FieldKind::NewPassword => "1024",
        }
    }
}

/// A field that has to be filled, unless it is `optional`. Passwords that were typed are never given back, so they have no `value`.
#[component]
pub fn Field(
    kind: FieldKind,
    /// Its name in the form, and its id on the page.
    name: &'static str,
    label: &'static str,
    #[prop(optional)] value: String,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    wrong: Option<String>,
    /// What it is good to know before typing.
    #[prop(optional)]
    help: &'static str,
    /// Where to go for whoever cannot fill it: words and address.
    #[prop(optional)]
    way_out: Option<(&'static str, &'static str)>,
    /// It may stay empty.
    #[prop(optional)]
    optional: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let wrong_id = format!("{name}-wrong");
    let help_id = format!("{name}-help");
    let described = wrong.is_some().then(|| wrong_id.clone()).or((!help.is_empty()).then(|| help_id.clone()));
    view! {
        <div class="field">
            <div class="label">
                <label for=name>{label}</label>
                {way_out.map(|(words, href)| view! { <a href=href>{words}</a> })}
            </div>
            <input
                id=name
                name=name
                type=kind.input_type()
                autocomplete=kind.autocomplete()
                required=!optional
                maxlength=kind.longest()
                value=value
                autofocus=autofocus
                aria-invalid=wrong.is_some().then_some("true")
                aria-describedby=described
            />
            {match wrong {
                Some(wrong) => view! { <p class="wrong" id=wrong_id role="alert">{wrong}</p> }.into_any(),
                None if help.is_empty() => ().into_any(),
                None => view! { <p class="help" id=help_id>{help}</p> }.into_any(),
            }}
        </div>
    }
    .into_any()
}
