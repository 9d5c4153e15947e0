//! Links by which a person chooses a password: made here, mailed, used by `reset_password`.

use domain::AccountId;
use notify::Kind;
use time::Duration;

use super::token::{self, Purpose};
use crate::Web;
use crate::error::Problem;
use crate::mail::{To, link, post};

/// How long the link to a new account's first password works.
pub(crate) const FIRST: Duration = Duration::days(7);

/// Mails a link that sets another password. `place` is the event of an attendee's account.
pub(crate) async fn reset(
    db: &mut store::Connection,
    web: &Web,
    to: &To<'_>,
    account: AccountId,
    place: Option<&str>,
    lasts: Duration,
) -> Result<(), Problem> {
    let (token, hash) = token::new(Purpose::PasswordLink, &web.entropy);
    store::password_link::insert(db, hash, account, web.clock.now() + lasts).await?;
    let minutes = u32::try_from(lasts.whole_minutes()).unwrap_or(u32::MAX);
    let message = notify::reset_password(to.language, place, &link(web, "reset", &token), minutes);
    post(db, web, to, Kind::ResetPassword, &message).await
}

/// Mails a link that sets the first password of an account which somebody else has made.
pub(crate) async fn first(
    db: &mut store::Connection,
    web: &Web,
    to: &To<'_>,
    account: AccountId,
    place: &str,
) -> Result<(), Problem> {
    let (token, hash) = token::new(Purpose::PasswordLink, &web.entropy);
    store::password_link::insert(db, hash, account, web.clock.now() + FIRST).await?;
    let message = notify::choose_password(to.language, place, &link(web, "reset", &token));
    post(db, web, to, Kind::ChoosePassword, &message).await
}

/// Takes as long as [`reset`], for nobody.
pub(crate) async fn pretend(db: &mut store::Connection, web: &Web) -> Result<(), Problem> {
    let (_, hash) = token::new(Purpose::PasswordLink, &web.entropy);
    Ok(store::password_link::pretend(db, hash).await?)
}
