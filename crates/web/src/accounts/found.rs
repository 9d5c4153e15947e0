//! The account that somebody names when they log in or have forgotten their password.

use domain::{AccountId, Digest, Role};
use store::event::Event;

use crate::Web;
use crate::error::Problem;
use crate::extract::event_named;

/// An account that was found by its e-mail or user name.
pub(crate) struct Found {
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    pub(crate) email: Option<String>,
    pub(crate) password_hash: Option<String>,
    pub(crate) mfa_enabled: bool,
    /// The event of an attendee's account.
    pub(crate) event: Option<Event>,
}

/// The account with this e-mail or user name: among the staff, or at the event that is named by slug or id. An event that
/// does not exist has none.
pub(crate) async fn find(web: &Web, login: &str, event: Option<&str>) -> Result<Option<Found>, Problem> {
    if login.contains('\0') {
        return Ok(None);
    }
    let mut tx = web.store.begin().await?;
    let Some(name) = event else {
        return Ok(store::staff::by_login(&mut tx, login).await?.map(|staff| Found {
            account: AccountId::Staff(staff.user_id),
            role: staff.role,
            email: Some(staff.email),
            password_hash: Some(staff.password_hash),
            mfa_enabled: staff.mfa_enabled,
            event: None,
        }));
    };
    let Some(event) = event_named(&mut tx, name).await? else { return Ok(None) };
    let attendee = store::attendee::by_login(&mut tx, event.event_id, login).await?;
    Ok(attendee.map(|attendee| Found {
        account: AccountId::Attendee(event.event_id, attendee.user_id),
        role: Role::Attendee,
        email: attendee.email,
        password_hash: attendee.password_hash,
        mfa_enabled: false,
        event: Some(event),
    }))
}

/// Under which name its attempts are counted, whether it exists or not.
pub(crate) fn counted_as(web: &Web, found: Option<&Found>, login: &str, event: Option<&str>) -> Digest {
    match found {
        Some(found) => web.pseudonyms.of_person(found.account.user_id()),
        None => web.pseudonyms.of_nobody(event, login),
    }
}
