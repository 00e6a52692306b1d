//! Lists that are read page by page, newest first.

use leptos::prelude::*;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Turned<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// Where the next page begins, where there is one.
    pub older: Option<String>,
    /// It is not the first.
    pub later: bool,
}

impl<T> Turned<T> {
    /// A page of `most` items; what was found beyond tells that another one follows below the last item's `place`.
    pub fn new(mut found: Vec<T>, most: usize, later: bool, place: impl Fn(&T) -> String) -> Self {
        let more = found.len() > most;
        found.truncate(most);
        Self { older: found.last().filter(|_| more).map(place), items: found, later }
    }
}

/// The way through the pages; `here` is the address of the first, with a query.
#[component]
pub(super) fn Turns(here: String, older: Option<String>, later: bool) -> impl IntoView {
    (older.is_some() || later).then(|| {
        view! {
            <nav class="turns" aria-label="Pages">
                <span>"Newest first"</span>
                {later.then(|| view! { <a class="button small" href=here.clone()>"Newest"</a> })}
                {older.map(|place| view! { <a class="button small" href=format!("{here}&before={place}")>"Older"</a> })}
            </nav>
        }
    })
}
