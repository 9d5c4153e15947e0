//! What all operations of the OpenAPI document have in common, written once.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, Schema};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::error::ProblemBody;

/// Fields of answers that are left out when there is nothing to say; all others are always there, be it as null.
const LEFT_OUT: [(&str, &str); 4] = [
    ("ProblemBody", "field"),
    ("FileOutcome", "photo_id"),
    ("FileOutcome", "code"),
    ("FileOutcome", "detail"),
];

/// Adds to every operation that errors are problem JSON, and how programs say who they are.
pub(crate) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.security_schemes.insert("bearer".to_owned(), SecurityScheme::Http(bearer));
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.head, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(add_problem);
    }
    require_what_answers_say(document);
}

/// A field that may be null need not be sent to us, but is always there in what we answer: whoever makes types of the
/// document is told so.
fn require_what_answers_say(document: &mut OpenApi) {
    let sent = sent_to_us(document);
    let schemas = document.components.get_or_insert_default().schemas.iter_mut();
    for (name, schema) in schemas.filter(|(name, _)| !sent.contains(*name)) {
        if let RefOr::T(schema) = schema {
            require_all(name, schema);
        }
    }
}

fn require_all(name: &str, schema: &mut Schema) {
    match schema {
        Schema::Object(object) => {
            let fields = object.properties.keys().filter(|field| !LEFT_OUT.contains(&(name, field.as_str())));
            object.required = fields.cloned().collect();
        }
        // A struct with others flattened into it.
        Schema::AllOf(parts) => {
            for part in &mut parts.items {
                if let RefOr::T(part) = part {
                    require_all(name, part);
                }
            }
        }
        Schema::Array(_) | Schema::OneOf(_) | Schema::AnyOf(_) | _ => {}
    }
}

/// The names of the schemas that bodies of requests are made of.
fn sent_to_us(document: &OpenApi) -> BTreeSet<String> {
    let whole = serde_json::to_value(document).expect("the document is JSON");
    let mut open = Vec::new();
    for item in whole["paths"].as_object().into_iter().flat_map(|paths| paths.values()) {
        for operation in item.as_object().into_iter().flat_map(|methods| methods.values()) {
            references(&operation["requestBody"], &mut open);
        }
    }
    let mut sent = BTreeSet::new();
    while let Some(name) = open.pop() {
        let schema = &whole["components"]["schemas"][&name];
        if sent.insert(name) {
            references(schema, &mut open);
        }
    }
    sent
}

/// Adds the names of the schemas that `value` refers to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let to = fields.get("$ref").and_then(Value::as_str);
            found.extend(to.and_then(|to| to.rsplit('/').next()).map(str::to_owned));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn add_problem(operation: &mut Operation) {
    let mut response = Response::new("What went wrong, and what to do about it");
    let schema = Ref::from_schema_name(ProblemBody::name());
    response.content.insert("application/problem+json".to_owned(), Content::new(Some(schema)));
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::schema::{ObjectBuilder, Type};

    use super::*;

    fn required(document: &OpenApi, name: &str) -> Vec<String> {
        let schemas = serde_json::to_value(&document.components).unwrap()["schemas"].clone();
        let fields = schemas[name]["required"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| field.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn answers_say_everything_and_requests_need_not() {
        let document = crate::openapi();
        assert!(required(&document, "Job").contains(&"last_error".to_owned()));
        assert!(required(&document, "ProblemBody").contains(&"request_id".to_owned()));
        assert!(!required(&document, "ProblemBody").contains(&"field".to_owned()));
        assert!(required(&document, "EventForm").iter().all(|field| field != "held_on"));
        assert!(required(&document, "EventForm").contains(&"name".to_owned()));
    }

    #[test]
    fn what_is_in_a_request_is_found_through_what_holds_it() {
        let mut document = OpenApi::default();
        let field = |name: &str| {
            let text = ObjectBuilder::new().schema_type(Type::String);
            ObjectBuilder::new().property(name, text).build()
        };
        let outer = ObjectBuilder::new().property("inner", Ref::from_schema_name("Inner")).build();
        let schemas = &mut document.components.get_or_insert_default().schemas;
        schemas.insert("Outer".to_owned(), RefOr::T(outer.into()));
        schemas.insert("Inner".to_owned(), RefOr::T(field("a").into()));
        schemas.insert("Answer".to_owned(), RefOr::T(field("b").into()));
        let body = utoipa::openapi::request_body::RequestBodyBuilder::new()
            .content("application/json", Content::new(Some(Ref::from_schema_name("Outer"))));
        let operation = utoipa::openapi::path::OperationBuilder::new().request_body(Some(body.build()));
        let post = utoipa::openapi::HttpMethod::Post;
        let item = utoipa::openapi::PathItem::new(post, operation);
        document.paths.paths.insert("/x".to_owned(), item);
        require_what_answers_say(&mut document);
        assert!(required(&document, "Inner").is_empty() && required(&document, "Outer").is_empty());
        assert_eq!(required(&document, "Answer"), ["b"]);
    }

    /// Two types of one name would be one schema, and the document would be wrong about one of them.
    #[test]
    fn every_schema_has_a_name_of_its_own_and_what_is_left_out_is_known() {
        let (mut names, mut left_out) = (std::collections::BTreeMap::new(), 0);
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let code = std::fs::read_to_string(&path).unwrap();
                if path.ends_with("document.rs") {
                    continue;
                }
                if code.contains("ToSchema") {
                    left_out += code.matches("skip_serializing_if").count();
                }
                for name in schemas_in(&code) {
                    let other = names.insert(name.clone(), path.clone());
                    assert!(other.is_none(), "{name} is in {} and in {other:?}", path.display());
                }
            }
        }
        assert!(names.len() > 50, "{names:?}");
        assert_eq!(left_out, LEFT_OUT.len(), "fields that may be left out of an answer stand in LEFT_OUT");
    }

    /// The types in `code` that derive a schema, by the names that they have in the document.
    fn schemas_in(code: &str) -> Vec<String> {
        let derives = code.match_indices("#[derive(").filter(|(at, _)| {
            let list = &code[*at..];
            list[..list.find(")]").unwrap_or(0)].contains("ToSchema")
        });
        let named = |(at, _): (usize, &str)| {
            let rest = &code[at..];
            let head = &rest[..rest.find('{')?];
            if let Some((_, renamed)) = head.split_once("schema(as = ") {
                return Some(renamed.split([')', ',']).next()?.to_owned());
            }
            let (_, name) = head.split_once("struct ").or_else(|| head.split_once("enum "))?;
            Some(name.split(|c: char| !c.is_alphanumeric()).next()?.to_owned())
        };
        derives.filter_map(named).collect()
    }
}
