//! From a view to an HTML document, and the content policy that it is sent with.
//!
//! Pages are rendered in one go after everything was read: no streaming, so a page is whole with JavaScript off. In
//! islands mode only `#[island]` components are woken in the browser; the rest is plain HTML.

use std::sync::Arc;

use axum::response::{Html as HtmlBody, IntoResponse, Response};
use hydration_context::SsrSharedContext;
use leptos::config::LeptosOptions;
use leptos::hydration::HydrationScripts;
use leptos::nonce::{provide_nonce, use_nonce};
use leptos::prelude::*;

/// A finished page.
#[derive(Debug)]
pub struct Document {
    /// The whole document.
    pub html: String,
    /// The nonce that its inline script carries; belongs into the content policy of the same answer.
    pub nonce: String,
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        HtmlBody(self.html).into_response()
    }
}

/// Renders one page. `view` is called once, with a fresh nonce in its context.
pub fn render<V: IntoView>(view: impl FnOnce() -> V) -> Document {
    in_a_world_of_its_own(|| {
        provide_nonce();
        let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
        Document { html: view().into_view().to_html(), nonce }
    })
}

/// Renders a part of a page; it may hold no island.
pub fn fragment<V: IntoView>(view: impl FnOnce() -> V) -> String {
    in_a_world_of_its_own(|| view().into_view().to_html())
}

fn in_a_world_of_its_own<T>(render: impl FnOnce() -> T) -> T {
    let around = Owner::current();
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let rendered = owner.with(render);
    owner.unset_with_forced_cleanup();
    // A new root takes the place of what was current, and a section is rendered in the middle of a request.
    if let Some(around) = around {
        around.set();
    }
    rendered
}

/// The `Content-Security-Policy` of a page. `checkout_origin` is where the buy form's answer leads (Chrome applies
/// `form-action` to the redirect after a POST too).
pub fn content_policy(nonce: &str, checkout_origin: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self' {checkout_origin}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// `<html>` with its head. `islands` loads the browser's part; only pages that have an island ask for it.
#[component]
pub fn Html(
    /// Name of the page, without the product's.
    #[prop(into)]
    title: String,
    /// Load the WASM.
    islands: bool,
    /// Load these sheets as well, by their files' names; Billing stays light without them.
    #[prop(optional)]
    sheets: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    let scripts = islands.then(|| {
        let options = LeptosOptions::builder().output_name("minutebank").build();
        view! { <HydrationScripts options islands=true /> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" class:still=!islands>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{format!("{title} – Minutebank")}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href="/pkg/minutebank.css" />
                {sheets
                    .iter()
                    .map(|sheet| view! { <link rel="stylesheet" href=format!("/pkg/{sheet}.css") /> })
                    .collect_view()}
                <script type="module" src="/pkg/busy.js"></script>
                {scripts}
            </head>
            <body>{children()}</body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_fragment_keeps_its_context() {
        let owner = Owner::new();
        owner.with(|| {
            provide_context(7_u8);
            assert_eq!(fragment(|| view! { <b>"seven"</b> }), "<b>seven</b>");
            assert_eq!(use_context::<u8>(), Some(7));
        });
    }
}
