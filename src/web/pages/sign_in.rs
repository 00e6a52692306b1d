//! `/sign-in`: email and password. A refusal never tells which of them was wrong.

use leptos::prelude::*;

use super::error::in_words;
use crate::web::components::Mark;
use crate::web::document::Html;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct SignInView {
    /// Token of the form.
    pub csrf: String,
    /// What was typed as email, or chosen from the demo logins.
    pub email: String,
    /// What became of the attempt before.
    pub refused: Option<SignInRefusal>,
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
            SignInRefusal::TooMany { seconds } => format!("Too many attempts. Try again in {}.", in_words(seconds)),
        }
    }
}

/// Somebody who can sign in to the demo.
#[derive(Clone, Debug)]
pub struct DemoLogin {
    /// Workspace or agency.
    pub name: String,
    /// Address to sign in with.
    pub email: String,
}

/// The sign-in page. A demo login is a link to `/sign-in?email=…`, which fills the field.
pub fn sign_in_page(view: SignInView) -> impl IntoView {
    let SignInView { csrf, email, refused, demo } = view;
    let chosen = !email.is_empty();
    view! {
        <Html title="Sign in" islands=false>
            <main class="narrow">
                <p class="brand">
                    <Mark />
                    "Minutebank"
                </p>
                <h1>"Sign in"</h1>
                <p>"To your billing desk"</p>
                <form method="post" action="/sign-in">
                    <input type="hidden" name="csrf" value=csrf />
                    <div class="field">
                        <label for="email">"Email"</label>
                        <input
                            id="email"
                            name="email"
                            type="email"
                            autocomplete="username"
                            required
                            maxlength="254"
                            value=email
                            autofocus=!chosen
                        />
                    </div>
                    <div class="field">
                        <label for="password">"Password"</label>
                        <input
                            id="password"
                            name="password"
                            type="password"
                            autocomplete="current-password"
                            required
                            maxlength="1024"
                            autofocus=chosen
                            aria-invalid=refused.map(|_| "true")
                            aria-describedby=refused.map(|_| "refused")
                        />
                        {refused
                            .map(|refused| {
                                view! {
                                    <p class="wrong" id="refused" role="alert">
                                        {refused.words()}
                                    </p>
                                }
                            })}
                    </div>
                    <button class="button primary large" type="submit">
                        "Sign in"
                    </button>
                </form>
                <p class="after">"No account yet? Ask your provider for an invitation."</p>
                {demo.map(|logins| view! { <DemoLogins logins=logins /> })}
            </main>
        </Html>
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
                                <a href=format!("/sign-in?email={}", login.email)>{login.email.clone()}</a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}
