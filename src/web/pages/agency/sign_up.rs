//! `/agency/settings?tab=sign-up`: on which plan newcomers begin who sign up by themselves, and where they do so.

use leptos::prelude::*;
use url::Url;

use super::new_client::offer;
use super::settings::{DeskSettings, Said, Tab};
use crate::app::set_sign_up_plan::SignUpChoice;
use crate::web::components::{Broken, SectionError, Select};
use crate::web::shell::Desk;

/// What the tab shows.
#[derive(Clone, Debug)]
pub struct DeskSignUpView {
    /// Plans, and which one is chosen.
    pub choice: Result<SignUpChoice, SectionError>,
    /// Where newcomers reach the product.
    pub public_url: Url,
    /// What the form before has led to.
    pub said: Said,
    /// What is wrong with the choice.
    pub wrong: Option<String>,
    /// One-use key of the form.
    pub key: String,
}

/// The tab.
pub fn desk_sign_up_page(desk: Desk, view: DeskSignUpView) -> impl IntoView {
    let DeskSignUpView { choice, public_url, said, wrong, key } = view;
    let csrf = desk.csrf.clone();
    let card = match choice {
        Ok(choice) => view! { <Choice choice=choice public_url=public_url wrong=wrong csrf=csrf key=key /> }.into_any(),
        Err(SectionError) => view! { <Broken what="Sign-up" retry="/agency/settings?tab=sign-up" /> }.into_any(),
    };
    view! {
        <DeskSettings desk=desk tab=Tab::SignUp said=said dialog=None>
            <section class="card" aria-labelledby="sign-up">
                <div class="card-title">
                    <h2 id="sign-up">"Sign-up"</h2>
                    <h3>"New clients come by themselves"</h3>
                </div>
                {card}
            </section>
        </DeskSettings>
    }
}

#[component]
fn Choice(choice: SignUpChoice, public_url: Url, wrong: Option<String>, csrf: String, key: String) -> impl IntoView {
    let SignUpChoice { agency, plans } = choice;
    let chosen = plans.iter().find(|plan| plan.sign_up).map(|plan| plan.id.clone());
    let mut address = public_url;
    address.set_path(&format!("/sign-up/{agency}"));
    let off = (String::new(), "Off: clients come by invitation".to_owned());
    let options = [off].into_iter().chain(plans.iter().map(|plan| (plan.id.clone(), offer(plan)))).collect();
    view! {
        <form class="card-form" method="post" action="/agency/settings/sign-up">
            <input type="hidden" name="csrf" value=csrf />
            <input type="hidden" name="key" value=key />
            <Select
                name="plan"
                label="Sign-up plan"
                help="New clients get its free credits when their address is proved, once for each address."
                options=options
                chosen=chosen.clone().unwrap_or_default()
                wrong=wrong
            />
            <button class="button primary" type="submit">
                "Save"
            </button>
        </form>
        {chosen.map(|_| view! { <Address address=address.to_string() /> })}
    }
}

/// The address that the agency sends around.
#[component]
fn Address(address: String) -> impl IntoView {
    view! {
        <div class="card-form">
            <p>
                "Send this address to new clients, or link to it. " <a href=address.clone()>"Open the sign-up page"</a>
            </p>
            <code class="secret">{address}</code>
        </div>
    }
}
