//! Which way a client went: a request whose `Referer` lies outside every prefix may come from a page or a script that was
//! itself found to be an instance's (prefix.md 4: module graphs and chains of style sheets). Kept per client, so that two
//! people, or two apps with a path of the same name, are not mixed up.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};

use crate::domain::InstanceId;

/// So many steps are remembered, of all clients together; the oldest are forgotten.
const MOST: usize = 4096;

/// The steps.
#[derive(Debug, Default)]
pub(in crate::proxy) struct Trail {
    hasher: RandomState,
    steps: Mutex<Steps>,
}

#[derive(Debug, Default)]
struct Steps {
    to: HashMap<u64, InstanceId>,
    order: VecDeque<u64>,
}

impl Trail {
    /// This client's `path`, outside every prefix, is the instance's. Never for `/`: that is the dashboard.
    pub(in crate::proxy) fn mark(&self, client: IpAddr, headers: &HeaderMap, path: &str, instance: InstanceId) {
        if path == "/" || path.is_empty() {
            return;
        }
        let key = self.key(client, headers, path);
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.to.insert(key, instance).is_none() {
            steps.order.push_back(key);
        }
        if steps.order.len() > MOST
            && let Some(oldest) = steps.order.pop_front()
        {
            steps.to.remove(&oldest);
        }
    }

    /// Whose this client's `path` was.
    pub(in crate::proxy) fn follow(&self, client: IpAddr, headers: &HeaderMap, path: &str) -> Option<InstanceId> {
        let key = self.key(client, headers, path);
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).to.get(&key).copied()
    }

    /// Behind one address there may be several browsers.
    fn key(&self, client: IpAddr, headers: &HeaderMap, path: &str) -> u64 {
        let agent = headers.get(USER_AGENT).map_or(&b""[..], HeaderValue::as_bytes);
        self.hasher.hash_one((client.to_canonical(), agent, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(name))])
    }

    #[test]
    fn steps_are_a_clients_own() {
        let (trail, one, two) = (Trail::default(), "10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        trail.mark(one, &agent("a"), "/x.css", 7);
        trail.mark(one, &agent("a"), "/", 7);
        assert_eq!(trail.follow(one, &agent("a"), "/x.css"), Some(7));
        assert_eq!(trail.follow("::ffff:10.0.0.1".parse().unwrap(), &agent("a"), "/x.css"), Some(7));
        assert_eq!(trail.follow(one, &agent("b"), "/x.css"), None);
        assert_eq!(trail.follow(two, &agent("a"), "/x.css"), None);
        assert_eq!(trail.follow(one, &agent("a"), "/"), None);
        trail.mark(one, &agent("a"), "/x.css", 8);
        assert_eq!(trail.follow(one, &agent("a"), "/x.css"), Some(8));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let (trail, client) = (Trail::default(), "10.0.0.1".parse().unwrap());
        for n in 0..MOST + 10 {
            trail.mark(client, &agent("a"), &format!("/{n}"), 1);
        }
        assert_eq!(trail.follow(client, &agent("a"), "/3"), None);
        assert_eq!(trail.follow(client, &agent("a"), "/4000"), Some(1));
        let steps = trail.steps.lock().unwrap();
        assert_eq!((steps.to.len(), steps.order.len()), (MOST, MOST));
    }
}
