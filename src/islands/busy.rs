//! A form that was sent shows that it is working: its button turns a spinner, and a second click does nothing. Forms in
//! dialogs say more of it themselves.
//!
//! It listens at the window, so it goes on when a section is replaced by a newer one.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

/// Marks the button of a form that is on its way.
pub(super) const BUSY: &str = "aria-busy";

/// Begins to listen.
pub fn wake() {
    _ = window_event_listener_untyped("submit", |event| {
        let Some(event) = event.dyn_ref::<SubmitEvent>() else {
            return;
        };
        let Some(button) = event.submitter().filter(|button| matches!(button.closest("dialog"), Ok(None))) else {
            return;
        };
        let form = button.closest("form[method=post]").ok().flatten();
        match form.map(|form| form.query_selector("[aria-busy]")) {
            Some(Ok(None)) => _ = button.set_attribute(BUSY, "true"),
            Some(Ok(Some(_))) => event.prevent_default(),
            _ => {}
        }
    });
    // A page that comes back from the browser's cache was sent once already.
    _ = window_event_listener_untyped("pageshow", |_| {
        while let Ok(Some(button)) = document().query_selector("[aria-busy]") {
            if button.remove_attribute(BUSY).is_err() {
                return;
            }
        }
    });
}
