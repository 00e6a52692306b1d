//! The frame of pages for people who are not signed in: one column under the product's name.

use leptos::prelude::*;

use crate::web::components::Mark;
use crate::web::document::Html;

/// A page of one column.
#[component]
pub(super) fn Narrow(
    title: &'static str,
    /// One line under the title.
    #[prop(into)]
    line: String,
    /// Sheets that it needs beside the common one.
    #[prop(optional)]
    sheets: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    view! {
        <Html title=title islands=false sheets=sheets>
            <main class="narrow">
                <p class="brand">
                    <Mark />
                    "Minutebank"
                </p>
                <h1>{title}</h1>
                <p>{line}</p>
                {children()}
            </main>
        </Html>
    }
}
