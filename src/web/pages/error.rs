//! Pages for what went wrong as a whole.

use leptos::prelude::*;

use crate::web::components::Mark;
use crate::web::document::Html;
use crate::web::shell::DemoStrip;

/// What went wrong; the handler chooses the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 404: no such page, or not this person's.
    NotFound,
    /// 403: the form's token is missing or old.
    FormExpired,
    /// 403: the role does not allow it.
    NotAllowed,
    /// 429: too many attempts.
    TooMany {
        /// When to try again.
        seconds: u64,
    },
    /// 500: our fault.
    Failed,
    /// 503: the database is away or the server is stopping.
    Unavailable,
}

impl Problem {
    fn words(self) -> (&'static str, String) {
        let (title, sentence) = match self {
            Problem::NotFound => ("Page not found", "There is nothing at this address, or it is not yours to see."),
            Problem::FormExpired => {
                ("This form has expired", "Nothing was changed. Open the page again and send it once more.")
            }
            Problem::NotAllowed => {
                ("You cannot do this", "Nothing was changed. Ask an owner of the workspace to do it.")
            }
            Problem::TooMany { seconds } => {
                return ("Too many attempts", format!("Nothing was changed. Try again in {}.", in_words(seconds)));
            }
            Problem::Failed => {
                ("Something went wrong", "It has been recorded. Open Billing to see what stands, then try again.")
            }
            Problem::Unavailable => {
                ("Back in a moment", "The billing desk is starting or cannot reach its database. Try again shortly.")
            }
        };
        (title, sentence.to_owned())
    }
}

/// Beside a field, after too many attempts.
pub fn too_early(seconds: u64) -> String {
    format!("Too many attempts. Try again in {}.", in_words(seconds))
}

/// How long to wait: seconds up to a minute and a half, then whole minutes, rounded up.
fn in_words(seconds: u64) -> String {
    match seconds {
        0 | 1 => "1 second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// A page that says what went wrong and leads back.
pub fn error_page(problem: Problem, demo: bool) -> impl IntoView {
    let (title, sentence) = problem.words();
    view! {
        <Alone title=title sentence=sentence demo=demo>
            <a class="button primary large" href="/billing">
                "Go to Billing"
            </a>
        </Alone>
    }
}

/// Whoever was removed from every workspace finds this at every address that asks for a person.
pub fn no_workspace_page(csrf: String, demo: bool) -> impl IntoView {
    let sentence = "You belong to no workspace. Ask the owner of one for an invitation.".to_owned();
    view! {
        <Alone title="No workspace" sentence=sentence demo=demo>
            <form method="post" action="/sign-out">
                <input type="hidden" name="csrf" value=csrf />
                <button class="button primary large" type="submit">
                    "Sign out"
                </button>
            </form>
        </Alone>
    }
}

/// A page that is nobody's: a title, a sentence, and the way on.
#[component]
fn Alone(title: &'static str, sentence: String, demo: bool, children: Children) -> impl IntoView {
    view! {
        <Html title=title islands=false>
            {demo.then(|| view! { <DemoStrip /> })}
            <main class="narrow">
                <p class="brand">
                    <Mark />
                    "Minutebank"
                </p>
                <h1>{title}</h1>
                <p>{sentence}</p>
                {children()}
            </main>
        </Html>
    }
}
