//! What is known of a request beside its own words: its id, where it comes from, and, once known, who asks about what.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use domain::{EventId, Role, UserId};
use ipnet::IpNet;
use uuid::Uuid;

use crate::error::{Code, Problem};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    pub(crate) user_id: UserId,
    pub(crate) role: Role,
}

/// A request, as the audit log and the limits see it. Cheap to clone; clones speak of the same request.
#[derive(Clone, Debug)]
pub struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    address: String,
    actor: OnceLock<Actor>,
    event_id: OnceLock<EventId>,
    target_id: OnceLock<Uuid>,
}

impl Context {
    pub(crate) fn new(request_id: String, address: String) -> Self {
        let (actor, event_id, target_id) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { request_id, address, actor, event_id, target_id }))
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The caller's network address; empty when it is not known.
    pub(crate) fn address(&self) -> &str {
        &self.0.address
    }

    pub(crate) fn actor(&self) -> Option<Actor> {
        self.0.actor.get().copied()
    }

    pub(crate) fn event_id(&self) -> Option<EventId> {
        self.0.event_id.get().copied()
    }

    pub(crate) fn target_id(&self) -> Option<Uuid> {
        self.0.target_id.get().copied()
    }

    /// Notes who asks. The first to be noted stays.
    pub(crate) fn asked_by(&self, user_id: UserId, role: Role) {
        let _ = self.0.actor.set(Actor { user_id, role });
    }

    /// Notes about which event.
    pub(crate) fn at_event(&self, event_id: EventId) {
        let _ = self.0.event_id.set(event_id);
    }

    /// Notes whom or what the request is about.
    pub(crate) fn about(&self, target_id: Uuid) {
        let _ = self.0.target_id.set(target_id);
    }

    /// The context of a request that the middleware has let in.
    pub(crate) fn of(extensions: &Extensions) -> Result<Self, Problem> {
        extensions.get::<Self>().cloned().ok_or_else(|| Code::Internal.into())
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions)
    }
}

/// Where a request comes from: the other end of the connection or, behind proxies that are trusted, the last address
/// in `X-Forwarded-For` that is none of theirs.
pub(crate) fn address_of(headers: &HeaderMap, extensions: &Extensions, trusted: &[IpNet]) -> String {
    let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>() else { return String::new() };
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut address = peer.ip().to_canonical();
    if is_trusted(&address) {
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|line| line.split(',')).collect();
        for hop in hops.iter().rev() {
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
            address = hop.to_canonical();
            if !is_trusted(&address) {
                break;
            }
        }
    }
    address.to_string()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let check = |peer: &str, forwarded: &str, expected: &str| {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
            let name = axum::http::HeaderName::from_static("x-forwarded-for");
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_str(forwarded).unwrap())]);
            let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
            assert_eq!(address_of(&headers, &extensions, &trusted), expected, "{peer} {forwarded}");
        };
        check("203.0.113.7", "198.51.100.1", "203.0.113.7");
        check("10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1");
        check("10.0.0.1", "nonsense", "10.0.0.1");
        check("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1");
        check("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("::1", "", "::1");
    }
}
