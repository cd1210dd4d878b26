//! Starting an instance.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::sync::Arc;

use tokio::sync::watch;

use super::error::Error;
use super::events::{Level, Notice};
use super::watch::Watcher;
use super::{Inner, Instances, Live, Setup, blocking, locked, now};
use crate::blueprints::Header;
use crate::domain::{Desired, Instance, InstanceId, Port, ProxyMode, Route, RunId, Settled, Status};
use crate::runtime::environment::{self, Surroundings};
use crate::runtime::{LaunchSpec, Run, app_port, desktop, folder, model_roots, proc, signal_number};

impl Instances {
    /// Starts an instance. One that is starting or running already is left alone and returned as it is.
    ///
    /// # Errors
    /// Nothing runs then; a failure to start is also the instance's own status.
    pub async fn start(&self, id: InstanceId) -> Result<Arc<Instance>, Error> {
        let _turn = self.inner.turn(id).await;
        self.inner.start_asked(id).await
    }
}

/// The script an instance will run.
struct Script {
    header: Header,
    /// The text to write as `launch.sh`; `None` when the instance has one.
    fresh: Option<String>,
}

/// What a run is launched with.
#[derive(Clone, Copy)]
pub(super) struct Launch<'a> {
    pub(super) instance: &'a Arc<Instance>,
    family: &'a Arc<Instance>,
    script: &'a Script,
    pub(super) run: &'a RunId,
    pub(super) app_port: Port,
    told: &'a [(&'static str, String)],
}

impl Launch<'_> {
    pub(super) fn header(&self) -> &Header {
        &self.script.header
    }
}

impl Inner {
    /// Starts an instance because a person asked for it. Call it in the instance's turn.
    pub(super) async fn start_asked(self: &Arc<Self>, id: InstanceId) -> Result<Arc<Instance>, Error> {
        self.taken_over(id);
        self.start_as(id, Some(Desired::Running)).await
    }

    /// Starts an instance for a reason of the server's own: what is wanted of it stays. Call it in the instance's turn.
    pub(super) async fn start(self: &Arc<Self>, id: InstanceId) -> Result<Arc<Instance>, Error> {
        self.start_as(id, None).await
    }

    async fn start_as(self: &Arc<Self>, id: InstanceId, wish: Option<Desired>) -> Result<Arc<Instance>, Error> {
        // Whoever leaves waits for this: a process must be known before it can be stopped, or handed over.
        let _starting = self.starts.read().await;
        if self.is_leaving() {
            return Err(Error::Closing);
        }
        let instance = self.roster.get(id)?;
        self.refuse_while_made(&instance)?;
        match instance.status {
            Status::Stopped | Status::Error => {}
            Status::Stopping => {
                return Err(Error::busy(format!(
                    "'{}' is still stopping. Start it when it has stopped.",
                    instance.chosen.name
                )));
            }
            _ if wish.is_none_or(|wish| wish == instance.desired) => return Ok(instance),
            // It runs because it starts with the server; now a person wants it too.
            _ => {
                return self
                    .roster
                    .decide(id, |next| {
                        next.desired = Desired::Running;
                        Ok(())
                    })
                    .await;
            }
        }
        let family = self.family(&instance)?;
        let script = self.script(&family).await?;
        let tools = self.desktop_tools(&instance, &script.header).await?;
        let gpus = self.settle_cards(&instance).await?;
        let run = RunId(format!("{:012x}", fastrand::u64(..1 << 48)));
        let app_port = self.free_app_port(&instance)?;
        let instance = self.commit(&instance, &script, &run, app_port, (wish, gpus)).await?;
        let launched = async {
            // The parent of a satellite may have been renamed until now. From here on it can't be: a member is active.
            let renamed = self.family(&instance)?;
            let same = renamed.chosen.name == family.chosen.name;
            let (family, script) =
                if same { (family, script) } else { (Arc::clone(&renamed), self.script(&renamed).await?) };
            let begun = self.begin_trial(&instance, &family, &script.header).await?;
            let told = begun.as_ref().map(|begun| begun.variables.as_slice()).unwrap_or_default();
            let launch = Launch { instance: &instance, family: &family, script: &script, run: &run, app_port, told };
            let run = self.launch(launch, tools).await?;
            Ok::<_, Error>((run, script.header, begun))
        };
        match launched.await {
            Ok((run, header, _begun)) => Ok(self.supervise(&instance, run, &header).await),
            Err(error) => {
                let reason = error.to_string();
                self.roster
                    .observe(id, |instance| {
                        instance.clear_run();
                        instance.set_status(Status::Error, Some(reason), now());
                        true
                    })
                    .await;
                Err(error)
            }
        }
    }

    /// The row is there before the process is (earlier-defects.md 28).
    async fn commit(
        &self,
        instance: &Instance,
        script: &Script,
        run: &RunId,
        app_port: Port,
        (wish, gpus): (Option<Desired>, Option<Settled>),
    ) -> Result<Arc<Instance>, Error> {
        let _allocating = self.allocating.lock().await;
        // Self-healing: a port that was lost, that left the pool, or that another program has taken, is allocated anew.
        let had = instance.chosen.public_port();
        let public = match had.filter(|port| self.setup.pool.contains(*port) && !self.roster.is_unserved(*port)) {
            Some(port) => port,
            None => self.allocate_public_port(None, Some(instance.id))?,
        };
        if let Some(had) = had.filter(|had| *had != public) {
            let name = &instance.chosen.name;
            let text = format!("{name}: port {had} can't be used any more; it is at port {public} now.");
            tracing::warn!(instance = instance.id, "{text}");
            self.roster.notify(Notice { level: Level::Warn, text, instance_id: Some(instance.id), at: now() });
        }
        let (run, proxy) = (run.clone(), script.header.proxy());
        self.roster
            .decide(instance.id, |next| {
                next.chosen.set_public_port(Some(public));
                if next.chosen.persistent_mode {
                    // There `port` is the app's own, as it has always been (design.md §4.3).
                    next.chosen.port = Some(app_port);
                }
                if let Some(Settled { ids, meant, .. }) = gpus {
                    (next.chosen.gpu_ids, next.chosen.gpu_cards) = (Some(ids), meant);
                }
                next.desired = wish.unwrap_or(next.desired);
                next.clear_run();
                (next.restart, next.given_up) = (None, false);
                next.exit = None;
                next.last_run = Some(run.clone());
                next.run = Some(run);
                next.app_port = Some(app_port);
                next.proxy = proxy;
                next.log_size = 0;
                next.set_status(Status::Starting, None, now());
                Ok(())
            })
            .await
    }

    async fn launch(self: &Arc<Self>, launch: Launch<'_>, tools: Option<desktop::Tools>) -> Result<Run, Error> {
        let Launch { instance, family, script, run, app_port, told } = launch;
        let layout = &self.setup.layout;
        let mut environment = self.environment(instance, family, &script.header, Some(run), Some(app_port));
        environment.extend(told.iter().map(|(name, value)| ((*name).into(), value.into())));
        let directory = layout.instance(&family.chosen.name);
        let mut command = vec!["bash".to_owned(), directory.join(folder::SCRIPT).to_string_lossy().into_owned()];
        if let Some(tools) = tools {
            command = self.in_desktop(&launch, tools, command)?;
        }
        let spec = LaunchSpec {
            run: run.clone(),
            instance: instance.id,
            command,
            environment,
            log: layout.log(&instance.chosen.name),
            app_port,
            directory,
        };
        let prepare = {
            let (inner, instance, family, fresh) =
                (Arc::clone(self), Arc::clone(instance), Arc::clone(family), script.fresh.clone());
            move || {
                let Setup { layout, pytorch_index, model_roots, .. } = &inner.setup;
                folder::prepare(layout, &instance, &family, pytorch_index, fresh.as_deref())?;
                model_roots::tie(&layout.models(), model_roots)
            }
        };
        blocking(prepare).await??;
        Ok(self.runtime.launch(spec).await?)
    }

    /// What stands in the environment of an instance's processes: of a run, or of a terminal.
    pub(super) fn environment(
        &self,
        instance: &Instance,
        family: &Instance,
        header: &Header,
        run: Option<&RunId>,
        app_port: Option<Port>,
    ) -> BTreeMap<OsString, OsString> {
        let mut all = environment::build(&Surroundings {
            inherited: std::env::vars_os().collect(),
            layout: &self.setup.layout,
            library: &self.setup.library,
            instance,
            family,
            run,
            app_port,
            proxy: header.proxy(),
            params: header.params().variables(&family.chosen.params),
            prefix: self.prefix(instance),
            pytorch_index: &self.setup.pytorch_index,
        });
        // A terminal's programs may open their windows there too; a run's own keeper says it itself.
        if let Some(desktop) = &instance.desktop {
            all.insert("DISPLAY".into(), format!(":{}", desktop.display).into());
            all.insert("XAUTHORITY".into(), desktop.cookie.clone().into());
        }
        all
    }

    /// Hands a run to a watcher of its own.
    pub(super) async fn supervise(
        self: &Arc<Self>,
        instance: &Arc<Instance>,
        run: Run,
        header: &Header,
    ) -> Arc<Instance> {
        let id = instance.id;
        let (over, is_over) = watch::channel(());
        let live = Live {
            run: run.id.clone(),
            shim: run.shim,
            handle: run.handle(),
            stop_signal: signal_number(header.stop_signal()),
            stop_grace: header.stop_grace().unwrap_or(self.setup.stop_grace),
            restart: false,
            over: is_over,
        };
        locked(&self.live).insert(id, live.clone());
        if self.is_stopping_all() {
            // It came up while everything else was being told to stop.
            live.handle.stop(live.stop_signal, live.stop_grace).await;
        }
        let (leader, log_size, progress) = (run.leader, run.log_size, run.progress.clone());
        let running = self
            .roster
            .observe(id, |next| {
                // The leader of an adopted run may have ended and left its place to another process.
                if next.pid.is_none() || proc::lives(leader) {
                    next.pid = Some(leader);
                }
                next.log_size = log_size;
                next.progress = progress;
                true
            })
            .await;
        let allowance = header.ready_timeout().unwrap_or(self.setup.stalled_after);
        let ready = match header.proxy() {
            ProxyMode::Preserve => header.ready().below(&self.prefix(instance)),
            ProxyMode::Strip | ProxyMode::RootOnly => header.ready(),
        };
        let watcher = Watcher::new(Arc::clone(self), instance, run, ready, allowance);
        self.tasks.spawn("watcher of a run", async move {
            watcher.watch().await;
            drop(over);
        });
        running.unwrap_or_else(|| Arc::clone(instance))
    }

    /// The header of the script an instance has, or will get from its blueprint.
    async fn script(&self, family: &Instance) -> Result<Script, Error> {
        let path = self.setup.layout.instance(&family.chosen.name).join(folder::SCRIPT);
        let own = {
            let path = path.clone();
            blocking(move || fs::read(path)).await?
        };
        match own {
            Ok(own) => Ok(Script { header: Header::parse(&String::from_utf8_lossy(&own)), fresh: None }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let blueprint = self.blueprint(&family.chosen.base_blueprint).await?;
                Ok(Script { header: blueprint.header, fresh: Some(blueprint.script) })
            }
            Err(error) => Err(Error::Failed(format!("{} can't be read: {error}.", path.display()))),
        }
    }

    /// The header of the script a running instance was started with, as well as it can still be known.
    pub(super) async fn header(&self, instance: &Arc<Instance>) -> Header {
        let Ok(family) = self.family(instance) else { return Header::default() };
        self.script(&family).await.map_or_else(|_| Header::default(), |script| script.header)
    }

    /// Where the app itself is on the panel's origin, without a slash at the end.
    pub(super) fn prefix(&self, instance: &Instance) -> String {
        let own = self.setup.base_path.of_instance(&instance.chosen.slug);
        if instance.chosen.persistent_mode { format!("{own}{}", Route::APP) } else { own }
    }

    fn free_app_port(&self, instance: &Instance) -> Result<Port, Error> {
        let taken: Vec<Port> = self.roster.list().iter().filter_map(|instance| instance.app_port).collect();
        let refused =
            |port: Port| taken.contains(&port) || self.setup.pool.contains(port) || self.setup.reserved.contains(&port);
        // What a browser keeps it keeps by address: on a desktop the app comes back to where it was, if it can.
        let before = instance.chosen.port.filter(|_| instance.chosen.persistent_mode);
        if let Some(before) = before.filter(|port| !refused(*port) && app_port::is_free_again(*port)) {
            return Ok(before);
        }
        app_port::find(refused).ok_or_else(|| Error::Failed("No free port was found for the app.".to_owned()))
    }
}
