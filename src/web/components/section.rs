//! A part of a page that could not be read says so in its own place; the rest of the page stands.

use leptos::prelude::*;

use crate::web::document::fragment;

pub use crate::islands::SectionError;

/// A section's place in a page, by whose name an island finds it; in place of what could not be read it says so.
#[component]
pub fn Slot(
    /// Name, unique in the page.
    name: &'static str,
    /// Its heading, where it could not be read.
    title: &'static str,
    /// What is missing then, e.g. `The balance`.
    what: &'static str,
    /// The section.
    html: Result<String, SectionError>,
) -> impl IntoView {
    let html = html.unwrap_or_else(|SectionError| {
        fragment(|| {
            view! {
                <section class="card">
                    <div class="card-title">
                        <h2>{title}</h2>
                    </div>
                    <Broken what=what retry="/billing" />
                </section>
            }
        })
    });
    view! { <div data-section=name inner_html=html></div> }
}

/// What stands in place of a section that could not be read.
#[component]
pub fn Broken(
    /// What is missing, e.g. `The balance`.
    what: &'static str,
    /// Address of the page, to try again.
    #[prop(into)]
    retry: String,
) -> impl IntoView {
    view! {
        <div class="broken">
            <p>{format!("{what} could not be loaded. Nothing was changed.")}</p>
            <a class="button small" href=retry>"Try again"</a>
        </div>
    }
}
