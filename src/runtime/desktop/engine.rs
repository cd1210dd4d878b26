//! The two X servers that a browser can look into: which is there, and how it is started (`container.md` §3).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::told::{cookie_file, socket, socket_name};
use super::{Plan, program};
use crate::domain::{Desktop, DesktopEngine, Screen};

/// Where KasmVNC has its web client, seen from the folder above its program's.
const WEB_CLIENT: &str = "share/kasmvnc/www";

/// The size of a screen that nobody has looked at yet; it follows its viewer from then on.
const SIZE: &str = "1280x800";

/// An X server that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Which.
    pub kind: DesktopEngine,
    program: PathBuf,
    /// KasmVNC's web client.
    client: Option<PathBuf>,
    /// A device by which KasmVNC can draw.
    device: Option<PathBuf>,
    /// VirtualGL, by which programs below TigerVNC can draw with a graphics card.
    virtual_gl: Option<PathBuf>,
}

impl Engine {
    /// The engine that was chosen, or the better one that is there.
    pub(super) fn find(wanted: Option<DesktopEngine>) -> Result<Self, String> {
        let found = match wanted {
            Some(DesktopEngine::KasmVnc) => kasm(),
            Some(DesktopEngine::TigerVnc) => tiger(),
            None => kasm().or_else(tiger),
        };
        found.ok_or_else(|| match wanted {
            Some(DesktopEngine::KasmVnc) => {
                "AIKORE_DESKTOP is kasmvnc, and KasmVNC is not installed (its program is Xkasmvnc, \
                                             its web client in share/kasmvnc/www beside it). Install it, or set \
                                             AIKORE_DESKTOP=auto."
                    .to_owned()
            }
            Some(DesktopEngine::TigerVnc) => {
                "AIKORE_DESKTOP is tigervnc, and TigerVNC is not installed (its program is \
                                              Xtigervnc): install the package tigervnc-standalone-server."
                    .to_owned()
            }
            None => "Persistent mode needs an X server that browsers can look into: install TigerVNC (the package \
                     tigervnc-standalone-server) or KasmVNC on the server."
                .to_owned(),
        })
    }

    /// Its program, with the arguments by which it serves this desktop. It is started in the folder of the plan: the path of
    /// a socket has little room. Its display's number comes on its standard output once it is ready (`-displayfd`, Xserver(1));
    /// `display` is the one it had before, when it is started again.
    pub(super) fn command(&self, plan: &Plan, display: Option<u32>) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(display) = display {
            command.arg(format!(":{display}"));
        }
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-auth", &format!("./{}.auth", plan.run)]);
        command.args(["-geometry", SIZE, "-depth", "24", "-SecurityTypes", "None", "-AlwaysShared"]);
        command.args(["-desktop", &plan.name]);
        match self.kind {
            DesktopEngine::TigerVnc => {
                // 384 is 0600: the socket is its owner's, and there is no port at all.
                command.args(["-rfbunixpath", &format!("./{}", socket_name(&plan.run)), "-rfbunixmode", "384"]);
                command.args(["-rfbport", "-1", "-AcceptSetDesktopSize=1"]);
            }
            DesktopEngine::KasmVnc => {
                // Without an address of its own it would ask servers of others for it.
                command.args(["-interface", "127.0.0.1", "-PublicIP", "127.0.0.1"]);
                command.args(["-disableBasicAuth", "-sslOnly", "0", "-Log", "*:stderr:30"]);
                if let Some(port) = plan.web_port {
                    command.args(["-websocketPort", &port.to_string()]);
                }
                if let Some(client) = &self.client {
                    command.arg("-httpd").arg(client);
                }
                if let Some(device) = &self.device {
                    command.arg("-hw3d").arg("-drinode").arg(device);
                }
            }
        }
        command
    }

    /// The desktop it serves then.
    pub(super) fn desktop(&self, plan: &Plan, display: u32, tree: Option<u32>) -> Desktop {
        let web = plan.web_port.filter(|_| self.serves_the_web()).map(Screen::Web);
        Desktop {
            engine: self.kind,
            display,
            screen: web.unwrap_or_else(|| Screen::Socket(socket(&plan.folder, &plan.run))),
            cookie: cookie_file(&plan.folder, &plan.run),
            tree,
            shows_web_ui: plan.web_ui.is_some(),
        }
    }

    /// Whether it has to have a port.
    pub fn serves_the_web(&self) -> bool {
        self.kind == DesktopEngine::KasmVnc
    }

    /// The program that is put before those that draw, where a graphics card is to do it.
    pub(super) fn before_programs(&self) -> Option<&Path> {
        self.virtual_gl.as_deref()
    }

    /// Who draws: a sentence.
    pub fn acceleration(&self) -> String {
        match (self.kind, &self.device, &self.virtual_gl) {
            (DesktopEngine::KasmVnc, Some(device), _) => {
                format!("Drawn with the graphics card ({}).", device.display())
            }
            (DesktopEngine::TigerVnc, _, Some(_)) => "Drawn with the graphics card (VirtualGL).".to_owned(),
            (DesktopEngine::KasmVnc, None, _) => {
                "Drawn by the processor: there is no /dev/dri/renderD… that the server may use.".to_owned()
            }
            (DesktopEngine::TigerVnc, _, None) if render_device().is_some() => {
                "Drawn by the processor: with TigerVNC the graphics card draws once VirtualGL (vglrun) is installed."
                    .to_owned()
            }
            (DesktopEngine::TigerVnc, _, None) => {
                "Drawn by the processor: there is no /dev/dri/renderD… that the server may use.".to_owned()
            }
        }
    }
}

fn tiger() -> Option<Engine> {
    let program = program("Xtigervnc")?;
    let virtual_gl = super::program("vglrun").filter(|_| render_device().is_some());
    Some(Engine { kind: DesktopEngine::TigerVnc, program, client: None, device: None, virtual_gl })
}

/// Its own name, or an `Xvnc` that says it is one: TigerVNC's goes by that name too.
fn kasm() -> Option<Engine> {
    let own = || program("Xvnc").filter(|program| names_kasm(program));
    let program = program("Xkasmvnc").or_else(own)?;
    let beside = program.parent().and_then(Path::parent).map(|above| above.join(WEB_CLIENT));
    let client = beside.into_iter().chain([Path::new("/usr").join(WEB_CLIENT)]).find(|folder| folder.is_dir())?;
    let kind = DesktopEngine::KasmVnc;
    Some(Engine { kind, program, client: Some(client), device: render_device(), virtual_gl: None })
}

fn names_kasm(program: &Path) -> bool {
    let said = Command::new(program).arg("-version").output();
    said.is_ok_and(|said| [said.stdout, said.stderr].iter().any(|text| contains(text, b"KasmVNC")))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// A graphics card's device that this user may use.
fn render_device() -> Option<PathBuf> {
    let mut devices: Vec<PathBuf> = std::fs::read_dir("/dev/dri").ok()?.flatten().map(|entry| entry.path()).collect();
    devices.sort();
    devices.into_iter().find(|device| {
        let name = device.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("renderD") && std::fs::OpenOptions::new().read(true).write(true).open(device).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Browser, Tools, WebUi};
    use super::*;
    use crate::domain::{Port, RunId};

    fn plan(engine: Engine, web_port: Option<u16>, shows_web_ui: bool) -> Plan {
        Plan {
            run: RunId("r1".to_owned()),
            name: "My App".to_owned(),
            folder: "/c/run/desktops".into(),
            tools: Tools { engine, scan: None, openbox: "/usr/bin/openbox".into(), browser: None::<Browser> },
            command: vec!["bash".to_owned()],
            app_port: Port::new(20_001).unwrap(),
            web_port: web_port.and_then(Port::new),
            web_ui: shows_web_ui.then(|| WebUi { path: "/".to_owned(), profile: "/p".into() }),
        }
    }

    fn engine(kind: DesktopEngine) -> Engine {
        let client = (kind == DesktopEngine::KasmVnc).then(|| "/www".into());
        let device = (kind == DesktopEngine::KasmVnc).then(|| "/dev/dri/renderD128".into());
        Engine { kind, program: "/usr/bin/X".into(), client, device, virtual_gl: None }
    }

    fn arguments(command: &Command) -> String {
        let all: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        all.join(" ")
    }

    #[test]
    fn tigervnc_has_a_socket_and_no_port() {
        let plan = plan(engine(DesktopEngine::TigerVnc), None, false);
        let said = arguments(&plan.tools.engine.command(&plan, None));
        for part in
            ["-rfbunixpath ./r1.vnc -rfbunixmode 384 -rfbport -1", "-displayfd 1", "-auth ./r1.auth", "-nolisten tcp"]
        {
            assert!(said.contains(part), "{said}");
        }
        assert!(said.starts_with("-displayfd") && said.contains("-desktop My App"), "{said}");
        assert!(arguments(&plan.tools.engine.command(&plan, Some(7))).starts_with(":7 -displayfd 1"));
        let desktop = plan.tools.engine.desktop(&plan, 7, None);
        assert_eq!(desktop.screen, Screen::Socket("/c/run/desktops/r1.vnc".into()));
        assert!(!desktop.shows_web_ui && desktop.display == 7);
    }

    #[test]
    fn kasmvnc_listens_on_loopback_and_asks_nobody_for_its_address() {
        let plan = plan(engine(DesktopEngine::KasmVnc), Some(20_002), true);
        let said = arguments(&plan.tools.engine.command(&plan, None));
        for part in [
            "-interface 127.0.0.1 -PublicIP 127.0.0.1",
            "-disableBasicAuth -sslOnly 0",
            "-SecurityTypes None",
            "-websocketPort 20002",
            "-httpd /www",
            "-hw3d -drinode /dev/dri/renderD128",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("rfbunixpath"), "{said}");
        let desktop = plan.tools.engine.desktop(&plan, 3, None);
        assert_eq!((desktop.screen, desktop.shows_web_ui), (Screen::Web(Port::new(20_002).unwrap()), true));
    }

    #[test]
    fn who_draws_is_said() {
        assert!(engine(DesktopEngine::KasmVnc).acceleration().contains("renderD128"));
        assert!(engine(DesktopEngine::TigerVnc).acceleration().contains("processor"));
    }
}
