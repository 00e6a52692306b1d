//! `/forgot` and `/reset`: a new password through a mailed link. No word tells whether an address has an account.

use leptos::prelude::*;

use super::narrow::Narrow;
use crate::web::components::{Alert, Field, FieldKind, Tone};

/// What the page for asking shows.
#[derive(Clone, Debug, Default)]
pub struct ForgotView {
    /// Token of the form.
    pub csrf: String,
    /// What was typed.
    pub email: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

/// Asks for the address.
pub fn forgot_page(view: ForgotView) -> impl IntoView {
    let ForgotView { csrf, email, wrong } = view;
    view! {
        <Narrow title="Forgot password" line="You get a link to set a new one">
            <form method="post" action="/forgot">
                <input type="hidden" name="csrf" value=csrf />
                <Field kind=FieldKind::Email name="email" label="Email" value=email wrong=wrong autofocus=true />
                <button class="button primary large" type="submit">
                    "Send link"
                </button>
            </form>
            <BackToSignIn />
        </Narrow>
    }
}

/// Says what happens now, in the same words for every address. A demo's mail is one link away.
pub fn forgot_sent_page(demo: bool) -> impl IntoView {
    let sentence = "If there is an account with this address, a link is on its way to it. It works once, within 30 \
                    minutes.";
    let action = demo.then(|| ("Open the demo's mail".to_owned(), "/demo/mail".to_owned()));
    view! {
        <Narrow title="Forgot password" line="You get a link to set a new one">
            <Alert tone=Tone::Success title="Look into your mail" sentence=sentence action=action />
            <p class="after">
                "Nothing there? Look among unwanted mail, or " <a href="/forgot">"ask for another link"</a> "."
            </p>
            <BackToSignIn />
        </Narrow>
    }
}

/// What the page for the new password shows.
#[derive(Clone, Debug, Default)]
pub struct ResetView {
    /// Token of the form.
    pub csrf: String,
    /// Whose password it is.
    pub email: String,
    /// What is wrong with the new password.
    pub wrong: Option<String>,
    /// What is wrong with its repetition.
    pub wrong_again: Option<String>,
}

/// Asks for the new password.
pub fn reset_page(view: ResetView) -> impl IntoView {
    let ResetView { csrf, email, wrong, wrong_again } = view;
    view! {
        <Narrow title="New password" line=format!("For {email}")>
            <form method="post" action="/reset">
                <input type="hidden" name="csrf" value=csrf />
                // Password managers look for the account beside the password.
                <input type="hidden" name="email" value=email.clone() autocomplete="username" />
                <NewPassword wrong=wrong wrong_again=wrong_again autofocus=true />
                <button class="button primary large" type="submit">
                    "Set password"
                </button>
            </form>
            <p class="after">"Every session ends, then you sign in with it."</p>
        </Narrow>
    }
}

/// A new password, typed twice.
#[component]
pub(super) fn NewPassword(
    wrong: Option<String>,
    wrong_again: Option<String>,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    view! {
        <Field
            kind=FieldKind::NewPassword
            name="new"
            label="New password"
            help="10 characters or more, hard to guess."
            wrong=wrong
            autofocus=autofocus
        />
        <Field kind=FieldKind::NewPassword name="again" label="New password again" wrong=wrong_again />
    }
}

/// The link was used, or is too old.
pub fn reset_expired_page() -> impl IntoView {
    view! {
        <Narrow title="This link has ended" line="It was used, or is older than 30 minutes. Your password is as it was.">
            <a class="button primary large" href="/forgot">
                "Ask for another link"
            </a>
            <BackToSignIn />
        </Narrow>
    }
}

#[component]
fn BackToSignIn() -> impl IntoView {
    view! {
        <p class="after">
            <a href="/sign-in">"Back to sign in"</a>
        </p>
    }
}
