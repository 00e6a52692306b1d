//! `/invite`: somebody was invited and comes in.

use leptos::prelude::*;

use super::forgot::NewPassword;
use super::narrow::Narrow;
use crate::web::components::{Field, FieldKind};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct InviteView {
    /// Token of the form.
    pub csrf: String,
    /// The workspace or agency.
    pub place: String,
    /// Whom the link was sent to.
    pub email: String,
    /// The address has an account.
    pub known: bool,
    /// What was typed as name.
    pub name: String,
    /// What is wrong with it.
    pub wrong_name: Option<String>,
    /// What is wrong with the password.
    pub wrong_password: Option<String>,
    /// What is wrong with its repetition.
    pub wrong_again: Option<String>,
}

/// Asks for the password of the account, or for what makes a new one.
pub fn invite_page(view: InviteView) -> impl IntoView {
    let InviteView { csrf, place, email, known, name, wrong_name, wrong_password, wrong_again } = view;
    let after =
        if known { "Your account is the same everywhere." } else { "You sign in with this address from now on." };
    view! {
        <Narrow title="Invitation" line=format!("To {place}, for {email}")>
            <form method="post" action="/invite">
                <input type="hidden" name="csrf" value=csrf />
                // Password managers look for the account beside the password.
                <input type="hidden" name="email" value=email autocomplete="username" />
                {if known {
                    view! {
                        <Field
                            kind=FieldKind::Password
                            name="password"
                            label="Your password"
                            help="This address has an account already."
                            way_out=("Forgot it?", "/forgot")
                            wrong=wrong_password
                            autofocus=true
                        />
                    }
                        .into_any()
                } else {
                    view! {
                        <Field
                            kind=FieldKind::OwnName
                            name="name"
                            label="Your name"
                            value=name
                            wrong=wrong_name
                            autofocus=true
                        />
                        <NewPassword wrong=wrong_password wrong_again=wrong_again />
                    }
                        .into_any()
                }}
                <button class="button primary large" type="submit">
                    {format!("Join {place}")}
                </button>
            </form>
            <p class="after">{after}</p>
        </Narrow>
    }
}

/// The link was used, or is too old.
pub fn invite_ended_page() -> impl IntoView {
    view! {
        <Narrow
            title="This invitation has ended"
            line="It was accepted, withdrawn, or is older than 7 days. Ask whoever invited you for another one."
        >
            <a class="button primary large" href="/sign-in">
                "Sign in"
            </a>
        </Narrow>
    }
}
