//! A part of a page that could not be read says so in its own place; the rest of the page stands.

use leptos::prelude::*;

/// A section's data could not be read. Whoever read it has logged why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionError;

/// What stands in place of a section that could not be read.
#[component]
pub fn Broken(
    /// What is missing, e.g. `The balance`.
    what: &'static str,
    /// Address of the page, to try again.
    retry: &'static str,
) -> impl IntoView {
    view! {
        <div class="broken">
            <p>{format!("{what} could not be loaded. Nothing was changed.")}</p>
            <a class="button small" href=retry>"Try again"</a>
        </div>
    }
}
