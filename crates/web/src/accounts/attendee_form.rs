//! An attendee's account made by somebody else: by a photographer, an organiser, an admin, or from a list.

use domain::{AccountId, Email, Language, PersonName, UserId, Username};
use serde::{Deserialize, Serialize};
use store::attendee::{Attendee as StoredAttendee, NewAttendee};
use store::event::Event;
use store::outbox::Concerns;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::fields;
use crate::Web;
use crate::auth::password_link;
use crate::context::Context;
use crate::error::{Problem, commit};
use crate::mail::To;

/// A new attendee. Without a password, a link to choose one is mailed.
#[derive(Deserialize, ToSchema)]
pub struct AttendeeForm {
    /// 1 to 120 characters.
    pub(crate) name: String,
    /// May be left out if there are user name and password.
    pub(crate) email: Option<String>,
    /// 3 to 40 letters, digits, dots, hyphens or underscores.
    pub(crate) username: Option<String>,
    /// 10 to 200 characters, not among the common ones.
    pub(crate) password: Option<String>,
    /// The language of the mail; that of whoever asks when left out.
    #[schema(value_type = Option<String>, example = "fr")]
    pub(crate) language: Option<Language>,
}

/// An attendee, as staff see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attendee {
    user_id: Uuid,
    name: String,
    email: Option<String>,
    username: Option<String>,
    /// Whether they have chosen a password yet.
    has_password: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl Attendee {
    pub(crate) fn user_id(&self) -> Uuid {
        self.user_id
    }
}

impl From<StoredAttendee> for Attendee {
    fn from(stored: StoredAttendee) -> Self {
        let StoredAttendee { user_id, name, email, username, password_hash, created_at } = stored;
        Self { user_id: user_id.0, name, email, username, has_password: password_hash.is_some(), created_at }
    }
}

/// A form whose fields are right.
pub(crate) struct Checked {
    pub(crate) name: PersonName,
    pub(crate) email: Option<Email>,
    pub(crate) username: Option<Username>,
    pub(crate) password_hash: Option<String>,
    pub(crate) language: Language,
}

impl AttendeeForm {
    /// Checks the fields and hashes the password.
    pub(crate) async fn check(self, web: &Web, language: Language) -> Result<Checked, Problem> {
        let name = fields::name(&self.name)?;
        let email = fields::optional_email(self.email.as_deref())?;
        let username = fields::username(self.username.as_deref())?;
        let password = self.password.filter(|password| !password.is_empty());
        if email.is_none() && username.is_none() {
            return Err(Problem::field("email"));
        }
        if email.is_none() && password.is_none() {
            // Nobody could ever log in: there is no address to mail a link to.
            return Err(Problem::field("password"));
        }
        let password_hash = match password {
            Some(password) => {
                let about = [name.as_str(), email.as_ref().map_or("", Email::as_str)];
                let hash = web.passwords.hash(password, &about, &web.entropy).await;
                Some(hash.map_err(|error| error.problem("password"))?)
            }
            None => None,
        };
        Ok(Checked { name, email, username, password_hash, language: self.language.unwrap_or(language) })
    }
}

/// Adds the account and, if it has no password, mails the link to choose one.
pub(crate) async fn add(
    db: &mut store::Connection,
    web: &Web,
    event: &Event,
    form: &Checked,
    created_by: Option<UserId>,
) -> Result<Attendee, Problem> {
    let (user_id, created_at) = (UserId::from_entropy(&web.entropy), web.clock.now());
    let new = NewAttendee {
        user_id,
        name: &form.name,
        email: form.email.as_ref(),
        username: form.username.as_ref(),
        password_hash: form.password_hash.as_deref(),
        created_by,
        created_at,
    };
    store::attendee::insert(db, event.event_id, &new).await.map_err(fields::taken)?;
    if let (None, Some(email)) = (&form.password_hash, &form.email) {
        let account = AccountId::Attendee(event.event_id, user_id);
        let to = To { email, language: form.language, concerns: Concerns::Account(account) };
        password_link::first(db, web, &to, account, event).await?;
    }
    Ok(Attendee {
        user_id: user_id.0,
        name: form.name.as_str().to_owned(),
        email: form.email.as_ref().map(|email| email.as_str().to_owned()),
        username: form.username.as_ref().map(|username| username.as_str().to_owned()),
        has_password: form.password_hash.is_some(),
        created_at,
    })
}

/// Makes one account, for a member of staff.
pub(crate) async fn create(
    web: &Web,
    context: &Context,
    event: &Event,
    created_by: UserId,
    language: Language,
    form: AttendeeForm,
) -> Result<Attendee, Problem> {
    let form = form.check(web, language).await?;
    let mut tx = web.store.begin().await?;
    let attendee = add(&mut tx, web, event, &form, Some(created_by)).await?;
    commit(tx).await?;
    context.about(attendee.user_id);
    Ok(attendee)
}
