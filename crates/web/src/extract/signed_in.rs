//! Who asks: the person behind the token that the request carries.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use domain::{AccountId, EventId, Role, SignInId, UserId};
use store::sign_in::Person;

use crate::Web;
use crate::auth::cookie;
use crate::context::Context;
use crate::error::{Code, Problem};

/// A person who is logged in.
#[derive(Debug)]
pub struct Principal {
    /// Which log-in.
    pub sign_in_id: SignInId,
    /// What they may do.
    pub role: Role,
    /// The person, as the database knows them now.
    pub person: Person,
}

impl Principal {
    /// Their id.
    pub fn user_id(&self) -> UserId {
        self.person.account.user_id()
    }

    /// Whose account.
    pub fn account(&self) -> AccountId {
        self.person.account
    }

    /// Whether they may make events, and change those that they are assigned to.
    pub fn may_manage_events(&self) -> bool {
        matches!(self.role, Role::Admin | Role::Organiser)
    }
}

/// Anybody with an account who is logged in.
#[derive(Debug)]
pub struct SignedIn(pub Principal);

/// A member of staff, before the second step that may be required of them: for setting it up.
#[derive(Debug)]
pub struct StaffAccount(pub Principal);

/// A member of staff.
#[derive(Debug)]
pub struct Staff(pub Principal);

/// An admin.
#[derive(Debug)]
pub struct Admin(pub Principal);

/// An organiser.
#[derive(Debug)]
pub struct Organiser(pub Principal);

/// A photographer.
#[derive(Debug)]
pub struct Photographer(pub Principal);

/// Somebody who may make events: an admin or an organiser.
#[derive(Debug)]
pub struct EventMaker(pub Principal);

/// An attendee, at their event.
#[derive(Debug)]
pub struct Attendee {
    /// At which event.
    pub event_id: EventId,
    /// Who.
    pub user_id: UserId,
}

async fn principal<S>(parts: &mut Parts, state: &S) -> Result<Principal, Problem>
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    refuse_forged(&parts.method, &parts.headers)?;
    let web = Web::from_ref(state);
    let now = web.clock.now();
    let token = cookie::access(&parts.headers).ok_or(Code::NotLoggedIn)?;
    let claims = web.tokens.read(token).filter(|claims| claims.is_current(now)).ok_or(Code::NotLoggedIn)?;
    let mut tx = web.store.begin().await?;
    let person = store::sign_in::person(&mut tx, claims.sign_in_id(), now).await?;
    // The database has the last word: a token of somebody who was deleted, logged out or given another role since is
    // worth nothing.
    let person = person.filter(|person| claims.speaks_of(person)).ok_or(Code::NotLoggedIn)?;
    Context::of(&parts.extensions)?.asked_by(person.account.user_id(), person.role);
    Ok(Principal { sign_in_id: claims.sign_in_id(), role: person.role, person })
}

/// A page of another site can make a browser send our cookie, but not a header of its own without our leave.
/// (OWASP, Cross-Site Request Forgery Prevention: custom request headers.)
pub(crate) fn refuse_forged(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let only_reads = *method == Method::GET || *method == Method::HEAD;
    let guarded = cookie::is_page(headers) || headers.contains_key(header::AUTHORIZATION);
    if only_reads || guarded { Ok(()) } else { Err(Code::GuardHeaderMissing.into()) }
}

async fn staff<S>(parts: &mut Parts, state: &S, allowed: &[Role]) -> Result<Principal, Problem>
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    let principal = principal(parts, state).await?;
    if !principal.role.is_staff() {
        return Err(Code::Forbidden.into());
    }
    if principal.person.mfa_enrolment_needed {
        return Err(Code::MfaEnrolmentNeeded.into());
    }
    if allowed.contains(&principal.role) { Ok(principal) } else { Err(Code::Forbidden.into()) }
}

/// A type that a handler takes so that only these roles reach it.
macro_rules! only {
    ($name:ident: $($role:ident)|+) => {
        impl<S> FromRequestParts<S> for $name
        where
            S: Send + Sync,
            Web: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                staff(parts, state, &[$(Role::$role),+]).await.map(Self)
            }
        }
    };
}

only!(Staff: Admin | Organiser | Photographer);
only!(Admin: Admin);
only!(Organiser: Organiser);
only!(Photographer: Photographer);
only!(EventMaker: Admin | Organiser);

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        principal(parts, state).await.map(Self)
    }
}

impl<S> FromRequestParts<S> for StaffAccount
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let principal = principal(parts, state).await?;
        if principal.role.is_staff() { Ok(Self(principal)) } else { Err(Code::Forbidden.into()) }
    }
}

impl<S> FromRequestParts<S> for Attendee
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match principal(parts, state).await?.account() {
            AccountId::Attendee(event_id, user_id) => {
                Context::of(&parts.extensions)?.at_event(event_id);
                Ok(Self { event_id, user_id })
            }
            AccountId::Staff(_) => Err(Code::Forbidden.into()),
        }
    }
}
