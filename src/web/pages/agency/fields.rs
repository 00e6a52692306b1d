//! Fields of the agency's longer forms. Each keeps what was typed and says what is wrong beside it.

use leptos::prelude::*;

use crate::catalog::FieldError;
use crate::web::components::Icon;
use crate::web::typed::Typed;

/// A form as it stands: what was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    /// One-use key of the form.
    pub key: String,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong.
    pub faults: Vec<FieldError>,
}

/// A field of one line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub name: &'static str,
    pub label: &'static str,
    /// What the figure counts; empty for text.
    pub unit: &'static str,
    /// What it is good to know before typing.
    pub help: &'static str,
    /// May not stay empty.
    pub required: bool,
    /// Longest text.
    pub longest: &'static str,
}

impl Line {
    pub(super) const fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label, unit: "", help: "", required: true, longest: "80" }
    }

    pub(super) const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    pub(super) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    pub(super) const fn longest(self, longest: &'static str) -> Self {
        Self { longest, ..self }
    }

    pub(super) const fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

/// A way to answer a [`Filled::choice`]: its word, its title, what it means.
pub(super) type Answer = (&'static str, &'static str, &'static str);

impl Filled {
    fn wrong(&self, name: &str) -> Option<&'static str> {
        self.faults.iter().find(|fault| fault.field == name).map(|fault| fault.message)
    }

    /// A field of one line.
    pub(super) fn line(&self, line: Line) -> AnyView {
        let Line { name, label, unit, help, required, longest } = line;
        let (wrong, value) = (self.wrong(name), self.typed.text(name).to_owned());
        let described = described(name, wrong, help);
        view! {
            <div class=format!("field {name}")>
                <label for=name>{label}</label>
                <div class="measured">
                    <input
                        id=name
                        name=name
                        type="text"
                        autocomplete="off"
                        required=required
                        maxlength=longest
                        value=value
                        aria-invalid=wrong.is_some().then_some("true")
                        aria-describedby=described
                    />
                    {(!unit.is_empty()).then(|| view! { <span>{unit}</span> })}
                </div>
                {beside(name, wrong, help)}
            </div>
        }
        .into_any()
    }

    /// One of several, each with what it means.
    pub(super) fn choice(&self, name: &'static str, legend: &'static str, answers: &[Answer]) -> AnyView {
        let (wrong, chosen) = (self.wrong(name), self.typed.text(name));
        let rows = answers.iter().map(|(word, title, meaning)| {
            view! {
                <label class="check">
                    <input type="radio" name=name value=*word checked=*word == chosen required />
                    <span>
                        <strong>{*title}</strong>
                        <small>{*meaning}</small>
                    </span>
                </label>
            }
        });
        view! {
            <fieldset class=format!("field {name}") aria-describedby=described(name, wrong, "")>
                <legend>{legend}</legend>
                {rows.collect_view()}
                {beside(name, wrong, "")}
            </fieldset>
        }
        .into_any()
    }

    /// Yes or no.
    pub(super) fn tick(&self, name: &'static str, title: &'static str, meaning: &'static str) -> AnyView {
        let checked = self.typed.text(name) == "1";
        view! {
            <div class="field">
                <label class="check">
                    <input type="checkbox" name=name value="1" checked=checked />
                    <span>
                        <strong>{title}</strong>
                        <small>{meaning}</small>
                    </span>
                </label>
            </div>
        }
        .into_any()
    }
}

fn described(name: &str, wrong: Option<&str>, help: &str) -> Option<String> {
    wrong.map(|_| format!("{name}-wrong")).or_else(|| (!help.is_empty()).then(|| format!("{name}-help")))
}

/// What is wrong, or else what it is good to know.
fn beside(name: &str, wrong: Option<&'static str>, help: &'static str) -> AnyView {
    match wrong {
        Some(wrong) => view! { <p class="wrong" id=format!("{name}-wrong") role="alert">{wrong}</p> }.into_any(),
        None if help.is_empty() => ().into_any(),
        None => view! { <p class="help" id=format!("{name}-help")>{help}</p> }.into_any(),
    }
}

/// A part of a long form, in a card of its own.
#[component]
pub(super) fn Part(id: &'static str, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id>
            <div class="card-title">
                <h2 id=id>{title}</h2>
            </div>
            <div class="fields">{children()}</div>
        </section>
    }
}

/// Asks before something is taken off the offer, or done for good: what happens, and the way back.
#[component]
pub(super) fn Confirm(
    #[prop(into)] title: String,
    #[prop(into)] sentence: String,
    /// Where the form goes.
    #[prop(into)]
    action: String,
    /// Where the way back leads.
    #[prop(into)]
    back: String,
    /// Words of the way back, and of the button.
    words: (&'static str, &'static str),
    /// It takes something away.
    danger: bool,
    csrf: String,
    key: String,
    /// Further fields.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (stay, go) = words;
    let class = if danger { "button danger" } else { "button primary" };
    view! {
        <dialog class="dialog" open aria-labelledby="dialog-title">
            <div class="dialog-title">
                <h2 id="dialog-title">{title}</h2>
                <a class="close" href=back.clone() aria-label="Close">
                    {Icon::Close.svg()}
                </a>
            </div>
            <p class="dialog-line">{sentence}</p>
            <form method="post" action=action>
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="form_key" value=key />
                {children.map(|children| children())}
                <div class="choose">
                    <a class="button" href=back autofocus>
                        {stay}
                    </a>
                    <button class=class type="submit">
                        {go}
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
