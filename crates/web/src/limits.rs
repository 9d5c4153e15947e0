//! How often somebody may try: one table. Counted in the database, so that all processes share it.
//!
//! Hundreds of people at a venue share one address (its router's), so limits per address are wide and those per
//! account are narrow.

use std::net::Ipv6Addr;

use domain::{Digest, EventId};
use store::Store;
use store::rate_limit::{self, Allowance, take};
use time::{Duration, OffsetDateTime};

use crate::auth::pseudonym::Pseudonyms;
use crate::context::Context;
use crate::error::{Problem, commit};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limited {
    LogIn,
    Registration,
    /// Asking for, or using, a link that was mailed.
    PasswordLink,
    Search,
    /// A search that is asked again as photos come.
    SearchAgain,
    /// Entering an event by a code.
    Entering,
    /// Becoming known at an event without an account.
    NewVisitor,
}

/// The allowances of one network address and of one account.
struct Rule {
    name: &'static str,
    address: Allowance,
    account: Allowance,
}

const fn per_minute(count: i32, burst: i32) -> Allowance {
    Allowance { interval: Duration::milliseconds(60_000 / count as i64), burst }
}

const fn per_hour(count: i32) -> Allowance {
    Allowance { interval: Duration::seconds(3600 / count as i64), burst: count }
}

impl Limited {
    const fn rule(self) -> Rule {
        match self {
            Self::LogIn => {
                Rule { name: "log-in", address: per_minute(300, 300), account: per_minute(10, 10) }
            }
            Self::Registration => {
                Rule { name: "registration", address: per_minute(120, 300), account: per_minute(5, 5) }
            }
            Self::PasswordLink => {
                Rule { name: "password", address: per_minute(30, 60), account: per_hour(5) }
            }
            Self::Search => {
                Rule { name: "search", address: per_minute(600, 600), account: per_minute(30, 30) }
            }
            // Every page that is open asks again, at most once per second, while photos are read.
            Self::SearchAgain => {
                Rule { name: "search again", address: per_minute(30_000, 6000), account: per_minute(60, 60) }
            }
            Self::Entering => {
                Rule { name: "entering", address: per_minute(300, 300), account: per_minute(10, 10) }
            }
            Self::NewVisitor => {
                Rule { name: "visitor", address: per_minute(300, 600), account: per_minute(300, 300) }
            }
        }
    }
}

/// Wrong codes of one network at one event. Codes may be as short as a table's number, so that they must not be tried out
/// as fast as a queue of guests may enter; a hall in which every tenth guest mistypes stays below it.
const WRONG_CODES: Allowance = per_minute(20, 100);
/// One and the same wrong code counts once an hour: a poster whose code has changed is no guess, however many scan it.
const SAME_WRONG_CODE: Allowance = per_hour(1);

/// Counts requests against their limits. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Limits<'a> {
    pub(crate) store: &'a Store,
    pub(crate) pseudonyms: &'a Pseudonyms,
    pub(crate) enabled: bool,
}

impl Limits<'_> {
    /// Counts one request from the context's address and, where there is one, of `account`.
    ///
    /// # Errors
    /// When a limit is reached.
    pub(crate) async fn check(
        &self,
        limited: Limited,
        context: &Context,
        account: Option<Digest>,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        if !self.enabled {
            return Ok(());
        }
        let rule = limited.rule();
        let key = |text: &str| self.pseudonyms.of(rule.name, text);
        let mut tx = self.store.begin().await?;
        let mut wait =
            take(&mut tx, key(&network(context.address(), HOUSEHOLD_BITS)), rule.address, now).await?;
        if let (None, Some(account)) = (wait, account) {
            wait = take(&mut tx, key(&account.to_string()), rule.account, now).await?;
        }
        commit(tx).await?;
        wait.map_or(Ok(()), |wait| Err(Problem::too_many_attempts(wait)))
    }

    /// Whether the context's network may try a code of the event.
    ///
    /// # Errors
    /// When too many different ones were wrong.
    pub(crate) async fn check_wrong_codes(
        &self,
        context: &Context,
        event_id: EventId,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        if !self.enabled {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        let wait = rate_limit::wait(&mut tx, self.guesses(context, event_id), WRONG_CODES, now).await?;
        wait.map_or(Ok(()), |wait| Err(Problem::too_many_attempts(wait)))
    }

    /// Counts a wrong code.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn count_wrong_code(
        &self,
        context: &Context,
        event_id: EventId,
        code: &str,
        now: OffsetDateTime,
    ) -> Result<(), Problem> {
        if !self.enabled {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        let guesses = self.guesses(context, event_id);
        let this_one = self.pseudonyms.of("wrong code", &format!("{guesses} {code}"));
        if take(&mut tx, this_one, SAME_WRONG_CODE, now).await?.is_none() {
            rate_limit::count(&mut tx, guesses, WRONG_CODES, now).await?;
        }
        commit(tx).await
    }

    fn guesses(&self, context: &Context, event_id: EventId) -> Digest {
        let network = network(context.address(), SITE_BITS);
        self.pseudonyms.of("wrong codes", &format!("{event_id} {network}"))
    }
}

/// Of an IPv6 address, what a household or a server has all that follows of, and what a site has.
const HOUSEHOLD_BITS: u32 = 64;
const SITE_BITS: u32 = 48;

/// What counts as one address: of IPv6 the first `bits`.
fn network(address: &str, bits: u32) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => Ipv6Addr::from(u128::from(address) & !(u128::MAX >> bits)).to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_ipv6_are_one() {
        let household = |address| network(address, HOUSEHOLD_BITS);
        assert_eq!(household("2001:db8:1:2:3:4:5:6"), household("2001:db8:1:2::9"));
        assert_ne!(household("2001:db8:1:2::1"), household("2001:db8:1:3::1"));
        assert_eq!(household("192.0.2.7"), "192.0.2.7");
        let site = |address| network(address, SITE_BITS);
        assert_eq!(site("2001:db8:1:2::1"), site("2001:db8:1:3::1"));
        assert_ne!(site("2001:db8:1::1"), site("2001:db8:2::1"));
    }
}
