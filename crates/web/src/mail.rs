//! Messages that a request causes. Until a mail server can be set up they are simulated: they lie in the outbox, where
//! admins read them, and nothing is sent.

use domain::{Email, Language, MessageId};
use notify::{Kind, Message};
use store::outbox::{Concerns, NewMessage};

use crate::Web;
use crate::error::Problem;

/// Whom a message is for.
pub(crate) struct To<'a> {
    pub(crate) email: &'a Email,
    pub(crate) language: Language,
    pub(crate) concerns: Concerns,
}

/// Puts a message into the outbox, in the transaction of its cause.
pub(crate) async fn post(
    db: &mut store::Connection,
    web: &Web,
    to: &To<'_>,
    kind: Kind,
    message: &Message,
) -> Result<(), Problem> {
    let new = NewMessage {
        message_id: MessageId::from_entropy(&web.entropy),
        kind: kind.as_str(),
        recipient: to.email,
        language: to.language,
        subject: &message.subject,
        body: &message.body,
        concerns: to.concerns,
        created_at: web.clock.now(),
    };
    Ok(store::outbox::simulate(db, &new).await?)
}

/// The address of a page that a message leads to.
pub(crate) fn link(web: &Web, page: &str, token: &str) -> String {
    format!("{}/{page}?token={token}", web.settings.public_url)
}
