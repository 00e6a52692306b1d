//! `/sign-up/{agency}`: what is offered, who wants it, and the password once the address is proved. No word tells
//! whether an address has an account, before its owner has opened the link.

use leptos::prelude::*;

use super::billing::rates;
use super::forgot::NewPassword;
use super::narrow::Narrow;
use crate::catalog::{FieldError, SignUpOffer};
use crate::pricing::Terms;
use crate::tenants::sign_up::Newcomer;
use crate::units::MilliCents;
use crate::web::components::{Alert, Field, FieldKind, Tone};

/// The offer's sheet.
const SHEETS: &[&str] = &["account"];

/// What the page for newcomers shows beside the offer.
#[derive(Clone, Debug, Default)]
pub struct SignUpView {
    /// Token of the form.
    pub csrf: String,
    /// What was typed.
    pub newcomer: Option<Newcomer>,
    /// What is wrong with it.
    pub wrong: Vec<FieldError>,
    /// There were too many requests before this one; when to try again, in a sentence.
    pub too_early: Option<String>,
}

/// The offer, and who wants it.
pub fn sign_up_page(offer: SignUpOffer, view: SignUpView) -> impl IntoView {
    let SignUpView { csrf, newcomer, wrong, too_early } = view;
    let email = newcomer.clone().map(|it| it.email).unwrap_or_default();
    let wrong_email = of_field(&wrong, "email").or(too_early);
    view! {
        <Narrow title="Sign up" line=format!("With {}", offer.agency_name) sheets=SHEETS>
            <Offer terms=offer.terms />
            <form method="post" action=format!("/sign-up/{}", offer.agency_public_id)>
                <input type="hidden" name="csrf" value=csrf />
                <Names newcomer=newcomer wrong=wrong />
                <Field
                    kind=FieldKind::Email
                    name="email"
                    label="Email"
                    help="You get a link there, to choose a password."
                    value=email
                    wrong=wrong_email
                />
                <button class="button primary large" type="submit">
                    "Sign up"
                </button>
            </form>
            <p class="after">"You have an account? " <a href="/sign-in">"Sign in"</a></p>
        </Narrow>
    }
}

/// What is wrong with a field.
fn of_field(wrong: &[FieldError], name: &str) -> Option<String> {
    wrong.iter().find(|it| it.field == name).map(|it| it.message.to_owned())
}

/// Fields for what the workspace and its owner are called.
#[component]
fn Names(newcomer: Option<Newcomer>, wrong: Vec<FieldError>) -> impl IntoView {
    let (business, name) = newcomer.map(|it| (it.business, it.name)).unwrap_or_default();
    view! {
        <Field
            kind=FieldKind::Business
            name="business"
            label="Name of your business"
            value=business
            wrong=of_field(&wrong, "business")
        />
        <Field kind=FieldKind::OwnName name="name" label="Your name" value=name wrong=of_field(&wrong, "name") />
    }
}

/// Says what happens now, in the same words for every address. A demo's mail is one link away.
pub fn sign_up_sent_page(offer: SignUpOffer, demo: bool) -> impl IntoView {
    let sentence = "A link is on its way to your address. It works once, within 24 hours; then you choose a password.";
    let action = demo.then(|| ("Open the demo's mail".to_owned(), "/demo/mail".to_owned()));
    view! {
        <Narrow title="Sign up" line=format!("With {}", offer.agency_name)>
            <Alert tone=Tone::Success title="Check your mail" sentence=sentence action=action />
            <p class="after">
                "Nothing there? Look among unwanted mail, or "
                <a href=format!("/sign-up/{}", offer.agency_public_id)>"sign up once more"</a> "."
            </p>
        </Narrow>
    }
}

/// What the page behind the link shows beside offer and newcomer.
#[derive(Clone, Debug, Default)]
pub struct FinishSignUpView {
    /// Token of the form.
    pub csrf: String,
    /// The names, where they were typed once more.
    pub newcomer: Option<Newcomer>,
    /// The offer is another one than the form before has shown.
    pub changed: bool,
    /// What is wrong with the names.
    pub wrong_names: Vec<FieldError>,
    /// What is wrong with the password.
    pub wrong: Option<String>,
    /// What is wrong with its repetition.
    pub wrong_again: Option<String>,
}

/// Asks for a password, which accepts the offer as it stands. The names can be changed until then; the address is proved.
pub fn finish_sign_up_page(newcomer: Newcomer, offer: SignUpOffer, view: FinishSignUpView) -> impl IntoView {
    let FinishSignUpView { csrf, changed, wrong_names, wrong, wrong_again, .. } = view;
    let email = newcomer.email.clone();
    let names_are_right = wrong_names.is_empty();
    let seal = offer.seal();
    view! {
        <Narrow title="Choose a password" line=format!("For {email}") sheets=SHEETS>
            {changed
                .then(|| {
                    let sentence = "Nothing was made. Look at it again, then choose a password.";
                    view! { <Alert tone=Tone::Amber title="The plan has changed" sentence=sentence action=None /> }
                })}
            <Offer terms=offer.terms />
            <form method="post" action=format!("/sign-up/{}/password", offer.agency_public_id)>
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="offer" value=seal />
                // Password managers look for the account beside the password.
                <input type="hidden" name="email" value=email autocomplete="username" />
                <Names newcomer=Some(newcomer) wrong=wrong_names />
                <NewPassword wrong=wrong wrong_again=wrong_again autofocus=names_are_right />
                <button class="button primary large" type="submit">
                    "Create account"
                </button>
            </form>
            <p class="after">{format!("{} sees your use and your payments.", offer.agency_name)}</p>
        </Narrow>
    }
}

/// Why a link leads on no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpEnd {
    /// It was used, is too old, or never was one.
    Ended,
    /// This address has an account.
    Known(String),
    /// The agency of this name takes no sign-ups any more.
    Closed(String),
}

/// Says so, with the next step: signing in, or another link at `again`.
pub fn sign_up_ended_page(end: SignUpEnd, again: Option<String>) -> impl IntoView {
    let (title, line, sign_in) = match end {
        SignUpEnd::Ended => (
            "This link has ended",
            "It was used, or is older than 24 hours. If you chose a password, sign in.".to_owned(),
            true,
        ),
        SignUpEnd::Known(email) => {
            ("You have an account", format!("Sign in as {email}. Nothing was made twice."), true)
        }
        SignUpEnd::Closed(agency) => {
            ("Sign-up is closed", format!("Nothing was made. Ask {agency} for an invitation."), false)
        }
    };
    view! {
        <Narrow title=title line=line>
            {sign_in
                .then(|| {
                    view! {
                        <a class="button primary large" href="/sign-in">
                            "Sign in"
                        </a>
                        <p class="after"><a href="/forgot">"Forgot the password?"</a></p>
                    }
                })}
            {again
                .filter(|_| sign_in)
                .map(|again| view! { <p class="after">"No account yet? " <a href=again>"Sign up once more"</a></p> })}
        </Narrow>
    }
}

/// A plan in a few lines.
#[component]
fn Offer(terms: Terms) -> impl IntoView {
    let row = |(name, value): (&'static str, String)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    view! {
        <section class="offer" aria-labelledby="offer">
            <h2 id="offer">{format!("Plan {}", terms.name)}</h2>
            <dl>{facts(&terms).into_iter().map(row).collect_view()}</dl>
            {due_words(&terms).map(|words| view! { <p>{words}</p> })}
        </section>
    }
}

/// What it costs, what is included, what use costs, what is free.
fn facts(terms: &Terms) -> Vec<(&'static str, String)> {
    let price =
        if terms.price == MilliCents(0) { "No monthly fee".to_owned() } else { format!("{} a month", terms.price) };
    let mut facts = vec![("Price", price)];
    if terms.included > 0 {
        facts.push(("Included", format!("{} a month", terms.meter.short(terms.included))));
    }
    if let Some((rate, unit)) = rates::headline(&terms.rates, terms.meter) {
        facts.push(("Calls", format!("{rate} {unit}")));
    }
    facts.extend(rates::details(&terms.rates, terms.meter).map(|details| ("Rates", details)));
    if terms.free_credits.0 > 0 {
        facts.push(("Free credits", terms.free_credits.to_string()));
    }
    facts
}

/// When a plan with a price is paid for the first time.
fn due_words(terms: &Terms) -> Option<String> {
    (terms.price.0 > 0).then(|| match terms.due_days {
        0 => "The first payment is due when you begin.".to_owned(),
        1 => "The first payment is due 1 day after you begin.".to_owned(),
        days => format!("The first payment is due {days} days after you begin."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::Rates;
    use crate::web::pages::fixtures::starter_terms;

    #[test]
    fn an_offer_says_what_it_costs_and_what_is_free() {
        let starter = starter_terms();
        assert_eq!(facts(&starter), [("Price", "$29.00 a month".into()), ("Included", "100 min a month".into())]);
        assert_eq!(due_words(&starter).as_deref(), Some("The first payment is due 1 day after you begin."));
        let flat = Terms {
            price: MilliCents(0),
            included: 0,
            rates: Rates { voice: MilliCents(5_000), message: MilliCents(1_000), ..Rates::default() },
            free_credits: MilliCents(500_000),
            ..starter
        };
        let expected = [
            ("Price", "No monthly fee".to_owned()),
            ("Calls", "$0.05 per min".to_owned()),
            ("Rates", "Messages $0.01".to_owned()),
            ("Free credits", "$5.00".to_owned()),
        ];
        assert_eq!(facts(&flat), expected);
        assert_eq!(due_words(&flat), None);
    }
}
