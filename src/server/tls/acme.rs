//! Certificates that are fetched and renewed by themselves (ACME, RFC 8555), for the names listed and no other. Every
//! other name, and every name until the first certificate is there, is served by the local authority.

mod challenge;
mod https;
mod order;
mod store;
mod validity;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use instant_acme::{Account, NewAccount};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor};

use super::local_ca::LocalCa;
use super::{TlsError, server_config};
use crate::domain::{Hostname, Timestamp};
use challenge::Challenges;
use https::Https;
use order::Failure;
use store::{Certificate, Store};

/// What a whole order may take, all waiting included.
const ORDER: Duration = Duration::from_secs(10 * 60);

/// After a failure: twice as long each time, up to a limit.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);

/// An authority may ask for more patience than that, but not for ever.
const LONGEST_WISH: Duration = Duration::from_secs(7 * 24 * 3600);

/// Between two orders that went well: with a clock that is far ahead, every new certificate seems to be due.
const BETWEEN_ORDERS: Duration = Duration::from_secs(3600);

/// The clock of the wall is looked at again after this: it may be set meanwhile.
const LOOK: Duration = Duration::from_secs(3600);

/// Whom to ask for what.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Every name the certificate is for.
    pub names: Vec<Hostname>,
    /// Whom the authority may write to.
    pub email: Option<String>,
    /// The authority's directory.
    pub directory: String,
}

pub(super) struct Acme {
    wanted: Wanted,
    store: Store,
    /// Shown where there is nothing better.
    local: LocalCa,
    present: ArcSwapOption<Certificate>,
    challenges: Arc<Challenges>,
    /// What an authority's question is answered with.
    proving: Arc<ServerConfig>,
    /// Which part of the spread of renewals is ours, from 0 to 1.
    early: f64,
}

impl std::fmt::Debug for Acme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acme").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl Acme {
    /// Takes up what is kept in `<config>/tls`; asks nobody.
    pub(super) fn open(folder: &Path, wanted: &Wanted) -> Result<Self, TlsError> {
        let local = LocalCa::open(folder)?;
        let store = Store::open(&folder.join("acme"), &wanted.directory, &wanted.names)?;
        let names = listed(&wanted.names);
        let kept = store.certificate();
        match &kept {
            Some(kept) => tracing::info!("the certificate for {names} is valid until {}", shown(kept.validity.until)),
            None => tracing::warn!(
                "there is no certificate for {names} yet: until {} has issued one, browsers get one of the local \
                 authority and warn",
                wanted.directory
            ),
        }
        let challenges = Arc::new(Challenges::default());
        let mut proving = server_config(challenges.clone(), folder)?;
        proving.alpn_protocols = vec![challenge::PROTOCOL.to_vec()];
        Ok(Self {
            wanted: wanted.clone(),
            store,
            local,
            present: ArcSwapOption::from_pointee(kept),
            challenges,
            proving: Arc::new(proving),
            early: fastrand::f64(),
        })
    }

    /// Begins a connection. Nothing comes of an authority's question: the handshake is its answer (RFC 8737 §3).
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
        others: &TlsAcceptor,
    ) -> io::Result<Option<TlsStream<TcpStream>>> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        if !challenge::is_asked(&start.client_hello()) {
            return start.into_stream(Arc::clone(others.config())).await.map(Some);
        }
        let mut answered = start.into_stream(Arc::clone(&self.proving)).await?;
        // It may be gone already.
        let _ = answered.shutdown().await;
        Ok(None)
    }

    /// Gets the first certificate and each one after it, for ever. No failure ends it.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut failures = 0;
        loop {
            self.due().await;
            if self.take_up().await {
                continue;
            }
            let Err(failure) = self.renew().await else {
                failures = 0;
                sleep(BETWEEN_ORDERS).await;
                continue;
            };
            failures += 1;
            let pause = pause(failures, failure.wish).mul_f64(1.0 + 0.2 * fastrand::f64());
            let pause = Duration::from_secs(pause.as_secs());
            tracing::warn!(
                "no new certificate for {}: {}; {} (next try in {})",
                listed(&self.wanted.names),
                failure.why,
                failure.advice,
                humantime::format_duration(pause),
            );
            sleep(pause).await;
        }
    }

    /// Until a certificate is needed.
    async fn due(&self) {
        loop {
            let due = self.present.load().as_ref().map(|present| present.validity.renew_at(self.early));
            match due.and_then(|due| due.duration_since(SystemTime::now()).ok()) {
                Some(left) if !left.is_zero() => sleep(left.min(LOOK)).await,
                _ => return,
            }
        }
    }

    /// Whether the one kept can be used by now: it seems to be of the future until a machine has learned the time.
    async fn take_up(self: &Arc<Self>) -> bool {
        if self.present.load().is_some() {
            return false;
        }
        let this = Arc::clone(self);
        let kept = blocking(move || this.store.certificate()).await.ok().flatten();
        let is_there = kept.is_some();
        self.present.store(kept.map(Arc::new));
        is_there
    }

    /// One order, with a second try on a new account if the authority has forgotten ours.
    async fn renew(self: &Arc<Self>) -> Result<(), Failure> {
        let https = blocking(Https::new).await?.map_err(Failure::here)?;
        let work = async {
            match self.order(&https).await {
                Err(failure) if failure.account_is_gone => {
                    let this = Arc::clone(self);
                    blocking(move || this.store.forget_account()).await?.map_err(Failure::disk)?;
                    self.order(&https).await
                }
                other => other,
            }
        };
        let outcome = timeout(ORDER, work).await.unwrap_or_else(|_| Err(Failure::slow()));
        self.challenges.clear();
        outcome.map_err(|failure| Failure { wish: https.asked_to_wait(), ..failure })
    }

    async fn order(self: &Arc<Self>, https: &Https) -> Result<(), Failure> {
        let account = self.account(https).await?;
        let issued = order::place(&account, &self.wanted.names, &self.challenges).await?;
        let this = Arc::clone(self);
        let kept = blocking(move || this.store.keep_certificate(&issued.chain, &issued.key)).await?;
        let kept = kept.map_err(Failure::disk)?;
        let (names, until) = (listed(&self.wanted.names), shown(kept.validity.until));
        if !kept.validity.holds(SystemTime::now()) {
            tracing::warn!("the new certificate is not valid at this time: check this machine's clock");
        }
        self.present.store(Some(Arc::new(kept)));
        tracing::info!("took up a new certificate for {names}, valid until {until}");
        Ok(())
    }

    /// The account kept, or a new one.
    async fn account(self: &Arc<Self>, https: &Https) -> Result<Account, Failure> {
        let contact: Vec<String> = self.wanted.email.iter().map(|email| format!("mailto:{email}")).collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let builder = Account::builder_with_http(Box::new(https.clone()));
        let this = Arc::clone(self);
        let (account, email, credentials) = match blocking(move || this.store.account()).await? {
            Some(store::Account { email, credentials }) if email == self.wanted.email => {
                return Ok(builder.from_credentials(credentials).await?);
            }
            Some(store::Account { credentials, .. }) => {
                let kept = serde_json::to_value(&credentials).map_err(Failure::disk)?;
                let account = builder.from_credentials(credentials).await?;
                account.update_contacts(&contact).await?;
                (account, self.wanted.email.clone(), serde_json::from_value(kept).map_err(Failure::disk)?)
            }
            None => {
                let wanted =
                    NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
                let (account, credentials) = builder.create(&wanted, self.wanted.directory.clone(), None).await?;
                (account, self.wanted.email.clone(), credentials)
            }
        };
        let this = Arc::clone(self);
        let kept = store::Account { email, credentials };
        blocking(move || this.store.keep_account(&kept)).await?.map_err(Failure::disk)?;
        Ok(account)
    }
}

impl ResolvesServerCert for Acme {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let listed = |name: &str| self.wanted.names.iter().any(|listed| listed.as_str().eq_ignore_ascii_case(name));
        let present = self.present.load();
        match present.as_ref() {
            Some(present) if hello.server_name().is_some_and(listed) => Some(Arc::clone(&present.pair)),
            _ => self.local.resolve(hello),
        }
    }
}

/// Files are read and written where nobody waits.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    spawn_blocking(work).await.map_err(Failure::disk)
}

/// How long to wait after so many failures in a row.
fn pause(failures: u32, wish: Option<Duration>) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    let pause = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
    pause.max(wish.unwrap_or_default().min(LONGEST_WISH))
}

fn listed(names: &[Hostname]) -> String {
    names.iter().map(Hostname::as_str).collect::<Vec<_>>().join(", ")
}

fn shown(time: SystemTime) -> Timestamp {
    Timestamp::of(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_followed_by_longer_and_longer_pauses() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let pauses: Vec<_> = [1, 2, 3, 4, 9, 10, 40, u32::MAX].map(|failures| pause(failures, None)).into();
        assert_eq!(pauses, [1, 2, 4, 8, 256, 360, 360, 360].map(minutes));
        assert_eq!(pause(1, Some(minutes(90))), minutes(90), "the authority's wish");
        assert_eq!(pause(5, Some(minutes(1))), minutes(16));
        assert_eq!(pause(1, Some(Duration::MAX)), LONGEST_WISH);
    }
}
