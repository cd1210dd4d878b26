//! `aikore serve`: puts the rooms together, serves until told to stop, and takes them apart in order.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::lock::Lock;
use super::login::{self, SetupLinks};
use super::{Failed, show_config};
use crate::api::{self, Feed, Panel, SettingView};
use crate::auth::Audit;
use crate::backups::{self, Backups, Reason};
use crate::blueprints::{self, Catalogue};
use crate::config::{self, Config, Given};
use crate::domain::{Hostname, Layout, Port};
use crate::instances::{Instances, Setup};
use crate::journal::{self, Journal};
use crate::monitor::{Monitor, Sources, Tree};
use crate::notices::{Notices, Place};
use crate::proxy::{Proxy, Table};
use crate::runtime::{Runtime, folder, open_files};
use crate::server::{AccessFormat, AdminSocket, Certificates, Listeners, Server, Sockets, Tls, Wanted};
use crate::store::Store;
use crate::tasks::Tasks;

/// How long whoever follows a log may take to hear that the server goes.
const FAREWELL: Duration = Duration::from_secs(6);

/// How the server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With its instances.
    Stop,
    /// Leaving its instances to the next server.
    HandOver,
}

/// What the dashboard shows of the server itself.
struct Shown {
    settings: Vec<SettingView>,
    journal: Journal,
}

pub(super) fn serve(config: Config, given: &Given) -> Result<(), Failed> {
    let started = Instant::now();
    let journal = start_log(&config);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    warn_of_closed_names(&config);
    let layout = config.layout.clone();
    for path in [layout.run(), layout.shims()] {
        std::fs::create_dir_all(&path).map_err(|error| Failed::bad_settings(format!("{}: {error}", path.display())))?;
    }
    // Whoever can open the sockets in it sees the screens.
    let private = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(layout.desktops());
    private.map_err(|error| Failed::bad_settings(format!("{}: {error}", layout.desktops().display())))?;
    let lock = Lock::take(&layout)?;
    back_up_before_migration(&config);
    let store = Store::open(&layout, config.pool).map_err(Failed::bad_settings)?;
    let listeners =
        Listeners::bind(&config.listen.addresses, config.listen.as_the_host_allows).map_err(Failed::failure)?;
    let tls = tls(&config)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("panel")
        .enable_all()
        .build()
        .map_err(Failed::failure)?;
    let settings = show_config::settings(&config, given);
    let shown = Shown { settings, journal };
    let result = runtime.block_on(run(config, shown, store, listeners, tls, lock, started));
    // What still runs are watchers of a hand-over and blocked file reads: nothing to wait for.
    runtime.shutdown_timeout(Duration::from_millis(200));
    result
}

async fn run(
    config: Config,
    shown: Shown,
    store: Store,
    listeners: Listeners,
    tls: Option<Tls>,
    mut lock: Lock,
    started: Instant,
) -> Result<(), Failed> {
    let layout = config.layout.clone();
    let addresses = listeners.addresses();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let table = Arc::new(Table::new(config.base_domain.clone()));
    let login = login::open(&config, store.clone()).await?;
    let (audit, audit_writer) = Audit::new(store.clone());
    let instances = open_instances(&config, store.clone(), &addresses, Arc::clone(&table)).await?;
    let backups = Backups::open(layout.clone(), store.clone(), instances.jobs().clone(), config.backups);
    let closing = CancellationToken::new();
    let hand_over = CancellationToken::new();
    let followers = Tasks::default();
    let monitor = Monitor::start(measured(&layout, &instances)).map_err(Failed::failure)?;
    let notices = open_notices(&config, store.clone(), &instances).await?;
    let panel = api::router(Panel {
        instances: instances.clone(),
        login: login.clone(),
        audit: audit.clone(),
        settings: shown.settings.into(),
        journal: shown.journal,
        feed: Feed::start(&instances, &notices),
        notices: notices.clone(),
        routes: Arc::clone(&table),
        backups: backups.clone(),
        checks: crate::checks::Checks::default(),
        monitor: monitor.clone(),
        boot: format!("{:012x}", fastrand::u64(..1 << 48)).into(),
        closing: closing.clone(),
        followers: followers.clone(),
        base_domain: config.base_domain.clone(),
        base_path: config.base_path.clone(),
        path_routes: config.path_routes,
        answered: Arc::default(),
        max_body: config.limits.body,
    });
    instances.see_cards(monitor.cards());
    let links = SetupLinks::new(&config, &addresses, scheme);
    let admin = with_hand_over(panel.clone(), hand_over.clone());
    let admin = login::with_help(admin, login.clone(), links.clone(), audit.clone());
    let admin = AdminSocket::open(&layout.admin_socket(), admin, login::seen_here(&addresses, scheme))
        .map_err(|error| Failed::failure(format!("{}: {error}", layout.admin_socket().display())))?;
    let mut signals = Signals::listen().map_err(Failed::failure)?;
    let server = Server::start(
        Sockets {
            listeners,
            public_ports: table.ports(),
            unserved_ports: table.unserved(),
            tls,
            hsts: config.hsts,
            path_routes: config.path_routes,
            proxy_protocol: config.proxy_protocol,
            access_log: config.access_log.map(|log| (access_format(log), log.with_query)),
            public_url: config.public_url.clone(),
            limits: config.limits,
        },
        login::door(&config, login.clone()),
        Proxy::new(table, config.trusted_proxies, config.base_path),
        panel,
        &Handle::current(),
    )
    .map_err(Failed::failure)?;
    announce(&layout, &addresses, scheme, &mut lock)?;
    tracing::info!(config_dir = %layout.root().display(), took = ?started.elapsed(), "ready: {}", urls(&addresses, scheme));

    links.announce(&login)?;

    // What is written down to the end: the last calls are answered before they stop.
    let (keeping, keepers) = (CancellationToken::new(), Tasks::default());
    keepers.spawn("sessions", login.keep_house(keeping.clone()));
    keepers.spawn("audit", audit_writer.run(keeping.clone()));
    keepers.spawn("notices", notices.watch(monitor.follow(), keeping.clone()));
    keepers.spawn("backups", backups.keep(closing.clone()));

    let boot = Tasks::default();
    let waking = instances.clone();
    boot.spawn("boot of the instances", async move {
        waking.adopt().await;
        waking.start_wanted().await;
    });

    let end = tokio::select! {
        end = signals.next() => end,
        () = hand_over.cancelled() => End::HandOver,
    };
    tracing::info!(?end, "stopping");
    closing.cancel();
    let _ = tokio::time::timeout(FAREWELL, followers.wait()).await;
    if end == End::HandOver {
        instances.release().await;
    }
    // The proxy drains before the children die: else every stop would end in errors for whoever is connected.
    server.stop().await;
    if end == End::Stop {
        instances.close().await;
    }
    admin.stop().await;
    keeping.cancel();
    keepers.wait().await;
    let _ = std::fs::remove_file(layout.listen());
    tracing::info!("stopped");
    Ok(())
}

/// Before a new version changes the store. The copy that `Store::open` makes of it is what an update needs; this is for whoever
/// wants the scripts of that day too, so that a failure is told and stops nothing.
fn back_up_before_migration(config: &Config) {
    match Store::awaits_migration(&config.layout) {
        Ok(true) => {}
        // What is wrong with it is said where it is opened.
        Ok(false) | Err(_) => return,
    }
    let runtime = Builder::new_current_thread().enable_all().build();
    let made = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
        let made = backups::back_up_unused(&config.layout, Reason::Migration, config.backups.keep, None, &|| true);
        runtime.block_on(made).map_err(|error| error.to_string())
    });
    match made {
        Ok(path) => tracing::info!(backup = %path.display(), "backed up before the store is changed"),
        Err(error) => tracing::warn!("there is no backup of before this change of the store, only its copy: {error}"),
    }
}

async fn open_instances(
    config: &Config,
    store: Store,
    addresses: &[SocketAddr],
    table: Arc<Table>,
) -> Result<Instances, Failed> {
    let layout = config.layout.clone();
    let library = blueprints::unpack(&layout.library(env!("CARGO_PKG_VERSION"))).map_err(|error| {
        Failed::failure(format!("the shell library can't be unpacked into {}: {error}", layout.run().display()))
    })?;
    let setup = Setup {
        library,
        base_path: config.base_path.clone(),
        desktop: config.desktop,
        model_roots: config.model_roots.clone(),
        pytorch_index: config.pytorch_index.clone(),
        pool: config.pool,
        reserved: addresses.iter().filter_map(|address| Port::new(address.port())).collect(),
        stalled_after: config.patience.stalled_after,
        stop_grace: config.patience.stop_grace,
        restart_attempts: config.patience.restart_attempts,
        terminal_idle: config.patience.terminal_idle,
        layout: layout.clone(),
    };
    let catalogue = Catalogue::new(config.blueprints_dir.clone(), layout.custom_blueprints());
    let runtime = Runtime::new(layout.shims(), config.log.file_size, open_files::raise());
    Instances::open(setup, store, runtime, catalogue, table).await.map_err(Failed::failure)
}

async fn open_notices(config: &Config, store: Store, instances: &Instances) -> Result<Notices, Failed> {
    let place = Place {
        origin: config.public_url.clone(),
        base_path: config.base_path.clone(),
        path_routes: config.path_routes,
    };
    Notices::open(store, instances.clone(), place).await.map_err(Failed::failure)
}

/// What of the machine is ours.
fn measured(layout: &Layout, instances: &Instances) -> Sources {
    let instances = instances.clone();
    let tree = |(id, root)| Tree { id, root };
    Sources {
        folders: vec![("config", layout.root().to_owned()), ("models", layout.models()), ("outputs", layout.outputs())],
        trees: Box::new(move || instances.process_trees().into_iter().map(tree).collect()),
    }
}

fn tls(config: &Config) -> Result<Option<Tls>, Failed> {
    let certificates = match &config.tls {
        config::Tls::Off => return Ok(None),
        config::Tls::SelfSigned => Certificates::Local { folder: config.layout.tls() },
        config::Tls::Files { chain, key } => Certificates::Files { chain: chain.clone(), key: key.clone() },
        config::Tls::Acme { domains, email, directory } => Certificates::Acme {
            folder: config.layout.tls(),
            wanted: Wanted { names: domains.clone(), email: email.clone(), directory: directory.clone() },
        },
    };
    Tls::load(&certificates).map(Some).map_err(|error| Failed::bad_settings(format!("AIKORE_TLS: {error}")))
}

fn access_format(log: config::AccessLog) -> AccessFormat {
    if log.json { AccessFormat::Json } else { AccessFormat::Common }
}

/// A certificate opens no door: whoever wants one for the dashboard's name has to say that it is the dashboard's.
fn warn_of_closed_names(config: &Config) {
    let config::Tls::Acme { domains, .. } = &config.tls else { return };
    let of_an_instance = |name: &Hostname| {
        let base = config.base_domain.as_ref().map(|base| format!(".{base}"));
        base.is_some_and(|base| name.as_str().ends_with(&base))
    };
    for name in domains.iter().filter(|name| !login::knows(config, name) && !of_an_instance(name)) {
        tracing::warn!(
            "the dashboard does not answer to {name}: unless it is an instance's, add it to AIKORE_ALLOWED_HOSTS"
        );
    }
}

/// The admin socket can also end this server.
fn with_hand_over(panel: Router, hand_over: CancellationToken) -> Router {
    panel.route(
        "/handover",
        post(move || {
            let hand_over = hand_over.clone();
            async move {
                // After the answer has gone out.
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    hand_over.cancel();
                });
                axum::Json(serde_json::json!({ "ok": true }))
            }
        }),
    )
}

/// Tells programs where we listen, and whoever tries the same folder who we are.
fn announce(layout: &Layout, addresses: &[SocketAddr], scheme: &str, lock: &mut Lock) -> Result<(), Failed> {
    let lines: String = addresses.iter().map(|address| format!("{address}\n")).collect();
    folder::replace(&layout.listen(), lines.as_bytes(), 0o644).map_err(Failed::failure)?;
    lock.write(&format!("pid {}, at {}", std::process::id(), urls(addresses, scheme)));
    Ok(())
}

/// What to type into a browser.
fn urls(addresses: &[SocketAddr], scheme: &str) -> String {
    let mut urls: Vec<String> =
        addresses.iter().map(|address| format!("{}/", login::origin(address, scheme))).collect();
    urls.dedup();
    urls.join(" ")
}

/// Where the server says what it does: to whoever started it, and into the journal for who looks at it in the dashboard.
fn start_log(config: &Config) -> Journal {
    let journal = Journal::new(journal::KEPT);
    let filter = EnvFilter::try_new(&config.log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // A log nobody reads any more (a closed pipe) must not end the server: the complaint about it would panic.
    let log = fmt::layer().with_target(false).log_internal_errors(false);
    let log = if config.log.json {
        log.json().flatten_event(true).with_ansi(false).boxed()
    } else {
        log.with_ansi(std::io::stdout().is_terminal()).boxed()
    };
    // For eyes, whatever the other is for. Without `trace`: sending a line would be worth more lines.
    let kept = fmt::layer().with_target(false).log_internal_errors(false).with_ansi(true).with_writer(journal.clone());
    let kept = kept.with_filter(LevelFilter::DEBUG);
    // An error means that a test has set a log already.
    let _ = tracing_subscriber::registry().with(filter).with(log).with(kept).try_init();
    journal
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hand_over: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hand_over: signal(SignalKind::user_defined2())?,
        })
    }

    async fn next(&mut self) -> End {
        tokio::select! {
            _ = self.terminate.recv() => End::Stop,
            _ = self.interrupt.recv() => End::Stop,
            _ = self.hand_over.recv() => End::HandOver,
        }
    }
}
