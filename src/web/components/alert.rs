//! The one alert of a page: a title, a sentence, and at most one thing to do.

use leptos::prelude::*;

use super::Icon;

/// How an alert is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something worked.
    Success,
    /// Something goes on.
    Neutral,
    /// Soon something must be done.
    Amber,
    /// Something must be done.
    Red,
    /// Calls do not go out.
    Paused,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Tone::Success => "alert success",
            Tone::Neutral => "alert",
            Tone::Amber => "alert amber",
            Tone::Red | Tone::Paused => "alert red",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Tone::Success => Icon::Check,
            Tone::Neutral => Icon::Clock,
            Tone::Amber | Tone::Red => Icon::Warning,
            Tone::Paused => Icon::Pause,
        }
    }

    /// The button is primary only when calls are paused.
    pub const fn button(self) -> &'static str {
        match self {
            Tone::Paused => "button primary",
            _ => "button",
        }
    }
}

/// An alert; `action` is a button's words and where it leads, `children` a form that stands there instead.
#[component]
pub fn Alert(
    tone: Tone,
    #[prop(into)] title: String,
    #[prop(into)] sentence: String,
    action: Option<(String, String)>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    // What just happened is announced; what has been true for a while is only shown.
    let role = matches!(tone, Tone::Success | Tone::Neutral).then_some("status");
    let label = title.clone();
    view! {
        <section class=tone.class() role=role aria-label=label>
            {tone.icon().svg()}
            <div class="words">
                <strong>{title}</strong>
                <p>{sentence}</p>
            </div>
            {action.map(|(words, href)| view! { <a class=tone.button() href=href>{words}</a> })}
            {children.map(|children| children())}
        </section>
    }
}
