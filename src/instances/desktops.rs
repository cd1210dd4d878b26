//! The desktops of instances in persistent mode: what they are made of here, how a run is put into one, and its picture.

use std::sync::Arc;

use super::error::Error;
use super::start::Launch;
use super::{Inner, Instances, blocking};
use crate::blueprints::{Header, Ready};
use crate::domain::{Instance, InstanceId, ProxyMode, RunId};
use crate::runtime::{app_port, desktop};

/// What this machine has for desktops.
#[derive(Debug)]
pub struct Means {
    /// The programs, or which package to install: a sentence.
    pub tools: Result<desktop::Tools, String>,
}

impl Instances {
    /// Looks for what desktops are made of.
    ///
    /// # Errors
    /// Only if the look itself fails.
    pub async fn desktop_means(&self) -> Result<Means, Error> {
        Ok(Means { tools: self.inner.find_tools().await? })
    }

    /// The desktop of an instance as a small picture (PNG).
    ///
    /// # Errors
    /// It has no desktop now, or its picture can't be had.
    pub async fn desktop_picture(&self, id: InstanceId, width: u32) -> Result<Vec<u8>, Error> {
        let instance = self.get(id)?;
        let Some(desktop) = instance.desktop.clone() else {
            return Err(Error::busy(format!("'{}' has no desktop now.", instance.chosen.name)));
        };
        blocking(move || desktop::picture::take(&desktop, width)).await?.map_err(Error::Failed)
    }
}

impl Inner {
    async fn find_tools(&self) -> Result<Result<desktop::Tools, String>, Error> {
        let wanted = self.setup.desktop;
        blocking(move || desktop::Tools::find(wanted)).await
    }

    /// Whether an instance can be put into a desktop; what is missing is said before anything is changed or started.
    pub(super) async fn refuse_without_desktop(&self) -> Result<(), Error> {
        let why = |why| Error::Refused { field: "persistent_mode", why };
        self.find_tools().await?.map(drop).map_err(why)
    }

    /// What the desktop of a run will be made of; nothing in normal mode.
    pub(super) async fn desktop_tools(
        &self,
        instance: &Instance,
        header: &Header,
    ) -> Result<Option<desktop::Tools>, Error> {
        if !instance.chosen.persistent_mode {
            return Ok(None);
        }
        let tools = self.find_tools().await?.map_err(Error::Unsupported)?;
        if tools.browser.is_none() && header.ready() != Ready::Process {
            return Err(Error::Unsupported(
                "In persistent mode a browser on the server shows this web UI, and there is none: install the package \
                 firefox-esr or chromium."
                    .to_owned(),
            ));
        }
        Ok(Some(tools))
    }

    /// The command that runs a launch's own in a desktop.
    pub(super) fn in_desktop(
        &self,
        launch: &Launch<'_>,
        tools: desktop::Tools,
        command: Vec<String>,
    ) -> Result<Vec<String>, Error> {
        let Launch { instance, run, app_port, .. } = *launch;
        let header = launch.header();
        let layout = &self.setup.layout;
        let refused = |port| port == app_port || self.setup.pool.contains(port) || self.setup.reserved.contains(&port);
        let web_port = tools.engine.serves_the_web().then(|| app_port::find(refused));
        if web_port == Some(None) {
            return Err(Error::Failed("No free port was found for the desktop.".to_owned()));
        }
        let path = match header.proxy() {
            ProxyMode::Preserve => format!("{}/", self.prefix(instance)),
            ProxyMode::Strip | ProxyMode::RootOnly => "/".to_owned(),
        };
        let profile = layout.kiosk(&instance.chosen.name);
        let shows_web_ui = header.ready() != Ready::Process;
        let plan = desktop::Plan {
            run: run.clone(),
            name: instance.chosen.name.to_string(),
            folder: layout.desktops(),
            tools,
            command,
            app_port,
            web_port: web_port.flatten(),
            web_ui: shows_web_ui.then_some(desktop::WebUi { path, profile }),
        };
        plan.command().map_err(Error::Failed)
    }

    /// Removes what the desktop of a run that is over may have left behind.
    pub(super) async fn clear_desktop(&self, instance: &Arc<Instance>, run: &RunId) {
        if !instance.chosen.persistent_mode {
            return;
        }
        let (folder, run) = (self.setup.layout.desktops(), run.clone());
        if let Err(error) = blocking(move || desktop::clear(&folder, &run)).await {
            tracing::warn!(instance = instance.id, %error, "what a desktop left could not be removed");
        }
    }

    /// Removes what is there of the desktops of runs that are over.
    pub(super) async fn clear_other_desktops(&self, living: Vec<RunId>) {
        let folder = self.setup.layout.desktops();
        if let Err(error) = blocking(move || desktop::clear_others(&folder, &living)).await {
            tracing::warn!(%error, "what desktops left could not be removed");
        }
    }
}
