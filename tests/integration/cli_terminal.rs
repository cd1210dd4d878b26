//! `aikore exec` and `aikore attach`: programs and shells of an instance, with and without a terminal here.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::cli::{Told, interrupt};
use crate::support::{Console, Server, Start, eventually, eventually_async};

/// A shell shows its prompt, whoever it is.
const PROMPT: &str = "\x1b[?2004h";

fn exec(server: &Server, command: &[&str]) -> Told {
    server.run(&[&["exec", "a", "--"], command].concat()).into()
}

/// What a command runs on, seen by a shell of this side: its modes before and after must be the same.
fn on_this_side(server: &Server, arguments: &str) -> Command {
    let aikore = server.command(&[]);
    let program = aikore.get_program().to_str().unwrap().to_owned();
    let script = format!(
        "stty -a; echo be''fore; {program} {arguments}; echo \"code $?\"; stty -a; echo af''ter; read -r line; echo \"line $line\""
    );
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", &script]);
    for (name, value) in aikore.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TERM", "xterm-256color");
    command
}

#[tokio::test]
async fn programs_without_a_terminal() {
    let server = Server::new();
    server.blueprint("app.sh", "# aikore.venv_path = ./env", "true");
    server.create("a", "app.sh").await;
    let home = server.config().join("instances/a");
    let told = exec(&server, &["bash", "-c", "pwd; echo $INSTANCE_NAME; tty || true; exit 3"]);
    assert_eq!((told.code, &*told.out), (3, &*format!("{}\na\nnot a tty\n", home.display())), "{}", told.err);
    assert_eq!(exec(&server, &["true"]).well(), "", "short as it is");
    assert_eq!(exec(&server, &["printf", "%s|", "a b", "$HOME", "*", "'", "-n", "ü"]).well(), "a b|$HOME|*|'|-n|ü|");
    let told = exec(&server, &["no-such-program"]);
    assert!(told.code == 127 && told.out.contains("no-such-program: not found"), "{} {}", told.code, told.out);
    assert_eq!(exec(&server, &["bash", "-c", "kill -9 $$"]).code, 137);
    assert_eq!(exec(&server, &[""]).code, 1);
    // An environment of Python where the script says that it is.
    exec(&server, &["python3", "-m", "venv", "--without-pip", "./env"]).well();
    assert_eq!(
        exec(&server, &["python", "-c", "import sys; print(sys.prefix)"]).well(),
        format!("{}\n", home.join("env").display())
    );

    // More than anything in between holds, to a reader who takes a while; not a byte changes.
    let mut command = server.command(&["exec", "a", "--", "bash", "-c", "seq 1000000; printf '\\0\\x1b[c\\r\\n\\n'"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(child.wait().unwrap().success());
    let wanted: String = (1..=1_000_000).map(|number| format!("{number}\n")).collect();
    assert!(bytes == [wanted.as_bytes(), b"\0\x1b[c\r\n\n"].concat(), "{} bytes", bytes.len());

    // What is passed on is the same on the other side, and has an end; nobody waits for a program that reads none of it.
    let fed = |command: &[&str], input: &[u8]| {
        let mut command = server.command(&[&["exec", "a", "-i", "--"], command].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut pipe, input) = (child.stdin.take().unwrap(), input.to_vec());
        // Whoever reads no more closes it.
        let feeding = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        drop(feeding);
        (output.status.code(), output.stdout)
    };
    let (code, back) = fed(&["cat"], &bytes);
    let differs = back.iter().zip(&bytes).position(|(one, other)| one != other);
    assert_eq!((code, back.len(), differs), (Some(0), bytes.len(), None), "a pipe there and back");
    assert_eq!(fed(&["cat"], b""), (Some(0), Vec::new()));
    assert_eq!(fed(&["python3", "-"], b"import sys; print(6 * 7); sys.exit(4)"), (Some(4), b"42\n".to_vec()));
    assert_eq!(fed(&["true"], &bytes), (Some(0), Vec::new()));
    assert_eq!(fed(&["head", "-c", "4"], &bytes), (Some(0), b"1\n2\n".to_vec()));
    let wanted = json!({ "command": ["cat"], "input": true });
    let refused = server.client.call(Method::POST, "/api/instances/1/terminals", Some(&wanted)).await;
    assert_eq!((refused.status.as_u16(), refused.detail().contains("plain")), (422, true), "{}", refused.text());

    // It ends with us: by Ctrl-C, and when nobody reads any more.
    let forever = ["exec", "a", "--", "bash", "-c", "echo begun; (setsid sleep 1000 &); sleep 1001"];
    let mut child = server.command(&forever).stdout(Stdio::piped()).spawn().unwrap();
    let mut begun = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    assert_eq!(server.terminals(1).await[0]["name"], "bash");
    interrupt(child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut child = server.command(&["exec", "a", "--", "yes"]).stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    eventually("nothing left", || server.processes().is_empty().then_some(()));
}

#[tokio::test]
async fn programs_at_a_terminal() {
    let server = Server::new();
    server.create("a", "hello.sh").await;
    let program = "'tty; stty size; read -r -p question: answer; echo got $answer; cat; exit 5'";
    let mut console = Console::run(&on_this_side(&server, &format!("exec a -- bash -c {program}")));
    let before = console.until("before\r\n").await;
    let shown = console.until("question:").await;
    assert!(shown.contains("/dev/pts/") && shown.contains("24 80"), "{shown}");
    console.type_in("an answer\r").await;
    console.until("got an answer\r\n").await;
    // Every key is the program's: Ctrl-] too, and Ctrl-D ends its input.
    console.type_in("\x1dx\r\x04").await;
    console.until("code 5\r\n").await;
    let after = console.until("after\r\n").await;
    assert_eq!(modes(&after), modes(&before), "this terminal is as it was");
    console.type_in("typed here\r").await;
    let (status, shown) = console.end().await;
    assert!(status.success() && shown.contains("line typed here"), "{shown}");
    // Ctrl-C is the program's as well.
    let mut console = Console::run(&server.command(&[
        "exec",
        "a",
        "--",
        "bash",
        "-c",
        "trap 'echo caught; exit 9' INT; echo ready; sleep 1000",
    ]));
    console.until("ready\r\n").await;
    console.type_in("\x03").await;
    console.until("caught").await;
    assert_eq!(console.end().await.0.code(), Some(9));
}

/// What `stty -a` prints.
fn modes(shown: &str) -> &str {
    // The last line is what was printed behind them.
    let (modes, _) = shown.trim_end().rsplit_once("\r\n").unwrap();
    modes.find("speed").and_then(|at| modes.get(at..)).unwrap()
}

#[tokio::test]
async fn a_shell_that_stays_when_we_go() {
    let mut server = Start::new().serve();
    let id = server.hello("a").await;
    let mut console = Console::run(&on_this_side(&server, "attach a"));
    let before = console.until("before\r\n").await;
    console.until("Attached to “Shell” of a. Ctrl-] lets go of it").await;
    console.until(PROMPT).await;
    console.type_in("cd /tmp; mine=kept; echo $mine.$((6*7))\r").await;
    console.until("kept.42\r\n").await;
    console.type_in("stty size\r").await;
    console.until("24 80\r\n").await;
    console.resize(31, 99);
    eventually_async("its new size", || async { (server.terminals(id).await[0]["attached"] == 1).then_some(()) }).await;
    console.type_in("sleep 0.3; stty size\r").await;
    console.until("31 99\r\n").await;
    // A program asks this terminal, and sets it up; then we go in the middle of it.
    console.type_in("printf '\\e[6n\\e[?1049h\\e[?25lset\\x20up'; sleep 1; echo\r").await;
    console.until("set up").await;
    console.type_in("\x1d").await;
    let left = console.until("comes back to it.").await;
    for undone in ["\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"] {
        assert!(left.contains(undone) || undone.contains("2004"), "{undone:?} in {left:?}");
    }
    console.until("code 0\r\n").await;
    let after = console.until("after\r\n").await;
    // Of another width: the words stand in other lines.
    let words = |shown: &str| shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(modes(&after)).replace("rows 31; columns 99", "rows 24; columns 80"), words(modes(&before)));
    console.type_in("\r").await;
    assert!(console.end().await.0.success());
    let listed: Told = server.run(&["attach", "a", "--list"]).into();
    assert!(listed.well().contains("\tShell\t"));

    // The same shell, with what it showed; its old question is not asked again.
    let mut console = Console::run(&server.command(&["attach", "a"]));
    let replayed = console.until("set up").await;
    assert!(replayed.contains("kept.42") && !replayed.contains("\x1b[6n"), "{replayed:?}");
    console.type_in("echo $PWD $mine a''gain\r").await;
    console.until("/tmp kept again\r\n").await;
    // Another one, beside it; and its exit code is ours.
    let mut other = Console::run(&server.command(&["attach", "a", "--new"]));
    other.until("Attached to “Shell 2”").await;
    other.until(PROMPT).await;
    other.type_in("echo ${mine-none}; exit 4\r").await;
    other.until("none\r\n").await;
    other.until("“Shell 2” has ended.").await;
    assert_eq!(other.end().await.0.code(), Some(4));
    // Two at one shell; by its name.
    let mut beside = Console::run(&server.command(&["attach", "a", "--terminal", "Shell"]));
    beside.until("again\r\n").await;
    beside.type_in("echo from be''side\r").await;
    console.until("from beside\r\n").await;
    let told: Told = server.run(&["attach", "a", "--terminal", "Shel"]).into();
    told.failed(2, "needs a terminal");
    // Nothing of it was typed into the app.
    let log = server.client.get(&format!("/api/instances/{id}/logs?offset=0")).await.text();
    assert!(!log.contains("mine=kept"), "{log}");

    // The server goes, and the shells with it; a new one has new ones.
    assert!(server.end("TERM").success());
    for console in [console, beside] {
        let (status, shown) = console.end().await;
        assert!(status.code() == Some(1) && shown.contains("“Shell” is over: the server stops"), "{status} {shown:?}");
    }
    server.start();
    server.wait_status(id, "started").await;
    let mut console = Console::run(&server.command(&["attach", "a"]));
    console.until("Attached to “Shell”").await;
    console.until(PROMPT).await;
    console.type_in("echo ${mine-none} here\r").await;
    console.until("none here\r\n").await;
    // A crash: the shell is gone with the server, which is said once there is another.
    server.end("KILL");
    server.start();
    let (status, shown) = console.end().await;
    assert!(status.code() == Some(1) && shown.contains("“Shell” is over: gone"), "{status} {shown:?}");
    assert_eq!(server.terminals(id).await, json!([]));
}

#[tokio::test]
async fn a_signal_and_a_lost_connection() {
    let server = Start::new().guarded().await;
    let id = server.create("a", "hello.sh").await;
    let mut console = Console::run(&on_this_side(&server, "attach a"));
    let before = console.until("before\r\n").await;
    console.until(PROMPT).await;
    let client = eventually("the client", || child_of(console.child.id().unwrap(), "aikore"));
    assert!(Command::new("kill").args(["-TERM", &client.to_string()]).status().unwrap().success());
    console.until("code 143\r\n").await;
    let after = console.until("after\r\n").await;
    assert_eq!(modes(&after), modes(&before));
    assert_eq!(server.terminals(id).await.as_array().unwrap().len(), 1, "it goes on");
    drop(console);

    // A token that is taken back ends it.
    let token: Told = server.run(&["token", "create", "passing"]).into();
    let token = token.well();
    let mut command = server.command(&["attach", "a"]);
    command.env("AIKORE_URL", server.own_origin()).env("AIKORE_TOKEN", token.trim());
    let mut console = Console::run(&command);
    console.until(PROMPT).await;
    console.type_in("echo t''yped\r").await;
    console.until("typed\r\n").await;
    let told: Told = server.run(&["token", "revoke", "passing"]).into();
    told.well();
    let (status, shown) = console.end().await;
    assert!(status.code() == Some(1) && shown.contains("the token was revoked"), "{status} {shown:?}");
}

/// The process of this name right below another.
fn child_of(parent: u32, name: &str) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    let is = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).find(is)
}
