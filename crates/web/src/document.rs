//! What all operations of the OpenAPI document have in common, written once.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::error::ProblemBody;

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
}

fn add_problem(operation: &mut Operation) {
    let mut response = Response::new("What went wrong, and what to do about it");
    let schema = Ref::from_schema_name(ProblemBody::name());
    response.content.insert("application/problem+json".to_owned(), Content::new(Some(schema)));
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response));
}
