//! Lists as CSV files to keep.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use csv::Writer;

use crate::error::Problem;
use crate::media::serve::attachment;

/// Writes lines without a head.
pub(crate) fn writer() -> Writer<Vec<u8>> {
    csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new())
}

/// What was written.
pub(crate) fn text(writer: Writer<Vec<u8>>) -> Result<Vec<u8>, Problem> {
    writer.into_inner().map_err(|error| Problem::internal(error.error()))
}

/// The answer that a browser keeps as a file.
pub(crate) fn answer(file_name: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(file_name)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, body).into_response()
}

/// What a person wrote, such that no spreadsheet takes it for a formula (OWASP, CSV Injection).
pub(crate) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
