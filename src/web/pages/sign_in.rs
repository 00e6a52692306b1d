//! `/sign-in`: email and password. A refusal never tells which of them was wrong.

use leptos::prelude::*;

use super::error::too_early;
use super::narrow::Narrow;
use crate::units::words;
use crate::web::components::{Alert, Field, FieldKind, Tone};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct SignInView {
    /// Token of the form.
    pub csrf: String,
    /// What was typed as email, or chosen from the demo logins.
    pub email: String,
    /// What became of the attempt before.
    pub refused: Option<SignInRefusal>,
    /// Why one is here.
    pub notice: Option<SignInNotice>,
    /// In demo mode, who can sign in; `None` otherwise.
    pub demo: Option<Vec<DemoLogin>>,
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInRefusal {
    /// Address and password do not belong together.
    Wrong,
    /// There were too many attempts before this one.
    TooMany {
        /// When to try again.
        seconds: u64,
    },
}

impl SignInRefusal {
    fn words(self) -> String {
        match self {
            SignInRefusal::Wrong => "Email or password is wrong.".to_owned(),
            SignInRefusal::TooMany { seconds } => too_early(seconds),
        }
    }
}

/// What has just ended the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInNotice {
    /// A new password was set through a link.
    PasswordSet,
    /// All sessions were ended.
    SignedOutEverywhere,
}

words!(SignInNotice { PasswordSet = "password_set", SignedOutEverywhere = "signed_out_everywhere" });

impl SignInNotice {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            SignInNotice::PasswordSet => ("Password set", "Sign in with the new one."),
            SignInNotice::SignedOutEverywhere => ("Signed out everywhere", "Every session has ended, this one too."),
        }
    }
}

/// Somebody who can sign in to the demo.
#[derive(Clone, Debug)]
pub struct DemoLogin {
    /// Workspace or agency.
    pub name: &'static str,
    /// Address to sign in with.
    pub email: &'static str,
}

/// The sign-in page. A demo login is a link to `/sign-in?email=…`, which fills the field.
pub fn sign_in_page(view: SignInView) -> impl IntoView {
    let SignInView { csrf, email, refused, notice, demo } = view;
    let chosen = !email.is_empty();
    let wrong = refused.map(SignInRefusal::words);
    view! {
        <Narrow title="Sign in" line="To your billing desk">
            {notice
                .map(|notice| {
                    let (title, sentence) = notice.words();
                    view! { <Alert tone=Tone::Success title=title sentence=sentence action=None /> }
                })}
            <form method="post" action="/sign-in">
                <input type="hidden" name="csrf" value=csrf />
                <Field kind=FieldKind::Email name="email" label="Email" value=email autofocus=!chosen />
                <Field
                    kind=FieldKind::Password
                    name="password"
                    label="Password"
                    wrong=wrong
                    way_out=("Forgot it?", "/forgot")
                    autofocus=chosen
                />
                <button class="button primary large" type="submit">
                    "Sign in"
                </button>
            </form>
            <p class="after">"No account yet? Ask your provider for an invitation."</p>
            {demo.map(|logins| view! { <DemoLogins logins=logins /> })}
        </Narrow>
    }
}

#[component]
fn DemoLogins(logins: Vec<DemoLogin>) -> impl IntoView {
    view! {
        <section class="logins" aria-labelledby="demo-logins">
            <h2 id="demo-logins">"Demo mode"</h2>
            <p>"Example data, no real payments. Password minutebank-demo."</p>
            <ul>
                {logins
                    .into_iter()
                    .map(|login| {
                        view! {
                            <li>
                                <span>{login.name}</span>
                                <a href=format!("/sign-in?email={}", login.email)>{login.email}</a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}
