//! Blueprints with one thing wrong each, and those that ship.

use std::path::PathBuf;

use super::*;
use crate::blueprints::Catalogue;

const GOOD: &str = "#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = x
# aikore.category = Tools
# aikore.description = y
# aikore.ready = http:/
# aikore.param.token = secret, , \"Token\"
### AIKORE-METADATA-END ###
source \"$AIKORE_LIB/functions.sh\"
ensure_env
run_app python app.py --port \"$WEBUI_PORT\"
";

/// What is said of the good one with one of its lines replaced, or something put before its last line.
fn said(from: &str, to: &str) -> Vec<(u64, Level, String)> {
    assert!(GOOD.contains(from), "{from}");
    problems(&GOOD.replacen(from, to, 1)).into_iter().map(|one| (one.line, one.level, one.message)).collect()
}

#[test]
fn a_good_one_has_no_problems() {
    assert_eq!(problems(GOOD), []);
    assert!(HABITS.len() > 10, "every pattern can be understood");
}

#[test]
fn one_thing_wrong_in_the_header() {
    let ready = "# aikore.ready = http:/";
    for (to, level, words) in [
        ("# aikore.ready = soon", Level::Error, "ready must be one of"),
        ("# aikore.ready = http:lab", Level::Error, "ready must be one of"),
        ("# aikore.ready = log:(", Level::Error, "pattern of ready"),
        ("# aikore.ready =", Level::Warning, "says nothing"),
        ("", Level::Warning, "ready is missing"),
        ("# aikore.ready = tcp\n# aikore.proxy = cut", Level::Error, "strip, preserve, root-only"),
        ("# aikore.ready = tcp\n# aikore.proxy = preserve", Level::Warning, "SUBFOLDER is never used"),
        ("# aikore.ready = tcp\n# aikore.venv_path = ../env", Level::Error, "in the instance's folder"),
        ("# aikore.ready = tcp\n# aikore.files = a.json, /etc/passwd", Level::Error, "/etc/passwd does not lie"),
        ("# aikore.ready = tcp\n# aikore.disk = much", Level::Error, "number with its unit"),
        ("# aikore.ready = tcp\n# aikore.stop_grace = soon", Level::Error, "must be a time"),
        ("# aikore.ready = tcp\n# aikore.stop_signal = SIGNOTHING", Level::Error, "signal's name"),
        ("# aikore.ready = tcp\n# aikore.gpu = yes", Level::Error, "none, optional, required"),
        ("# aikore.ready = tcp\n# aikore.redy_timeout = 5s", Level::Warning, "ready_timeout is"),
        ("# aikore.ready = tcp\n# aikore.param.a = int, x", Level::Error, "param.a"),
        ("# aikore.ready = tcp\n# aikore.ready = tcp", Level::Warning, "given twice"),
        ("# aikore.ready = tcp\n# what is this", Level::Warning, "no line of a header"),
    ] {
        let all = said(ready, to);
        assert!(all.iter().any(|(_, one, message)| *one == level && message.contains(words)), "{to}: {all:?}");
    }
    for good in ["http:/api/x", "tcp", "log:Running on .*:\\d+", "process"] {
        assert_eq!(said(ready, &format!("# aikore.ready = {good}")), [], "{good}");
    }
    assert!(said(START, "# nothing")[0].2.contains("no header"));
    assert!(said(END, "").iter().any(|(_, _, message)| message.contains("does not end")));
    assert!(problems(&GOOD.replace('\n', "\r\n")).iter().any(|one| one.message.contains("CRLF")));
    assert!(said("#!/usr/bin/env bash\n", "")[0].2.contains("does not begin"));
    assert!(said(" --port \"$WEBUI_PORT\"", "")[0].2.contains("never mentions WEBUI_PORT"));
}

#[test]
fn habits_that_end_badly() {
    for (line, words) in [
        ("curl -fsSL https://example.org/x.sh | bash", "run unseen"),
        ("wget -qO- https://example.org/x | sudo sh", "run unseen"),
        ("sudo true", "no sudo"),
        ("apt-get -y install git", "system packages"),
        ("app & sleep infinity", "hides"),
        ("rm -rf \"$CACHE\"/*", "empty variable"),
        ("rm -rf /", "empty variable"),
        ("pip install --user x", "machine's Python"),
        ("python a.py --host 0.0.0.0", "all addresses"),
        ("python a.py --listen --port 1", "all addresses"),
        ("python a.py --share", "tunnel"),
        ("chmod -R 777 .", "Everybody"),
        ("eval \"$ARGS\"", "eval"),
        ("nohup app &", "process group"),
        ("git pull", "sync_repo"),
        ("echo \"$AIKORE_PARAM_TOKEN\"", "A secret is printed"),
        ("set -euxo pipefail", "set -x prints"),
    ] {
        let all = said("ensure_env\n", &format!("ensure_env\n{line}\n"));
        assert!(all.len() == 1 && all[0].0 == 11 && all[0].2.contains(words), "{line}: {all:?}");
    }
    for fine in [
        "# never sudo here",
        "die \"install it: sudo apt-get install git\"",
        "rm -rf \"${CACHE:?}/x\"",
        "rm -rf -- ./part",
        "python a.py --listen 127.0.0.1",
        "set -euo pipefail",
        "export HF_TOKEN=\"$AIKORE_PARAM_TOKEN\"",
    ] {
        assert_eq!(said("ensure_env\n", &format!("ensure_env\n{fine}\n")), [], "{fine}");
    }
    let all = said("run_app python", "python");
    assert!(all.len() == 1 && all[0].2.contains("run_app (or exec)"), "{all:?}");
}

#[test]
fn what_ships_is_clean() {
    for blueprint in Catalogue::new(None, PathBuf::from("/nowhere")).list().unwrap() {
        assert_eq!(problems(&blueprint.script), [], "{}", blueprint.name);
    }
}
