//! Links by which a person chooses a password: made here, mailed, used by `reset_password`.

use domain::AccountId;
use notify::Kind;
use store::event::Event;
use time::Duration;

use super::token::{self, Purpose};
use crate::Web;
use crate::error::Problem;
use crate::mail::{To, link, post};

/// How long the link to another password works.
const RESET: Duration = Duration::minutes(30);
/// How long the link to a new account's first password works.
const FIRST: Duration = Duration::days(7);

/// Mails a link that sets another password. `event` is that of an attendee's account.
pub(crate) async fn reset(
    db: &mut store::Connection,
    web: &Web,
    to: &To<'_>,
    account: AccountId,
    event: Option<&Event>,
) -> Result<(), Problem> {
    let (token, hash) = token::new(Purpose::PasswordLink, &web.entropy);
    store::password_link::insert(db, hash, account, web.clock.now() + RESET).await?;
    let minutes = u32::try_from(RESET.whole_minutes()).unwrap_or(u32::MAX);
    let place = event.map(|event| event.name.as_str());
    let message = notify::reset_password(to.language, place, &reset_link(web, &token, event), minutes);
    post(db, web, to, Kind::ResetPassword, &message).await
}

/// Mails a link that sets the first password of an account which somebody else has made.
pub(crate) async fn first(
    db: &mut store::Connection,
    web: &Web,
    to: &To<'_>,
    account: AccountId,
    event: &Event,
) -> Result<(), Problem> {
    let (token, hash) = token::new(Purpose::PasswordLink, &web.entropy);
    store::password_link::insert(db, hash, account, web.clock.now() + FIRST).await?;
    let address = reset_link(web, &token, Some(event));
    let message = notify::choose_password(to.language, &event.name, &address);
    post(db, web, to, Kind::ChoosePassword, &message).await
}

/// The page that sets a password, and leads to the right log-in afterwards.
fn reset_link(web: &Web, token: &str, event: Option<&Event>) -> String {
    let event = event.map(|event| format!("&event={}", event.slug)).unwrap_or_default();
    format!("{}{event}", link(web, "reset", token))
}

/// Takes as long as [`reset`], for nobody.
pub(crate) async fn pretend(db: &mut store::Connection, web: &Web) -> Result<(), Problem> {
    let (_, hash) = token::new(Purpose::PasswordLink, &web.entropy);
    Ok(store::password_link::pretend(db, hash).await?)
}
