//! The command line on the server's own machine: every command, by the admin socket.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{Server, asked, eventually};

/// A blueprint with inputs, which prints what it was given and serves its folder.
const HEADER: &str = "# aikore.name = Echo\n# aikore.description = says what it was given\n\
    # aikore.param.words = text, hello, Words\n# aikore.param.loud = bool, false, Loud\n# aikore.param.times = int, 1, Times, min=1, max=9";
const BODY: &str = "echo \"words=$AIKORE_PARAM_WORDS loud=$AIKORE_PARAM_LOUD times=$AIKORE_PARAM_TIMES\"\n\
    exec python3 -m http.server \"$WEBUI_PORT\" --bind 127.0.0.1";

/// What a command printed and how it ended.
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Told {
    /// It did what it should.
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    pub(crate) fn json(self) -> Value {
        let out = self.well();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// It failed with this code and one sentence that holds this.
    pub(crate) fn failed(self, code: i32, said: &str) {
        assert!(self.code == code && self.err.contains(said), "{} {}{}", self.code, self.out, self.err);
        assert_eq!(self.err.trim_end().lines().count(), 1, "one sentence: {}", self.err);
    }
}

/// Presses Ctrl-C for a command that has no terminal.
pub(crate) fn interrupt(pid: u32) {
    assert!(Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap().success());
}

fn tell(server: &Server, arguments: &[&str]) -> Told {
    server.run(arguments).into()
}

#[test]
fn an_instance_from_its_making_to_its_end_and_back() {
    let server = Server::new();
    let tell = |arguments: &[&str]| tell(&server, arguments);
    server.blueprint("echo.sh", HEADER, BODY);
    assert_eq!(tell(&["ps"]).well(), "", "nothing for a pipe");

    let listed = tell(&["blueprint", "list"]).well();
    assert!(listed.lines().any(|line| line.starts_with("echo.sh\tEcho\t") && line.contains("\tcustom\t")), "{listed}");
    assert!(tell(&["blueprint", "show", "echo"]).well().contains("AIKORE-METADATA-START"));
    assert_eq!(tell(&["blueprint", "show", "echo", "--json"]).json()["filename"], "echo.sh");
    tell(&["blueprint", "show", "ecko"]).failed(3, "'echo.sh'");

    // Made, with inputs by their types.
    let arguments = [
        "create",
        "echo",
        "--name",
        "My App",
        "--param",
        "words=a b=c",
        "--param",
        "loud=yes",
        "--param",
        "times=3",
        "--gpus",
        "0",
        "--autostart",
        "--json",
    ];
    let made = tell(&arguments).json();
    assert_eq!((&made["slug"], &made["gpu_ids"], &made["autostart"]), (&json!("my-app"), &json!("0"), &json!(true)));
    assert_eq!(made["params"], json!({ "words": "a b=c", "loud": true, "times": 3 }));
    tell(&["create", "echo", "--param", "times=many"]).failed(2, "a whole number");
    tell(&["create", "echo", "--param", "nothing"]).failed(2, "KEY=VALUE");
    tell(&["create", "echo", "--param", "times=77"]).failed(1, "at most 9");
    tell(&["create", "eco"]).failed(3, "Did you mean 'echo.sh'");
    tell(&["create"]).failed(2, "BLUEPRINT");
    assert_eq!(tell(&["create", "echo"]).well(), "2\techo\tstopped\n");
    assert_eq!(tell(&["create", "echo"]).well(), "3\techo-2\tstopped\n", "a name that nobody has");
    let satellite = tell(&["create", "--parent", "my-app", "--name", "moon", "--json"]).json();
    assert_eq!((&satellite["parent_instance_id"], &satellite["name"]), (&json!(1), &json!("moon")));

    // Named by name, slug and id; all are known before anything is done.
    tell(&["start", "echo", "My Ap"]).failed(3, "There is no instance 'My Ap'. Did you mean 'My App'?");
    assert_eq!(tell(&["ps", "--json"]).json()[1]["status"], "stopped", "nothing was started");
    assert_eq!(tell(&["start", "My App", "my-app", "1", "2", "--wait"]).well(), "My App\tstarted\necho\tstarted\n");
    // The figures may be two seconds old, and so from before it ran.
    let listed = eventually("what it takes", || Some(tell(&["ps"]).well()).filter(|listed| listed.contains("iB")));
    let fields: Vec<&str> = listed.lines().next().unwrap().split('\t').collect();
    let port = format!("http://localhost:{}/", server.pool.0);
    assert_eq!(fields[..6], ["1", "My App", "started", fields[3], "0", &port], "{listed}");
    assert!(fields[6].ends_with(" %") && fields[7].contains("iB"), "what it takes: {listed}");

    // Its addresses are those it answers at.
    let addresses = tell(&["open", "my-app"]).well();
    assert_eq!(addresses.lines().count(), 3, "{addresses}");
    for address in addresses.lines() {
        assert!(asked(&[address]).starts_with("200 "), "{address}");
    }
    assert_eq!(tell(&["open", "my-app", "--json"]).json()["addresses"].as_array().unwrap().len(), 3);
    let routes = tell(&["routes"]).well();
    assert!(routes.starts_with("My App\tstarted\t/instance/my-app/\t"), "{routes}");
    assert!(tell(&["routes", "--json"]).json()[0]["requests"].as_u64().unwrap() >= 3);

    // Its log, run by run.
    assert_eq!(tell(&["logs", "my-app"]).well().lines().next(), Some("words=a b=c loud=true times=3"));
    let first = tell(&["ps", "--json"]).json()[0]["pid"].clone();
    assert_eq!(tell(&["restart", "my-app", "--wait"]).well(), "My App\tstarted\n");
    assert_ne!(tell(&["ps", "--json"]).json()[0]["pid"], first);
    let runs = tell(&["logs", "my-app", "--runs"]).well();
    assert!(runs.starts_with("2\t") && runs.lines().count() == 2, "{runs}");
    let former = tell(&["logs", "my-app", "--run", "1"]).well();
    assert!(former.starts_with("words=") && former.contains("GET /"), "the run before served those: {former}");
    assert!(!former.contains('\r'), "a pipe gets the line ends of files");
    let name = tell(&["logs", "my-app", "--runs", "--json"]).json()[1]["run"].as_str().unwrap().to_owned();
    assert_eq!(
        tell(&["logs", "my-app", "--run", &name, "-n", "1"]).well(),
        former.lines().last().unwrap().to_owned() + "\n"
    );
    tell(&["logs", "my-app", "--run", "7"]).failed(3, "run '7'");
    let lines = tell(&["logs", "my-app", "--json"]).well();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines[0]["begins"]["run"].is_string() && lines[1]["line"].as_str().unwrap().starts_with("words="),
        "{lines:?}"
    );

    assert_eq!(tell(&["stop", "1", "echo", "--wait"]).well(), "My App\tstopped\necho\tstopped\n");

    // A copy, a removal, and back.
    assert_eq!(tell(&["copy", "my-app", "Another"]).well(), "5\tAnother\tstopped\n");
    tell(&["copy", "my-app", "Another"]).failed(1, "Another");
    assert_eq!(tell(&["jobs", "--json"]).json()[0]["kind"], "copy");
    assert!(tell(&["jobs"]).well().contains("\tcopy\tdone\t5\t"));
    tell(&["jobs", "--cancel", "nothing"]).failed(3, "There is no job nothing");
    tell(&["rm", "Another"]).failed(2, "--yes");
    assert!(tell(&["rm", "Another", "--yes"]).well().starts_with("Another\tin the trash"));
    let trash = tell(&["trash", "list"]).well();
    assert!(trash.starts_with("Another\tinstance\t") && trash.contains("\tyes"), "{trash}");
    tell(&["trash", "restore", "Anothr"]).failed(3, "'Another'");
    assert_eq!(tell(&["trash", "restore", "Another", "--name", "Back"]).well(), "Back is back\n");
    assert_eq!(tell(&["rm", "Back", "--yes", "--permanent", "--json"]).json()["ok"], true);
    assert_eq!(tell(&["trash", "list", "--json"]).json(), json!([]));
}

#[test]
fn what_goes_wrong_is_said_in_a_sentence_and_by_a_code() {
    let mut server = Server::new();
    server.blueprint("broken.sh", "", "echo it will not; exit 3");
    tell(&server, &["create", "broken"]).well();
    tell(&server, &["start", "broken", "--wait"]).failed(1, "'broken' did not start: ");
    assert_eq!(tell(&server, &["start", "broken", "--wait", "--timeout", "soon"]).code, 2);
    server.blueprint("slow.sh", "", "exec sleep 1000");
    let created = tell(&server, &["create", "slow", "--start"]);
    assert!(created.well().starts_with("2\tslow\t"));
    tell(&server, &["start", "slow", "--wait", "--timeout", "1s"]).failed(1, "it goes on");
    tell(&server, &["rm", "slow", "--yes"]).failed(1, "slow");

    // For programs: the server's own words.
    let told = tell(&server, &["stop", "slo", "--json"]);
    assert_eq!(told.code, 3);
    assert!(serde_json::from_str::<Value>(&told.err).unwrap()["detail"].as_str().unwrap().contains("'slow'"));
    let told = tell(&server, &["create", "slow", "--name", "slow", "--json"]);
    assert_eq!((told.code, &serde_json::from_str::<Value>(&told.err).unwrap()["field"]), (1, &json!("name")));

    // Bad usage, in one line.
    for (arguments, said) in [
        (&["logs"][..], "INSTANCE"),
        (&["exec", "slow"], "COMMAND"),
        (&["nothing"], "nothing"),
        (&["ps", "--instance-port-range", "1-2"], "--instance-port-range"),
        (&["token", "create"], "NAME"),
        (&["attach", "slow"], "needs a terminal"),
        (&["create", "slow", "--parent", "slow"], "--parent"),
    ] {
        tell(&server, arguments).failed(2, said);
    }

    // No server.
    tell(&server, &["stop", "slow", "--wait"]).well();
    server.end("TERM");
    for command in [&["ps"][..], &["logs", "slow"], &["setup-link"], &["handover"], &["events"]] {
        tell(&server, command).failed(4, "Start it with `aikore serve`");
    }
    tell(&server, &["health"]).failed(1, "no server answers");
}

#[test]
fn helps_pages_and_completions() {
    let server = Server::new();
    let tell = |arguments: &[&str]| tell(&server, arguments).well();
    for command in ["ps", "create", "logs", "exec", "attach", "health", "setup-link"] {
        let help = tell(&[command, "--help"]);
        assert!(!help.contains("--instance-port-range") && help.contains("--config-dir"), "{command}: {help}");
    }
    assert!(tell(&["serve", "--help"]).contains("--instance-port-range"));
    let help = tell(&["--help"]);
    for command in ["ps", "create", "start", "logs", "exec", "attach", "copy", "rm", "open", "token", "trash", "man"] {
        assert!(help.lines().any(|line| line.trim().starts_with(&format!("{command} "))), "{command}: {help}");
    }
    assert!(!help.contains("--acme-email") && !help.contains("reference"), "{help}");

    let page = tell(&["man"]);
    for part in [".TH", "aikore create", "EXIT STATUS", "AIKORE_TOKEN", "admin.sock", "\\-\\-autostart"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(tell(&["reference"]).starts_with("# The command line\n"));
    for (code, what) in [("0", "Done"), ("4", "No server answers"), ("130", "Ended by Ctrl-C")] {
        assert!(help.lines().any(|line| line.trim().starts_with(code) && line.contains(what)), "{code}: {help}");
    }
}

#[test]
fn completions_know_names() {
    let server = Server::new();
    let tell = |arguments: &[&str]| tell(&server, arguments).well();
    for (shell, part) in [
        ("bash", "complete -o nospace"),
        ("zsh", "#compdef aikore"),
        ("fish", "complete --keep-order --exclusive --command aikore"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let text = tell(&["completions", shell]);
        assert!(text.contains(part) && text.contains("AIKORE_COMPLETE"), "{shell}: {text}");
    }
    tell(&["create", "hello", "--name", "My app"]);
    tell(&["create", "hello", "--name", "other"]);
    // As bash calls it. What stands on the line names the server, as it will for the command.
    let bash = server.config().join("aikore.bash");
    std::fs::write(&bash, tell(&["completions", "bash"])).unwrap();
    let completed = |line: &[&str], named: bool| {
        let script = "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                      _clap_complete_aikore aikore \"${@: -1}\" x; printf '%s\\n' \"${COMPREPLY[@]}\"";
        let mut command = Command::new("bash");
        command.args(["-c", script]).arg(&bash).arg("aikore").args(line).env_remove("AIKORE_URL");
        if named {
            command.env("AIKORE_CONFIG_DIR", server.config());
        } else {
            command.env("AIKORE_CONFIG_DIR", "/nowhere/at/all");
        }
        let output = command.output().unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        let mut words: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        words.retain(|word| !word.starts_with('-') && !word.is_empty());
        words
    };
    assert_eq!(completed(&["blue"], true), ["blueprint"]);
    assert_eq!(completed(&["logs", ""], true), ["my-app", "other"]);
    assert_eq!(completed(&["restart", "other", "my"], true), ["my-app"]);
    assert_eq!(completed(&["create", "hell"], true), ["hello"]);
    assert_eq!(completed(&["create", "--parent", "o"], true), ["other"]);
    assert!(completed(&["logs", ""], false).is_empty(), "nobody answers: no words, and no complaint");
    let folder = server.config().to_str().unwrap().to_owned();
    assert_eq!(completed(&["logs", "--config-dir", &folder, "o"], false), ["other"]);
    assert_eq!(completed(&["logs", &format!("--config-dir={folder}"), "o"], false), ["other"]);
}

#[test]
fn the_machine_and_what_happens() {
    let server = Server::new();
    let told = tell(&server, &["gpus", "--json"]).json();
    assert!(told["gpus"].is_array() && told.get("gpu_note").is_some(), "{told}");
    let told = tell(&server, &["gpus"]);
    assert_eq!(told.code, 0);
    assert!(!told.out.is_empty() || !told.err.is_empty(), "cards, or why there are none");
    assert_eq!(tell(&server, &["health"]).well(), "ok\n");
    assert_eq!(tell(&server, &["health", "--json"]).json(), json!({ "status": "ok" }));
    tell(&server, &["create", "hello"]).well();
    assert!(tell(&server, &["events", "--once"]).well().trim_end().ends_with("\tsnapshot\thello is stopped"));
    let snapshot = tell(&server, &["events", "--once", "--json"]).json();
    assert_eq!((&snapshot["event"], &snapshot["data"]["instances"][0]["slug"]), (&json!("snapshot"), &json!("hello")));

    // What happens comes as it happens; Ctrl-C ends it.
    let mut command = server.command(&["events"]);
    let mut events = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().ends_with("hello is stopped"));
    tell(&server, &["start", "hello", "--wait"]).well();
    let all: Vec<String> = lines.by_ref().take_while(|line| !line.ends_with("instance\thello is started")).collect();
    assert!(all.iter().any(|line| line.contains("hello is starting")), "{all:?}");
    interrupt(events.id());
    assert_eq!(events.wait().unwrap().code(), Some(130));
}

#[test]
fn who_reads_no_further_ends_it() {
    let server = Server::new();
    server.blueprint(
        "chatter.sh",
        "# aikore.ready = process",
        "for i in $(seq 200000); do echo line $i; done; exec sleep 1000",
    );
    tell(&server, &["create", "chatter", "--start", "--wait"]).well();
    eventually("its log", || {
        tell(&server, &["logs", "chatter", "-n", "1"]).well().contains("line 200000").then_some(())
    });
    for arguments in [&["logs", "chatter"][..], &["logs", "chatter", "-f", "--json"], &["reference"]] {
        let mut command = server.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let told = child.wait_with_output().unwrap();
        assert!(!first.is_empty() && told.status.success() && told.stderr.is_empty(), "{arguments:?}: {told:?}");
    }

    // Followed from run to run, to the end of the server.
    let mut command = server.command(&["logs", "chatter", "-f", "-n", "0"]);
    let mut follower = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines().map(Result::unwrap);
    std::thread::sleep(std::time::Duration::from_millis(500));
    tell(&server, &["restart", "chatter"]).well();
    let all: Vec<String> = lines.by_ref().take_while(|line| line != "line 200000").collect();
    assert_eq!(all.iter().filter(|line| line.starts_with("line ")).count(), 199_999, "all of the new run");
    drop(lines);
    tell(&server, &["stop", "chatter", "--wait"]).well();
    let _ = follower.kill();
    follower.wait().unwrap();
}

#[test]
fn long_paths_and_flags_before_the_command() {
    let server = Server::new();
    let mut command = server.command(&["--config-dir", "/nowhere", "ps"]);
    let told: Told = command.env_remove("AIKORE_CONFIG_DIR").output().unwrap().into();
    told.failed(4, "/nowhere");
    let folder = server.config();
    let mut command = server.command(&["--config-dir", folder.to_str().unwrap(), "health"]);
    let told: Told = command.env_remove("AIKORE_CONFIG_DIR").output().unwrap().into();
    assert_eq!(told.well(), "ok\n");
    // Nothing is made where one only asks.
    let mut command = server.command(&["ps"]);
    let told: Told = command.env_remove("AIKORE_CONFIG_DIR").output().unwrap().into();
    told.failed(4, "data");
    assert!(!server.config().with_file_name("data").exists());
}
