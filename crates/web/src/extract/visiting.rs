//! Who looks at an event: somebody with an account at it, staff, or whoever's browser has a cookie; or nobody known yet.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::{AccessMode, AccountId, Role, UserId, VisitorId};
use store::event::Event;
use store::event_hour;
use store::sign_in::Person;
use store::visitor::{self, KnownBy, Visitor};

use super::in_event::InEvent;
use super::signed_in::refuse_forged;
use crate::Web;
use crate::auth::cookie;
use crate::auth::token::{self, Purpose};
use crate::context::Context;
use crate::error::{Code, Problem, commit};
use crate::limits::Limited;
use crate::media::sign::MadeFor;

/// Whoever asks for an event's page, let in or not. Nobody is refused, so a handler that takes this decides itself what
/// those who are not let in may know.
#[derive(Debug)]
pub struct Guest {
    /// Which event.
    pub event: Event,
    /// What is kept of them, if they are known.
    pub visitor: Option<Visitor>,
    /// Their account at the event.
    pub account: Option<Account>,
    /// Whether they are let in.
    pub entered: bool,
    /// Whether what they ask for can be kept for later: by an account, or by the cookies of a page.
    pub keeps: bool,
    /// Whether no page of another site can have sent this.
    guarded: bool,
}

/// An attendee's account at the event that is asked about.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
}

/// A guest who is let in: the event is open, they knew its code, have a seat of a pack or an account, or are its staff.
#[derive(Debug)]
pub struct Visiting(pub Guest);

/// A visitor of whom something is kept, and what their browser has to be told so that it is known again.
#[derive(Debug)]
pub struct Known {
    /// The visitor.
    pub visitor: Visitor,
    /// Goes into the answer.
    pub headers: HeaderMap,
}

impl Guest {
    /// The visitor's id, if they are known.
    pub fn visitor_id(&self) -> Option<VisitorId> {
        self.visitor.as_ref().map(|visitor| visitor.visitor_id)
    }

    /// The same server, which makes addresses of photos for this visitor: somebody who is hidden goes on to see the photos
    /// that others do not.
    #[must_use]
    pub fn addresses(&self, mut web: Web) -> Web {
        if let Some(visitor) = self.visitor.as_ref().filter(|visitor| visitor.hidden) {
            web.urls = web.urls.made_for(MadeFor::Visitor(visitor.visitor_id));
        }
        web
    }

    /// The visitor; made now if they were not known. Call it when the request is found good, so that none is made for
    /// what is refused, and while no connection to the database is held.
    ///
    /// # Errors
    /// When the request may come from a page of another site, too many visitors were made, or the database fails.
    pub async fn or_new(&self, web: &Web, context: &Context) -> Result<Known, Problem> {
        if !self.guarded {
            return Err(Code::GuardHeaderMissing.into());
        }
        let mut headers = HeaderMap::new();
        if let Some(visitor) = &self.visitor {
            return Ok(Known { visitor: visitor.clone(), headers });
        }
        let (now, event_id) = (web.clock.now(), self.event.event_id);
        let known_by = if let Some(account) = &self.account {
            KnownBy::Account(account.user_id)
        } else {
            web.limits().check(Limited::NewVisitor, context, None, now).await?;
            let (token, hash) = token::new(Purpose::Visitor, &web.entropy);
            let line = cookie::set_visitor(event_id, &token, web.settings.https);
            headers.insert(header::SET_COOKIE, line);
            KnownBy::Cookie(hash)
        };
        let mut tx = web.store.begin().await?;
        let visitor_id = VisitorId::from_entropy(&web.entropy);
        let visitor = visitor::get_or_insert(&mut tx, event_id, visitor_id, known_by, now).await?;
        if visitor.visitor_id == visitor_id {
            event_hour::count(&mut tx, event_id, now, event_hour::Kind::Visitor, 1).await?;
        }
        commit(tx).await?;
        Ok(Known { visitor, headers })
    }
}

impl<S> FromRequestParts<S> for Guest
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let web = Web::from_ref(state);
        let InEvent(event) = InEvent::from_request_parts(parts, &web).await?;
        let guarded = refuse_forged(&parts.method, &parts.headers);
        let token = cookie::visitor(&parts.headers, event.event_id);
        if token.is_some() || cookie::access(&parts.headers).is_some() {
            // What a cookie says counts only if no page of another site made the browser send it.
            guarded.clone()?;
        }
        let mut tx = web.store.begin().await?;
        let person = person(&mut tx, &web, &parts.headers).await?;
        let account = person.as_ref().and_then(|person| account_at(person, &event));
        let visitor = match (&account, token) {
            (Some(account), _) => visitor::by_user(&mut tx, event.event_id, account.user_id).await?,
            (None, Some(token)) => visitor::by_token(&mut tx, event.event_id, token::hash(token)).await?,
            (None, None) => None,
        };
        if let Some(visitor) = &visitor {
            visitor::seen(&mut tx, event.event_id, visitor, web.clock.now()).await?;
        }
        let is_staff = works_here(&mut tx, person.as_ref(), &event).await?;
        let entered = account.is_some() || is_staff || lets_in(&event, visitor.as_ref());
        commit(tx).await?;
        if let Some(person) = &person {
            Context::of(&parts.extensions)?.asked_by(person.account.user_id(), person.role);
        }
        let keeps = account.is_some() || cookie::is_page(&parts.headers);
        Ok(Self { event, visitor, account, entered, keeps, guarded: guarded.is_ok() })
    }
}

/// Whose log-in the request carries. A token that says nothing, or of a log-in that has ended, is nobody's; one that has
/// run out while its log-in goes on is refused: its owner can have a fresh one, and what they keep must not go astray.
async fn person(
    db: &mut store::Connection,
    web: &Web,
    headers: &HeaderMap,
) -> Result<Option<Person>, Problem> {
    let now = web.clock.now();
    let Some(claims) = cookie::access(headers).and_then(|token| web.tokens.read(token)) else {
        return Ok(None);
    };
    let Some(person) = store::sign_in::person(db, claims.sign_in_id(), now).await? else { return Ok(None) };
    if claims.is_current(now) && claims.speaks_of(&person) {
        Ok(Some(person))
    } else {
        Err(Code::NotLoggedIn.into())
    }
}

fn account_at(person: &Person, event: &Event) -> Option<Account> {
    match person.account {
        AccountId::Attendee(event_id, user_id) if event_id == event.event_id => {
            Some(Account { user_id, name: person.name.clone() })
        }
        AccountId::Attendee(..) | AccountId::Staff(_) => None,
    }
}

/// Whether this is a member of staff who works at the event, or an admin.
async fn works_here(
    db: &mut store::Connection,
    person: Option<&Person>,
    event: &Event,
) -> Result<bool, Problem> {
    let Some(person) = person.filter(|person| person.role.is_staff() && !person.mfa_enrolment_needed) else {
        return Ok(false);
    };
    let user_id = person.account.user_id();
    Ok(person.role == Role::Admin || store::event_staff::is_assigned(db, event.event_id, user_id).await?)
}

/// Whether the event is open, or the visitor entered as it asks for.
fn lets_in(event: &Event, visitor: Option<&Visitor>) -> bool {
    let has_seat = visitor.is_some_and(|visitor| visitor.pack_id.is_some());
    match event.access.mode {
        AccessMode::Open => true,
        AccessMode::Code => {
            let knew_code = |visitor: &Visitor| visitor.access_epoch == Some(event.access.epoch);
            has_seat || visitor.is_some_and(knew_code)
        }
        AccessMode::Invitation => has_seat,
    }
}

impl<S> FromRequestParts<S> for Visiting
where
    S: Send + Sync,
    Web: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let guest = Guest::from_request_parts(parts, state).await?;
        match guest.event.access.mode {
            _ if guest.entered => Ok(Self(guest)),
            AccessMode::Invitation => Err(Code::InvitationNeeded.into()),
            AccessMode::Code | AccessMode::Open => Err(Code::CodeNeeded.into()),
        }
    }
}
