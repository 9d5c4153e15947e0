//! `GET /api/audit/export`: the whole audit log, as a file.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::Stream;
use store::Store;
use store::audit::Filter;
use store::page::AfterTime;

use super::audit::AuditEntry;
use crate::error::Problem;
use crate::extract::Admin;

/// Lines read at once.
const CHUNK: i64 = 1000;

/// The whole audit log as CSV, newest first. It is streamed, so that its length costs no memory.
#[utoipa::path(get, path = "/api/audit/export", tag = "staff",
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn export_audit(_: Admin, State(store): State<Store>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"findme-audit.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(lines(store))).into_response()
}

/// Where the export stands.
enum At {
    Head,
    After(Option<AfterTime>),
    End,
}

fn lines(store: Store) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    futures::stream::unfold((store, At::Head), |(store, at)| async move {
        match at {
            At::Head => {
                let head =
                    "audit_id,at,actor_id,actor_role,action,event_id,target_id,status,address,request_id\n";
                Some((Ok(Bytes::from_static(head.as_bytes())), (store, At::After(None))))
            }
            At::After(after) => match chunk(&store, after).await {
                Ok((text, next)) => {
                    let at = next.map_or(At::End, |next| At::After(Some(next)));
                    Some((Ok(text), (store, at)))
                }
                // The connection breaks off, so that half a log is not taken for a whole one.
                Err(_) => {
                    Some((Err(std::io::Error::other("the audit log could not be read")), (store, At::End)))
                }
            },
            At::End => None,
        }
    })
}

async fn chunk(store: &Store, after: Option<AfterTime>) -> Result<(Bytes, Option<AfterTime>), Problem> {
    let mut tx = store.begin().await?;
    let found = store::audit::list(&mut tx, &Filter { after, ..Filter::default() }, CHUNK).await?;
    let full = i64::try_from(found.len()) == Ok(CHUNK);
    let next = found.last().filter(|_| full).map(|row| AfterTime { at: row.at, id: row.audit_id });
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for entry in found {
        writer.serialize(AuditEntry::from(entry)).map_err(|error| Problem::internal(&error))?;
    }
    let text = writer.into_inner().map_err(|error| Problem::internal(error.error()))?;
    Ok((text.into(), next))
}
