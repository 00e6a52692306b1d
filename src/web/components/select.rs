//! A labelled choice of one among many, with what is wrong beside it.

use leptos::prelude::*;

/// A list to choose from; each option is the value that is sent, and its words.
#[component]
pub fn Select(
    /// Its name in the form, and its id on the page.
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    /// Value of the option that is chosen.
    chosen: String,
    /// What is wrong with the choice.
    #[prop(optional_no_strip)]
    wrong: Option<String>,
    /// What it is good to know before choosing.
    #[prop(optional)]
    help: &'static str,
) -> impl IntoView {
    let wrong_id = format!("{name}-wrong");
    let help_id = format!("{name}-help");
    let described = wrong.is_some().then(|| wrong_id.clone()).or((!help.is_empty()).then(|| help_id.clone()));
    let options = options.into_iter().map(|(value, words)| {
        let selected = value == chosen;
        view! {
            <option value=value selected=selected>
                {words}
            </option>
        }
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name aria-invalid=wrong.is_some().then_some("true") aria-describedby=described>
                {options.collect_view()}
            </select>
            {match wrong {
                Some(wrong) => view! { <p class="wrong" id=wrong_id role="alert">{wrong}</p> }.into_any(),
                None if help.is_empty() => ().into_any(),
                None => view! { <p class="help" id=help_id>{help}</p> }.into_any(),
            }}
        </div>
    }
    .into_any()
}
