//! The metadata header of a blueprint: one parser, used everywhere.
//!
//! Lines `# aikore.<key> = <value>` between `### AIKORE-METADATA-START ###` and `### AIKORE-METADATA-END ###`. A key or
//! value nobody knows is kept and shown, never an error: an old script must start on a new server and the other way round.

use std::collections::BTreeMap;
use std::time::Duration;

use super::params::Params;
use crate::domain::{Helper, ProxyMode};

const START: &str = "### AIKORE-METADATA-START ###";
const END: &str = "### AIKORE-METADATA-END ###";
const INPUT: &str = "param.";

/// The keys that mean something here, but for the inputs (`param.<name>`).
pub const KNOWN: [&str; 20] = [
    "name",
    "category",
    "description",
    "homepage",
    "license",
    "icon",
    "venv_type",
    "venv_path",
    "persistent_mode",
    "proxy",
    "ready",
    "ready_timeout",
    "stop_signal",
    "stop_grace",
    "gpu",
    "min_vram",
    "disk",
    "files",
    "helper",
    // Reserved.
    "idle_ignore",
];

/// Every key of a header, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    keys: BTreeMap<String, String>,
    /// The keys `param.<name>`, in the order of the script: so the form shows them.
    inputs: Vec<String>,
}

/// How a blueprint says that its app is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    /// An HTTP answer below 500 at this path of the app port.
    Http(String),
    /// The app port accepts connections.
    Tcp,
    /// A line of the log matches.
    Log(String),
    /// The process runs.
    Process,
}

impl Ready {
    /// The same for an app that serves itself below a prefix: a path of its own means one below that.
    pub fn below(self, prefix: &str) -> Self {
        match self {
            Self::Http(path) if !path.starts_with(&format!("{prefix}/")) => Self::Http(format!("{prefix}{path}")),
            other => other,
        }
    }
}

impl Header {
    /// Reads the header of a script; a script without one has an empty header.
    pub fn parse(script: &str) -> Self {
        let block =
            script.lines().map(str::trim).skip_while(|line| *line != START).skip(1).take_while(|line| *line != END);
        let (mut keys, mut inputs) = (BTreeMap::new(), Vec::new());
        for line in block {
            let Some((key, value)) = line.trim_start_matches('#').trim().split_once('=') else { continue };
            if let Some(key) = key.trim().strip_prefix("aikore.") {
                let key = key.trim().to_owned();
                if keys.insert(key.clone(), value.trim().to_owned()).is_none() && key.starts_with(INPUT) {
                    inputs.push(key);
                }
            }
        }
        Self { keys, inputs }
    }

    /// The value of a key; an empty one is none.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.keys.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every key with its value, unknown ones too.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.keys
    }

    /// `proxy`: strip unless it says otherwise.
    pub fn proxy(&self) -> ProxyMode {
        self.get("proxy").and_then(|word| ProxyMode::parse(&word.to_ascii_lowercase()).ok()).unwrap_or(ProxyMode::Strip)
    }

    /// `helper`: the page helper may be used unless it says otherwise.
    pub fn helper(&self) -> Helper {
        self.get("helper").and_then(|word| Helper::parse(&word.to_ascii_lowercase()).ok()).unwrap_or(Helper::Auto)
    }

    /// `persistent_mode`: whether it is made to live in a desktop.
    pub fn wants_desktop(&self) -> bool {
        self.get("persistent_mode").is_some_and(|word| word.eq_ignore_ascii_case("true"))
    }

    /// `ready`: an HTTP answer at `/` unless it says otherwise.
    pub fn ready(&self) -> Ready {
        match self.get("ready") {
            Some("tcp") => Ready::Tcp,
            Some("process") => Ready::Process,
            Some(other) => match other.split_once(':') {
                Some(("log", pattern)) => Ready::Log(pattern.to_owned()),
                Some(("http", path)) if path.starts_with('/') => Ready::Http(path.to_owned()),
                _ => Ready::Http("/".to_owned()),
            },
            None => Ready::Http("/".to_owned()),
        }
    }

    /// `param.<name>`: the inputs it asks for.
    pub fn params(&self) -> Params {
        Params::parse(
            self.inputs.iter().filter_map(|key| Some((key.strip_prefix(INPUT)?, self.keys.get(key)?.as_str()))),
        )
    }

    /// `venv_path`: where the environment is, seen from the instance's folder.
    pub fn venv_path(&self) -> &str {
        self.get("venv_path").unwrap_or("./env")
    }

    /// `ready_timeout`: how long it may be alive without being ready.
    pub fn ready_timeout(&self) -> Option<Duration> {
        self.get("ready_timeout").and_then(duration)
    }

    /// `stop_grace`: how long its ending may take.
    pub fn stop_grace(&self) -> Option<Duration> {
        self.get("stop_grace").and_then(duration)
    }

    /// `stop_signal`: the signal that asks it to end, with or without `SIG`.
    pub fn stop_signal(&self) -> Option<&str> {
        self.get("stop_signal")
    }
}

/// `90`, `90s`, `3m`.
fn duration(text: &str) -> Option<Duration> {
    text.parse().map(Duration::from_secs).ok().or_else(|| humantime::parse_duration(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(lines: &str) -> Header {
        Header::parse(&format!("#!/bin/bash\n{START}\n{lines}\n{END}\nexec app\n"))
    }

    #[test]
    fn keys_are_kept_known_or_not() {
        let header = header(
            "# aikore.name = My App\n#aikore.category=Image\n# aikore.future.key = a = b\n# a comment\n# aikore.icon =",
        );
        assert_eq!(header.get("name"), Some("My App"));
        assert_eq!(header.get("category"), Some("Image"));
        assert_eq!(header.get("future.key"), Some("a = b"));
        assert_eq!(header.get("icon"), None);
        assert_eq!(header.all().len(), 4);
    }

    #[test]
    fn inputs_keep_the_order_of_the_script() {
        let header = header(
            "# aikore.param.z = bool\n# aikore.param.a = int, 5\n# aikore.param.z = bool, true\n# aikore.name = x",
        );
        let params = header.params();
        assert_eq!(params.list.iter().map(|param| param.name.as_str()).collect::<Vec<_>>(), ["z", "a"]);
        assert_eq!(header.all().len(), 3);
    }

    #[test]
    fn a_script_without_header_has_the_defaults() {
        for script in ["", "#!/bin/bash\necho hi\n", "# aikore.name = outside the block\n"] {
            let header = Header::parse(script);
            assert_eq!(header, Header::default());
            assert_eq!((header.proxy(), header.ready()), (ProxyMode::Strip, Ready::Http("/".to_owned())));
        }
        assert_eq!(Header::parse(&format!("{START}\n# aikore.name = cut off")).get("name"), Some("cut off"));
        assert_eq!(Header::parse(&format!("{START}\r\n# aikore.name = dos\r\n{END}\r\n")).get("name"), Some("dos"));
    }

    #[test]
    fn typed_keys() {
        for (value, ready) in [
            ("http:/lab", Ready::Http("/lab".to_owned())),
            ("http:lab", Ready::Http("/".to_owned())),
            ("tcp", Ready::Tcp),
            ("process", Ready::Process),
            ("log:Running on .*:\\d+", Ready::Log("Running on .*:\\d+".to_owned())),
            ("nonsense", Ready::Http("/".to_owned())),
        ] {
            assert_eq!(header(&format!("# aikore.ready = {value}")).ready(), ready, "{value}");
        }
        for (path, below) in
            [("/", "/instance/a/"), ("/api", "/instance/a/api"), ("/instance/a/api", "/instance/a/api")]
        {
            assert_eq!(Ready::Http(path.to_owned()).below("/instance/a"), Ready::Http(below.to_owned()));
        }
        assert_eq!(header("# aikore.proxy = preserve").proxy(), ProxyMode::Preserve);
        assert_eq!(header("# aikore.proxy = root-only").proxy(), ProxyMode::RootOnly);
        assert_eq!(header("# aikore.proxy = whatever").proxy(), ProxyMode::Strip);
        assert_eq!(header("# aikore.helper = Off").helper(), Helper::Off);
        assert_eq!(header("# aikore.helper = on").helper(), Helper::Auto);
        assert_eq!(header("# aikore.ready_timeout = 10m").ready_timeout(), Some(Duration::from_secs(600)));
        assert_eq!(header("# aikore.stop_grace = 30").stop_grace(), Some(Duration::from_secs(30)));
        assert_eq!(header("# aikore.stop_grace = soon").stop_grace(), None);
    }
}
