//! What a browser kept at an event without an account becomes the account's when its owner logs in or registers there.

use axum::http::{HeaderMap, header};
use axum::response::Response;
use domain::{AccountId, EventId, VisitorId};

use super::{cookie, token};
use crate::Web;
use crate::error::Problem;

/// Says of which event's cookie the browser is to be rid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adopted(Option<EventId>);

/// Makes what the browser's visitor kept the account's. Only for pages: a program has no cookies, and a page of another
/// site that logs somebody in must not reach theirs.
pub(crate) async fn adopt(
    db: &mut store::Connection,
    web: &Web,
    headers: &HeaderMap,
    account: AccountId,
) -> Result<Adopted, Problem> {
    let AccountId::Attendee(event_id, user_id) = account else { return Ok(Adopted(None)) };
    let token = cookie::visitor(headers, event_id).filter(|_| cookie::is_page(headers));
    let Some(token) = token else { return Ok(Adopted(None)) };
    let new_id = VisitorId::from_entropy(&web.entropy);
    let (hash, now) = (token::hash(token), web.clock.now());
    store::visitor::adopt(db, event_id, hash, user_id, new_id, now).await?;
    Ok(Adopted(Some(event_id)))
}

impl Adopted {
    /// The answer, in which the browser is told to drop its cookie: the account says from now on who it is.
    pub(crate) fn tell(self, web: &Web, mut answer: Response) -> Response {
        if let Some(event_id) = self.0 {
            let line = cookie::clear_visitor(event_id, web.settings.https);
            answer.headers_mut().append(header::SET_COOKIE, line);
        }
        answer
    }
}
