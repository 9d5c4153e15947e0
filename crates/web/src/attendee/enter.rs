//! `POST /api/attendee/events/{event}/enter`: a code lets somebody in.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{AccessMode, VisitorId};
use serde::Deserialize;
use store::event::{Access, Event};
use store::seat::{self, Taken};
use store::visitor;
use utoipa::ToSchema;

use crate::Web;
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::extract::{Body, Guest};
use crate::limits::Limited;

/// Longest text that is looked at.
const CODE_BYTES_MAX: usize = 100;

/// A code.
#[derive(Deserialize, ToSchema)]
pub struct Entry {
    /// The event's, or that of an access pack. Case and spaces do not matter.
    code: String,
}

/// Lets somebody in by the event's code, or gives them a seat of an access pack.
///
/// The browser is known from then on by a cookie; whoever is logged in at the event, by their account. Who has a seat of
/// the pack already takes no second one.
#[utoipa::path(post, path = "/api/attendee/events/{event}/enter", tag = "attendees",
    params(("event" = String, Path, description = "Slug or id")), request_body = Entry,
    responses((status = 204)))]
pub async fn enter(
    guest: Guest,
    State(web): State<Web>,
    context: Context,
    Body(form): Body<Entry>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let key = guest.visitor_id().map(|id| web.pseudonyms.of("visitor", &id.to_string()));
    let (limits, event_id, now) = (web.limits(), guest.event.event_id, web.clock.now());
    limits.check(Limited::Entering, &context, key, now).await?;
    limits.check_wrong_codes(&context, event_id, now).await?;
    let code = plain(&form.code).ok_or(Code::CodeWrong)?;
    let by_code = is_code_of(&guest.event.access, &code);
    if !by_code && !is_code_of_pack(&web, &guest, &code).await? {
        limits.count_wrong_code(&context, event_id, &code.to_lowercase(), now).await?;
        return Err(Code::CodeWrong.into());
    }
    // Made only now: whoever guesses, or comes too late, leaves no trace.
    let known = guest.or_new(&web, &context).await?;
    let visitor_id = known.visitor.visitor_id;
    if by_code {
        enter_by_code(&web, &guest.event, visitor_id).await?;
    } else {
        take_seat(&web, &guest.event, visitor_id, &code).await?;
    }
    Ok((StatusCode::NO_CONTENT, known.headers))
}

/// The code without the spaces that people type.
fn plain(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let fits = !code.is_empty() && code.len() <= CODE_BYTES_MAX && !code.contains('\0');
    fits.then_some(code)
}

fn is_code_of(access: &Access, code: &str) -> bool {
    let same = |expected: &str| expected.to_lowercase() == code.to_lowercase();
    access.mode == AccessMode::Code && access.code.as_deref().is_some_and(same)
}

async fn enter_by_code(web: &Web, event: &Event, visitor_id: VisitorId) -> Result<(), Problem> {
    let mut tx = web.store.begin().await?;
    visitor::enter(&mut tx, event.event_id, visitor_id, event.access.epoch, web.clock.now()).await?;
    commit(tx).await
}

/// Whether there is a pack with this code.
///
/// # Errors
/// When the guest has no seat in it and can take none.
async fn is_code_of_pack(web: &Web, guest: &Guest, code: &str) -> Result<bool, Problem> {
    let mut tx = web.store.begin().await?;
    let Some(room) = seat::room(&mut tx, guest.event.event_id, code).await? else { return Ok(false) };
    let has_seat = guest.visitor.as_ref().is_some_and(|visitor| visitor.pack_id.is_some());
    if room > 0 || has_seat { Ok(true) } else { Err(Code::PackUsedUp.into()) }
}

async fn take_seat(web: &Web, event: &Event, visitor_id: VisitorId, code: &str) -> Result<(), Problem> {
    let mut tx = web.store.begin().await?;
    match seat::take(&mut tx, event.event_id, visitor_id, code, web.clock.now()).await? {
        Taken::Yes => commit(tx).await,
        Taken::UsedUp => Err(Code::PackUsedUp.into()),
        Taken::NoSuchPack => Err(Code::CodeWrong.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spaces_do_not_matter() {
        let access = |mode| Access { mode, code: Some("Gala-26".to_owned()), epoch: 1 };
        for (typed, expected) in [("gala-26", true), (" GALA - 26 ", true), ("gala26", false)] {
            assert_eq!(is_code_of(&access(AccessMode::Code), &plain(typed).unwrap()), expected, "{typed}");
        }
        assert!(
            !is_code_of(&access(AccessMode::Invitation), "gala-26"),
            "the code of another mode opens nothing"
        );
        for nothing in ["", "  ", "a\0b", &"a".repeat(101)] {
            assert_eq!(plain(nothing), None);
        }
    }
}
