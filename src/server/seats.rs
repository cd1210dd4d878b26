//! Room for connections: of everybody together, and of one address. Asked once for each connection.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use crate::net::address::network;
use crate::net::until::until_cancelled;

/// How often it is said that there are too many.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// All the room there is; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    all: Arc<Semaphore>,
    guests: Arc<Guests>,
    full: Arc<Complaint>,
}

/// Room for one connection, which is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _permit: OwnedSemaphorePermit,
    guest: Option<(Arc<Guests>, IpAddr)>,
}

/// How many connections each network has that has any.
#[derive(Debug)]
struct Guests {
    most: usize,
    present: Mutex<HashMap<IpAddr, usize>>,
    complaint: Complaint,
}

impl Seats {
    pub(super) fn new(limits: &Limits) -> Self {
        let all = Arc::new(Semaphore::new(limits.connections));
        let guests =
            Guests { most: limits.connections_per_address, present: Mutex::default(), complaint: Complaint::default() };
        Self { all, guests: Arc::new(guests), full: Arc::default() }
    }

    /// Room for a connection that has come; `None` if the listener closes first. Who waits here has the kernel's queue behind
    /// it: idle connections end, so it passes.
    pub(super) async fn wait(&self, closing: &CancellationToken) -> Option<Seat> {
        if let Some(seat) = self.now() {
            return Some(seat);
        }
        if self.full.is_due() {
            tracing::warn!("there are as many connections as AIKORE_MAX_CONNECTIONS allows: more have to wait");
        }
        let permit = until_cancelled(closing, std::pin::pin!(Arc::clone(&self.all).acquire_owned())).await?;
        Some(Seat { _permit: permit.ok()?, guest: None })
    }

    /// Room for a connection, if there is any.
    pub(super) fn now(&self) -> Option<Seat> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Seat { _permit: permit, guest: None })
    }

    /// Counts a connection for the address it turned out to come from; `None` where that has too many.
    pub(super) fn count(&self, mut seat: Seat, address: IpAddr) -> Option<Seat> {
        let network = network(address);
        if self.guests.come(network) {
            seat.guest = Some((Arc::clone(&self.guests), network));
            return Some(seat);
        }
        if self.guests.complaint.is_due() {
            tracing::warn!(
                %address,
                "this address has as many connections as AIKORE_MAX_CONNECTIONS_PER_ADDRESS allows: more are closed. (A proxy \
                 in front of AiKore belongs into AIKORE_TRUSTED_PROXIES.)"
            );
        }
        None
    }
}

impl Guests {
    fn come(&self, network: IpAddr) -> bool {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let count = present.entry(network).or_default();
        let room = *count < self.most;
        *count += usize::from(room);
        room
    }

    fn go(&self, network: IpAddr) {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = present.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                present.remove(&network);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some((guests, network)) = self.guest.take() {
            guests.go(network);
        }
    }
}

/// Something that is said now and then, however often it happens.
#[derive(Debug, Default)]
struct Complaint(Mutex<Option<Instant>>);

impl Complaint {
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= SAID_EVERY);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(connections: usize, connections_per_address: usize) -> Seats {
        let long = Duration::from_secs(1);
        Seats::new(&Limits {
            connections,
            connections_per_address,
            header_size: 0,
            headers: 0,
            body: 0,
            calls: 0,
            header_timeout: long,
            idle_timeout: long,
            body_timeout: long,
        })
    }

    #[test]
    fn an_address_has_so_much_room() {
        let seats = seats(100, 2);
        let sit = |address: &str| seats.count(seats.now().unwrap(), address.parse().unwrap());
        let first = sit("10.0.0.1").unwrap();
        let _second = sit("::ffff:10.0.0.1").unwrap();
        assert!(sit("10.0.0.1").is_none() && sit("10.0.0.2").is_some());
        drop(first);
        let third = sit("10.0.0.1");
        assert!(third.is_some() && sit("10.0.0.1").is_none());
        let _six = (sit("2001:db8::1").unwrap(), sit("2001:db8::2").unwrap());
        assert!(sit("2001:db8::3").is_none() && sit("2001:db8:0:1::").is_some());
        drop((third, _second, _six));
        assert!(seats.guests.present.lock().unwrap().is_empty(), "nothing is remembered of who left");
        assert_eq!(seats.all.available_permits(), 100);
    }

    #[tokio::test]
    async fn who_finds_no_room_waits() {
        let seats = seats(1, 9);
        let closing = CancellationToken::new();
        let first = seats.wait(&closing).await.unwrap();
        assert!(seats.now().is_none());
        let waiting = tokio::spawn({
            let (seats, closing) = (seats.clone(), closing.clone());
            async move { seats.wait(&closing).await.is_some() }
        });
        drop(first);
        assert!(waiting.await.unwrap());
        let _only = seats.wait(&closing).await;
        closing.cancel();
        assert!(seats.wait(&closing).await.is_none());
    }
}
