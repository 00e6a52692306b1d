//! `/demo/mail`: what would have been sent, newest first.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::web::components::Mark;
use crate::web::document::Html;
use crate::web::shell::DemoStrip;

/// A mail of the demo.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// Plain text; an address of ours on a line of its own becomes a link.
    pub body: String,
    /// When it was written.
    pub at: Timestamp,
}

/// The page. `own` is how our own addresses begin.
pub fn demo_mail_page(letters: Vec<Letter>, own: &str) -> impl IntoView {
    let none = letters.is_empty();
    let letters: Vec<_> = letters.into_iter().map(|letter| view! { <LetterCard letter=letter own=own /> }).collect();
    view! {
        <Html title="Demo mail" islands=false>
            <DemoStrip />
            <main class="narrow letters">
                <p class="brand">
                    <Mark />
                    "Minutebank"
                </p>
                <h1>"Demo mail"</h1>
                <p>"The demo sends no mail. What would be sent is here, newest first."</p>
                {none
                    .then(|| {
                        view! {
                            <section class="card" aria-label="Mail">
                                <div class="empty">
                                    <strong>"No mail yet"</strong>
                                    <p>"A link for a new password arrives here."</p>
                                    <a class="button" href="/forgot">
                                        "Forgot password"
                                    </a>
                                </div>
                            </section>
                        }
                    })}
                {letters}
            </main>
        </Html>
    }
}

#[component]
fn LetterCard<'a>(letter: Letter, own: &'a str) -> impl IntoView + use<> {
    let at = letter.at.strftime("%b %-d, %-H:%M:%S UTC").to_string();
    let lines: Vec<_> = letter
        .body
        .lines()
        .map(|line| {
            let line = line.to_owned();
            if line.starts_with(own) {
                return view! { <a href=line.clone()>{line.clone()}</a> "\n" }.into_any();
            }
            format!("{line}\n").into_any()
        })
        .collect();
    view! {
        <article class="card letter">
            <h2>{letter.subject}</h2>
            <small>"To " {letter.recipient} ", " {at}</small>
            <p class="body">{lines}</p>
        </article>
    }
}
