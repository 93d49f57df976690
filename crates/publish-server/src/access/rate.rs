//! How often somebody may ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Buckets that are kept before those at rest are looked for.
const MANY: usize = 10_000;

/// Time between two looks for buckets at rest.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Requests of one caller in a second.
const DEFAULT_RATE: u32 = 500;

/// Wrong passwords that an address, or a name, has at once.
const TRIES: f64 = 10.0;

/// Time after which a wrong password is forgiven.
const FORGIVE_AFTER: Duration = Duration::from_secs(6);

/// Limits by token buckets: a burst at once, then a steady rate.
///
/// - Requests are counted by who asks: the name of the credential, or the address where access is off. A burst has twice
///   the requests of a second.
/// - Wrong passwords are counted by address and by the name that was tried: ten at once, then one every six seconds. An
///   IPv6 address counts as its /64, which one host may have to itself.
#[derive(Debug)]
pub struct RateLimits {
    requests: Option<Buckets<String>>,
    tries_of_peer: Buckets<IpAddr>,
    tries_of_name: Buckets<String>,
}

impl RateLimits {
    /// Limits everybody to `per_second` requests; `None` sets no limit.
    pub fn new(per_second: Option<NonZeroU32>) -> Self {
        let tries_per_second = 1.0 / FORGIVE_AFTER.as_secs_f64();
        Self {
            requests: per_second.map(|rate| Buckets::new(f64::from(rate.get()) * 2.0, f64::from(rate.get()))),
            tries_of_peer: Buckets::new(TRIES, tries_per_second),
            tries_of_name: Buckets::new(TRIES, tries_per_second),
        }
    }

    /// Counts a request of `who`.
    ///
    /// # Errors
    /// The time to wait where there were too many.
    pub fn count_request(&self, who: &str) -> Result<(), Duration> {
        self.requests.as_ref().map_or(Ok(()), |buckets| buckets.take(who.to_owned()))
    }

    /// Counts a try to log in, before the password is looked at, so that many at once don't pass.
    ///
    /// # Errors
    /// The time to wait where there were too many wrong ones.
    pub(super) fn count_try(&self, peer: Option<IpAddr>, name: &str) -> Result<(), Duration> {
        let peer = peer.map(network);
        if let Some(peer) = peer {
            self.tries_of_peer.take(peer)?;
        }
        self.tries_of_name.take(name.to_owned()).inspect_err(|_| {
            if let Some(peer) = peer {
                self.tries_of_peer.give_back(&peer);
            }
        })
    }

    /// Takes the count of a try back: the password was right.
    pub(super) fn forgive_try(&self, peer: Option<IpAddr>, name: &str) {
        if let Some(peer) = peer {
            self.tries_of_peer.give_back(&network(peer));
        }
        self.tries_of_name.give_back(&name.to_owned());
    }
}

impl Default for RateLimits {
    /// 500 requests of each in a second.
    fn default() -> Self {
        Self::new(NonZeroU32::new(DEFAULT_RATE))
    }
}

/// The part of an address that tells one host from another.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// A token bucket for each key. A bucket that is full again is as good as none, and is forgotten.
#[derive(Debug)]
struct Buckets<K> {
    burst: f64,
    per_second: f64,
    kept: Mutex<Kept<K>>,
}

#[derive(Debug)]
struct Kept<K> {
    by_key: HashMap<K, Bucket>,
    looked: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl<K: Hash + Eq> Buckets<K> {
    fn new(burst: f64, per_second: f64) -> Self {
        let kept = Kept { by_key: HashMap::new(), looked: Instant::now() };
        Self { burst, per_second, kept: Mutex::new(kept) }
    }

    fn take(&self, key: K) -> Result<(), Duration> {
        let now = Instant::now();
        let mut kept = self.kept();
        if kept.by_key.len() >= MANY && now - kept.looked >= LOOK_EVERY {
            kept.looked = now;
            kept.by_key.retain(|_, bucket| self.left(bucket, now) < self.burst);
        }
        let bucket = kept.by_key.entry(key).or_insert(Bucket { left: self.burst, at: now });
        let left = self.left(bucket, now);
        if left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - left) / self.per_second));
        }
        *bucket = Bucket { left: left - 1.0, at: now };
        Ok(())
    }

    fn give_back(&self, key: &K) {
        let now = Instant::now();
        if let Some(bucket) = self.kept().by_key.get_mut(key) {
            *bucket = Bucket { left: (self.left(bucket, now) + 1.0).min(self.burst), at: now };
        }
    }

    fn left(&self, bucket: &Bucket, now: Instant) -> f64 {
        (bucket.left + (now - bucket.at).as_secs_f64() * self.per_second).min(self.burst)
    }

    /// Nothing panics while this is held, so that what a poisoned lock guards is whole.
    fn kept(&self) -> MutexGuard<'_, Kept<K>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn limits(per_second: u32) -> RateLimits {
        RateLimits::new(NonZeroU32::new(per_second))
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_the_rate_holds() {
        let limits = limits(10);
        assert_eq!((0..30).filter(|_| limits.count_request("a").is_ok()).count(), 20);
        assert!(limits.count_request("b").is_ok(), "others are not held back");
        let wait = limits.count_request("a").unwrap_err();
        assert!(wait <= Duration::from_millis(100), "{wait:?}");
        advance(wait + Duration::from_millis(1)).await;
        assert!(limits.count_request("a").is_ok(), "the time to wait is enough");
        advance(Duration::from_secs(1)).await;
        assert_eq!((0..30).filter(|_| limits.count_request("a").is_ok()).count(), 10);
    }

    #[test]
    fn no_limit_is_none() {
        let limits = limits(0);
        assert!((0..10_000).all(|_| limits.count_request("a").is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_passwords_have_ten_tries_and_right_ones_as_many_as_they_like() {
        let limits = limits(0);
        let peer = Some(IpAddr::from([10, 0, 0, 1]));
        for _ in 0..100 {
            limits.count_try(peer, "root").unwrap();
            limits.forgive_try(peer, "root");
        }
        assert_eq!((0..30).filter(|_| limits.count_try(peer, "root").is_ok()).count(), 10);
        let other = Some(IpAddr::from([10, 0, 0, 2]));
        assert!(limits.count_try(other, "root").is_err(), "also from another address");
        assert!(limits.count_try(peer, "bob").is_err(), "also another name from there");
        assert!(limits.count_try(other, "bob").is_ok());
        advance(FORGIVE_AFTER).await;
        assert!(limits.count_try(peer, "root").is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_names_is_forgotten_again() {
        let limits = limits(1);
        for number in 0..MANY {
            assert!(limits.count_request(&number.to_string()).is_ok());
        }
        advance(Duration::from_secs(60)).await;
        assert!(limits.count_request("one more").is_ok());
        assert_eq!(limits.requests.as_ref().unwrap().kept().by_key.len(), 1);
    }

    #[test]
    fn addresses_of_one_host_are_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
