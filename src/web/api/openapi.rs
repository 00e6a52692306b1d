//! `/v1/openapi.json`: the API as a document. What an operation says of itself stands beside its handler; what all of
//! them share is added here.

use std::sync::LazyLock;

use axum::Json;
use serde_json::{Map, Value};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, Ref, RefOr, Required};
use utoipa::{Modify, OpenApi};

use super::error::ErrorBody;
use super::{auto_recharge, calls, campaigns, lots, messages, numbers, receipts, topups, transactions, usage, wallet};

/// The document. Its description is the beginning of `/docs`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Minutebank",
        description = "A hold before each call, a settlement after it, and what is left. JSON in, JSON out. Money is \
                       in milli-cents ($1 is 100,000), talk time in seconds; fields that end in `_usd` are dollars in \
                       whole cents. Times are RFC 3339 in UTC. Every field of an answer is always there, null where \
                       the plan or the meter has none.\n\n\
                       Send a key as `Authorization: Bearer mb_…`. A workspace's key opens that workspace; an agency's \
                       key opens each of the agency's and needs the header `Minutebank-Workspace` with the \
                       workspace's id.\n\n\
                       An error is `{\"error\": {\"code\", \"message\"}}`; with `invalid_field` there is a `field`, too. \
                       After 429 and 503 wait for the seconds of `Retry-After`, then send the same request again: \
                       calls and messages are known by their id, and every POST by its `Idempotency-Key`, if you \
                       send one.\n\n\
                       Lists come newest first. `next_cursor` is the `cursor` of the next page, with the same filter.",
    ),
    tags(
        (name = "Calls", description = "A hold before a call, a settlement after it."),
        (name = "Messages", description = "Messages, each paid from the credits at the plan's rate."),
        (name = "Numbers", description = "Rented numbers: the first month is paid at once, each further one as it begins."),
        (name = "Campaigns", description = "How far the wallet carries many calls. A campaign reserves nothing."),
        (name = "Wallet", description = "What is left, where it came from and where it went."),
    ),
    paths(
        calls::start,
        calls::show,
        calls::beat,
        calls::complete,
        receipts::show,
        messages::send,
        numbers::rent,
        numbers::show,
        numbers::release,
        campaigns::quote,
        campaigns::start,
        wallet::show,
        transactions::list,
        lots::list,
        topups::payment_methods,
        topups::charge,
        topups::show,
        auto_recharge::show,
        auto_recharge::set,
        usage::daily,
    ),
    components(schemas(ErrorBody)),
    modifiers(&Shared),
)]
struct Api;

/// One of each body, by the name of its schema.
const EXAMPLES: &str = include_str!("examples.json");

/// What every operation of a key can answer.
const ALWAYS: [(&str, &str); 7] = [
    ("400", "`workspace_required`: an agency's key comes without the header that names the workspace."),
    ("401", "`invalid_key`: there is no key, or one that opens nothing."),
    ("403", "`insufficient_scope`: the key may do other things."),
    ("404", "`not_found`: the key does not open the workspace that the header names."),
    ("414", "`address_too_long`: path and query are over 8 KiB."),
    ("429", "`rate_limited`: too many requests; `Retry-After` says for how many seconds to wait."),
    ("503", "`unavailable`: send the same request again after `Retry-After` seconds."),
];

/// What every operation with a body can answer, too.
const WITH_BODY: [(&str, &str); 5] = [
    ("400", "`invalid_json`: the body is no JSON object."),
    ("408", "`request_timeout`: the body did not come within 10 seconds."),
    ("413", "`body_too_large`: the body is over 64 KiB."),
    ("415", "`unsupported_media_type`: the body is not declared as JSON."),
    ("422", "`invalid_field`: a field is unknown, missing, of the wrong type or out of range; `field` names it."),
];

/// What every POST can answer to an `Idempotency-Key`.
const WITH_IDEMPOTENCY_KEY: [(&str, &str); 1] = [(
    "409",
    "`idempotency_mismatch`: the key came with another body before. `idempotency_in_progress`: the first request with \
     this key has no answer yet.",
)];

/// The document, made once.
pub fn document() -> &'static Document {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(Api::openapi);
    &DOCUMENT
}

/// `GET /v1/openapi.json`
pub async fn show() -> Json<&'static Document> {
    Json(document())
}

/// Adds what all operations and bodies share.
struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut Document) {
        let mut requests = Vec::new();
        for path in document.paths.paths.values_mut() {
            for (method, operation) in operations_mut(path) {
                share(method, operation);
                requests.extend(body_of(operation));
            }
        }
        let components = document.components.get_or_insert_default();
        let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("mb_…");
        let about = "A workspace's key, or an agency's key with the header `Minutebank-Workspace`.";
        components.add_security_scheme("key", SecurityScheme::Http(key.description(Some(about)).build()));
        let examples: Map<String, Value> = serde_json::from_str(EXAMPLES).expect("the examples are JSON");
        for (name, schema) in &mut components.schemas {
            let RefOr::T(Schema::Object(object)) = schema else { continue };
            if requests.contains(name) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            } else if !name.starts_with("Error") {
                // Every listed field of an answer is always there (SPEC §4).
                object.required = object.properties.keys().cloned().collect();
            }
            object.examples.extend(examples.get(name).cloned());
            if let (Some(item), Some(data)) = (name.strip_prefix("List_"), object.properties.get_mut("data")) {
                // The derived list spells its items out; they have a name.
                *data = ArrayBuilder::new().items(Ref::from_schema_name(item)).into();
            }
        }
    }
}

/// The operations of a path, by method.
fn operations_mut(path: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, .. } = path;
    [("get", get), ("put", put), ("post", post), ("delete", delete)]
        .into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

fn share(method: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let header = |name: &str, about: &str, schema: ObjectBuilder| {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
        parameter.required(Required::False).description(Some(about)).schema(Some(schema)).build()
    };
    let text = || ObjectBuilder::new().schema_type(Type::String);
    parameters.push(header("Minutebank-Workspace", "With an agency's key: the workspace's id.", text()).into());
    let mut answers = ALWAYS.to_vec();
    if operation.request_body.is_some() {
        answers.extend(WITH_BODY);
    }
    if method == "post" {
        let about = "Chosen by you, kept 30 days: the same key and body again have the same answer.";
        let key = text().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[ -~]+$"));
        parameters.push(header("Idempotency-Key", about, key).into());
        answers.extend(WITH_IDEMPOTENCY_KEY);
    }
    for (status, about) in answers {
        let answer = operation.responses.responses.entry(status.to_owned()).or_insert_with(|| Response::new("").into());
        if let RefOr::T(answer) = answer {
            answer.description = [answer.description.as_str(), about].join(" ").trim().to_owned();
        }
    }
    for (status, answer) in &mut operation.responses.responses {
        if let RefOr::T(answer) = answer {
            complete(status, answer);
        }
    }
}

/// Gives an error its body, and the header that says when to try again.
fn complete(status: &str, answer: &mut Response) {
    if answer.content.is_empty() {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
        answer.content.insert("application/json".to_owned(), content.into());
    }
    if status == "429" || status == "503" {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
        let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait")).build();
        *answer = ResponseBuilder::from(std::mem::take(answer)).header("Retry-After", header).build();
    }
}

/// Name of the schema of an operation's body.
fn body_of(operation: &Operation) -> Option<String> {
    let RefOr::T(body) = operation.request_body.as_ref()? else { return None };
    let RefOr::T(content) = body.content.get("application/json")? else { return None };
    match content.schema.as_ref()? {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    }
}
