//! The OpenAPI document in the order in which people read it, for `/docs`.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use super::openapi::document;

/// All of it.
#[derive(Clone, Debug)]
pub struct Reference {
    /// What to know first, by paragraph.
    pub about: Vec<String>,
    /// Operations by what they are about.
    pub groups: Vec<Group>,
}

/// Operations about one thing.
#[derive(Clone, Debug)]
pub struct Group {
    /// E.g. `Calls`.
    pub name: String,
    /// In a sentence.
    pub about: String,
    /// In the order of the router.
    pub operations: Vec<Operation>,
}

/// A method of an address.
#[derive(Clone, Debug)]
pub struct Operation {
    /// E.g. `start_call`.
    pub id: String,
    /// E.g. `POST`.
    pub method: String,
    /// E.g. `/v1/calls/{id}`.
    pub path: String,
    /// E.g. `Start a call`.
    pub title: String,
    /// What it does; may be empty.
    pub about: String,
    /// The scope that a key has to have.
    pub scope: String,
    /// In the address and in headers.
    pub parameters: Vec<Field>,
    /// What is sent.
    pub request: Option<Body>,
    /// What is answered, by status.
    pub answers: Vec<Answer>,
}

/// A parameter, or a field of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// With the names of what it is part of: `hold.seconds`, `data[].id`.
    pub name: String,
    /// What it can be, in words.
    pub kind: String,
    /// Has to be sent; of an answer: is always there.
    pub required: bool,
    /// What it says; may be empty.
    pub about: String,
    /// Of a parameter.
    pub example: Option<String>,
}

/// A JSON body.
#[derive(Clone, Debug)]
pub struct Body {
    /// All fields, also those of what it contains.
    pub fields: Vec<Field>,
    /// JSON, over several lines.
    pub example: String,
}

/// One way to be answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// E.g. `200`.
    pub status: String,
    /// When.
    pub about: String,
    /// What comes with it; `None` where another answer of the operation shows the same, and for the form that all
    /// errors have.
    pub body: Option<Body>,
}

impl Answer {
    /// True for what a client hopes for.
    pub fn is_success(&self) -> bool {
        self.status.starts_with('2')
    }
}

/// The document, arranged.
pub fn reference() -> Reference {
    let document = Reader(serde_json::to_value(document()).expect("a document is plain data"));
    let about = text(&document.0["info"]["description"]).split("\n\n").map(str::to_owned).collect();
    let mut operations: Vec<(String, Operation)> = Vec::new();
    for path in self::document().paths.paths.keys() {
        for (method, operation) in members(&document.0["paths"][path]) {
            let tag = text(&operation["tags"][0]);
            operations.push((tag, document.operation(path, method, operation)));
        }
    }
    let tags = document.0["tags"].as_array().into_iter().flatten();
    let groups = tags.map(|tag| {
        let name = text(&tag["name"]);
        let own = operations.iter().filter(|(tag, _)| *tag == name).map(|(_, operation)| operation.clone()).collect();
        Group { about: text(&tag["description"]), operations: own, name }
    });
    Reference { about, groups: groups.collect() }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Names of the fields of a schema that a reference leads to, in the order in which its type declares them: JSON has
/// none.
fn field_names(reference: &Value) -> Vec<&'static String> {
    let name = reference["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
    match document().components.as_ref().and_then(|components| components.schemas.get(name)) {
        Some(RefOr::T(Schema::Object(object))) => object.properties.keys().collect(),
        _ => Vec::new(),
    }
}

/// Reads the document, following its references.
struct Reader(Value);

impl Reader {
    fn operation(&self, path: &str, method: &str, operation: &Value) -> Operation {
        let parameters = operation["parameters"].as_array().into_iter().flatten().map(|it| self.parameter(it));
        let mut shown = vec![Value::from("#/components/schemas/Error")];
        let answers = members(&operation["responses"]).map(|(status, answer)| {
            let schema = &answer["content"]["application/json"]["schema"];
            let is_new = !shown.contains(&schema["$ref"]);
            shown.push(schema["$ref"].clone());
            Answer {
                status: status.clone(),
                about: text(&answer["description"]),
                body: is_new.then(|| self.body(schema)),
            }
        });
        let request = &operation["requestBody"]["content"]["application/json"]["schema"];
        Operation {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            title: text(&operation["summary"]),
            about: text(&operation["description"]),
            scope: text(&operation["security"][0]["key"][0]),
            parameters: parameters.collect(),
            request: request.is_object().then(|| self.body(request)),
            answers: answers.collect(),
        }
    }

    fn parameter(&self, parameter: &Value) -> Field {
        let place = match parameter["in"].as_str() {
            Some("header") => ", header",
            Some("path") => ", in the address",
            _ => "",
        };
        Field {
            name: text(&parameter["name"]),
            kind: format!("{}{place}", self.kind(&parameter["schema"])),
            required: parameter["required"] == true,
            about: text(&parameter["description"]),
            example: parameter["example"].as_str().map(str::to_owned),
        }
    }

    fn body(&self, schema: &Value) -> Body {
        let (mut fields, mut example) = (Vec::new(), String::new());
        self.collect(schema, "", &mut fields);
        self.write(&self.resolved(schema)["examples"][0], schema, 0, &mut example);
        Body { fields, example }
    }

    fn collect(&self, schema: &Value, prefix: &str, fields: &mut Vec<Field>) {
        let properties = &self.resolved(schema)["properties"];
        let required = self.resolved(schema)["required"].as_array();
        for name in field_names(schema) {
            let property = self.present(&properties[name]);
            let required = required.is_some_and(|names| names.iter().any(|it| it == name));
            let name = format!("{prefix}{name}");
            // What a reference says beside its target is about this field.
            let about = text(&property["description"]);
            fields.push(Field { kind: self.kind(property), required, about, name: name.clone(), example: None });
            match property["items"].is_object() {
                true => self.collect(&property["items"], &format!("{name}[]."), fields),
                false => self.collect(property, &format!("{name}."), fields),
            }
        }
    }

    /// JSON with its fields in the order of the schema, where it has one.
    fn write(&self, value: &Value, schema: &Value, depth: usize, out: &mut String) {
        let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                let properties = &self.resolved(schema)["properties"];
                let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
                fields.sort_by_key(|(name, _)| field_names(schema).iter().position(|it| it == name));
                for (place, (name, value)) in fields.into_iter().enumerate() {
                    out.push_str(if place == 0 { "{" } else { "," });
                    out.push_str(&format!("{}{}: ", line(depth + 1), Value::from(name.as_str())));
                    self.write(value, self.present(&properties[name]), depth + 1, out);
                }
                out.push_str(&format!("{}}}", line(depth)));
            }
            Value::Array(items) if !items.is_empty() => {
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place == 0 { "[" } else { "," });
                    out.push_str(&line(depth + 1));
                    self.write(item, &schema["items"], depth + 1, out);
                }
                out.push_str(&format!("{}]", line(depth)));
            }
            other => out.push_str(&other.to_string()),
        }
    }

    /// What a property is where it is not null.
    fn present<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let choices = schema["oneOf"].as_array();
        choices.and_then(|choices| choices.iter().find(|it| it["type"] != "null")).unwrap_or(schema)
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.0.pointer(pointer).unwrap_or(schema),
            None => schema,
        }
    }

    /// What a value can be, in words.
    fn kind(&self, schema: &Value) -> String {
        let schema = self.resolved(schema);
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let words: Vec<String> = schema["enum"].as_array().into_iter().flatten().filter_map(word).collect();
        let kind = match (types.first().copied(), schema["format"].as_str()) {
            _ if !words.is_empty() => words.join(", "),
            (Some("string"), Some("date-time")) => "time".to_owned(),
            (Some("string"), Some("date")) => "date".to_owned(),
            (Some("string"), _) => match schema["maxLength"].as_u64() {
                Some(most) => format!("text, up to {most} characters"),
                None => "text".to_owned(),
            },
            (Some("integer"), _) => match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
                (Some(from), Some(to)) => format!("whole number, {from} to {to}"),
                _ => "whole number".to_owned(),
            },
            (Some("boolean"), _) => "true or false".to_owned(),
            (Some("array"), _) => "list".to_owned(),
            (Some(other), _) => other.to_owned(),
            (None, _) => "anything".to_owned(),
        };
        if types.contains(&"null") { format!("{kind}, or null") } else { kind }
    }
}

fn word(word: &Value) -> Option<String> {
    word.as_str().map(|word| format!("`{word}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(id: &str) -> Operation {
        let operations = reference().groups.into_iter().flat_map(|group| group.operations);
        operations.into_iter().find(|operation| operation.id == id).unwrap()
    }

    #[test]
    fn every_operation_is_in_a_group() {
        let reference = reference();
        let listed: usize = reference.groups.iter().map(|group| group.operations.len()).sum();
        let paths = serde_json::to_value(&document().paths).unwrap();
        let described: usize = members(&paths).map(|(_, methods)| methods.as_object().unwrap().len()).sum();
        assert_eq!(listed, described);
        assert!(reference.about.iter().all(|paragraph| !paragraph.is_empty()));
    }

    #[test]
    fn fields_are_named_with_what_they_are_part_of() {
        let receipt = operation("read_receipt");
        let body = receipt.answers[0].body.as_ref().unwrap();
        assert_eq!(body.fields[0].name, "object");
        let field = |name: &str| body.fields.iter().find(|field| field.name == name).unwrap().clone();
        assert_eq!(field("object").kind, "`receipt`");
        assert_eq!(field("segments").kind, "list");
        assert_eq!(field("segments[].components.voice").kind, "whole number");
        assert_eq!(field("segments[].lot").kind, "text, or null");
        assert!(body.fields.iter().all(|field| field.required));
        assert!(body.example.starts_with("{\n  \"object\": \"receipt\","), "{}", body.example);
    }

    #[test]
    fn bodies_are_shown_once_and_the_form_of_errors_not_at_all() {
        let start = operation("start_call");
        let with_body: Vec<&str> =
            start.answers.iter().filter(|it| it.body.is_some()).map(|it| it.status.as_str()).collect();
        assert_eq!(with_body, ["200", "402"]);
        assert_eq!((start.method.as_str(), start.scope.as_str()), ("POST", "calls:write"));
        let request = start.request.unwrap();
        let required: Vec<&Field> = request.fields.iter().filter(|field| field.required).collect();
        assert_eq!(required.len(), 1);
        assert_eq!(required[0].kind, "`outbound`, `inbound`");
        assert!(request.example.contains("\"direction\": \"outbound\""));
    }
}
