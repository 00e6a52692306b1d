//! `/docs`: every operation of the API, rendered from the same document that programs read (SPEC §4).

use leptos::prelude::*;

use crate::web::api::reference::{Answer, Body, Field, Group, Operation, Reference};
use crate::web::components::Mark;
use crate::web::document::Html;
use crate::web::shell::DemoStrip;

/// The page. `base` is the address under which the API is reached.
pub fn docs_page(reference: &Reference, base: &str, demo: bool) -> impl IntoView {
    let contents = reference.groups.iter().map(contents).collect_view();
    let groups = reference.groups.iter().map(|group| group_section(group, base)).collect_view();
    let about = reference.about.iter().map(|paragraph| view! { <p>{prose(paragraph)}</p> }).collect_view();
    view! {
        <Html title="API" islands=false>
            <a class="skip" href="#main">
                "Skip to content"
            </a>
            {demo.then(|| view! { <DemoStrip /> })}
            <div class="docs">
                <header class="contents">
                    <a class="brand" href="/billing">
                        <Mark />
                        "Minutebank"
                    </a>
                    <nav aria-label="Operations">{contents}</nav>
                </header>
                <main id="main" tabindex="-1">
                    <div class="head">
                        <div>
                            <h1>"API"</h1>
                            <p>"For call engines and everything else that is not a browser"</p>
                        </div>
                        <div class="aside">
                            <a href="/v1/openapi.json">"OpenAPI 3.1"</a>
                        </div>
                    </div>
                    <section class="about" aria-label="About">
                        {about}
                    </section>
                    {groups}
                </main>
            </div>
        </Html>
    }
}

fn contents(group: &Group) -> AnyView {
    let operations = group.operations.iter().map(|operation| {
        view! {
            <li>
                <a href=format!("#{}", operation.id)>{operation.title.clone()}</a>
            </li>
        }
    });
    view! {
        <strong>{group.name.clone()}</strong>
        <ul>{operations.collect_view()}</ul>
    }
    .into_any()
}

fn group_section(group: &Group, base: &str) -> AnyView {
    let operations = group.operations.iter().map(|it| operation_section(it, base)).collect_view();
    view! {
        <h2>{group.name.clone()}</h2>
        <p class="line">{prose(&group.about)}</p>
        {operations}
    }
    .into_any()
}

fn operation_section(operation: &Operation, base: &str) -> AnyView {
    let Operation { id, method, path, title, about, scope, parameters, request, answers } = operation;
    let heading = format!("{id}-title");
    let (successes, refusals): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.is_success());
    let refused: Vec<&str> = refusals.iter().map(|answer| answer.status.as_str()).collect();
    view! {
        <section class="card operation" id=id.clone() aria-labelledby=heading>
            <div class="card-title">
                <h3 id=heading.clone()>{title.clone()}</h3>
                <code class="route">
                    <b>{method.clone()}</b>
                    " "
                    {path.clone()}
                </code>
            </div>
            {(!about.is_empty()).then(|| view! { <p>{prose(about)}</p> })}
            <p>"The key needs the scope " <code>{scope.clone()}</code> "."</p>
            {fields("Parameters", parameters, true)}
            {request.as_ref().map(|body| fields("Body", &body.fields, true))}
            <h4>"Request"</h4>
            {code(&curl(operation, base))}
            {successes.iter().map(|answer| answer_section(answer)).collect_view()}
            <details>
                <summary>"Refusals " {refused.join(", ")}</summary>
                {refusals.iter().map(|answer| answer_section(answer)).collect_view()}
            </details>
        </section>
    }
    .into_any()
}

fn answer_section(answer: &Answer) -> AnyView {
    let body = answer.body.as_ref().map(|Body { fields: listed, example }| {
        view! {
            {code(example)}
            <details>
                <summary>"Fields"</summary>
                {fields("Always there, null where the plan or the meter has none", listed, false)}
            </details>
        }
    });
    view! {
        <h4>
            <code>{answer.status.clone()}</code>
            " "
            {prose(&answer.about)}
        </h4>
        {body}
    }
    .into_any()
}

/// A block that can be scrolled sideways, by keyboard, too.
fn code(text: &str) -> AnyView {
    view! {
        <pre tabindex="0">
            <code>{text.to_owned()}</code>
        </pre>
    }
    .into_any()
}

fn fields(caption: &'static str, fields: &[Field], sent: bool) -> AnyView {
    let rows = fields.iter().map(|field| {
        let about = match field.about.is_empty() {
            true => None,
            false => Some(view! { <span>{prose(&field.about)}</span> }),
        };
        view! {
            <tr>
                <th scope="row">
                    <code>{field.name.clone()}</code>
                    {(sent && field.required).then_some(" required")}
                </th>
                <td>{prose(&field.kind)} {about}</td>
            </tr>
        }
    });
    view! {
        <table>
            <caption>{caption}</caption>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// The request of an operation, to be tried in a shell.
fn curl(operation: &Operation, base: &str) -> String {
    let path = operation.path.replace("{id}", "call-1");
    let query: Vec<String> = operation.parameters.iter().filter_map(example_parameter).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let method = match (operation.method.as_str(), &operation.request) {
        ("GET", _) | ("POST", Some(_)) => String::new(),
        (other, _) => format!("-X {other} "),
    };
    let body = operation.request.as_ref().map(|body| format!(" \\\n  --json '{}'", body.example.replace('\n', "\n  ")));
    format!("curl {method}-H 'Authorization: Bearer mb_…' '{base}{path}{query}'{}", body.unwrap_or_default())
}

/// `name=example` of a parameter that has to be given in the address.
fn example_parameter(field: &Field) -> Option<String> {
    let is_in_query = field.required && !field.kind.ends_with("in the address");
    is_in_query.then_some(field.example.as_ref()).flatten().map(|example| format!("{}={example}", field.name))
}

/// Text in which what stands between backticks is code.
fn prose(text: &str) -> AnyView {
    let parts = text.split('`').enumerate().map(|(place, part)| {
        let part = part.to_owned();
        if place % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
    });
    parts.collect_view().into_any()
}
