//! What is in an instance's real Python environment, asked of a real venv with real packages that do not go together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Server, eventually_async_within};

/// Wheels as small as there can be, written by hand: `demo` wants what is not there and another `lib` than the one there is.
const MAKE_WHEELS: &str = r#"
import sys, zipfile
def wheel(name, version, requires=(), files={}):
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(f"{sys.argv[1]}/{name}-{version}-py3-none-any.whl", "w") as z:
        for path, text in files.items():
            z.writestr(path, text)
        needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
        z.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        names = [*files, f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"]
        z.writestr(f"{info}/RECORD", "".join(f"{one},,\n" for one in names))
wheel("lib", "1.0")
wheel("demo", "2.5", ["lib>=2", "missing_one", "other; python_version<'3'"])
wheel("torch", "2.7.0", files={"torch/__init__.py": "raise SystemExit('never imported')\n",
    "torch/version.py": "__version__ = '2.7.0+cu128'\ncuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n"})
"#;

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A venv with pip and these packages, made once for all tests: it takes seconds. It is copied from there.
fn furnished() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("venv-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        run(Command::new("python3").args(["-c", MAKE_WHEELS]).arg(&folder));
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("env")));
        let wheels = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let wheels = wheels.filter(|path| path.extension().is_some_and(|ext| ext == "whl"));
        run(Command::new(folder.join("env/bin/python"))
            .args(["-m", "pip", "install", "--no-index", "--no-deps", "--disable-pip-version-check"])
            .args(wheels));
        folder
    })
}

impl Server {
    /// An instance whose environment is a copy of the furnished one.
    async fn with_environment(&self, name: &str, inside: &str) -> i64 {
        self.blueprint(&format!("{name}.sh"), &format!("# aikore.venv_path = ./{inside}"), "exec sleep 1000");
        let id = self.create(name, &format!("{name}.sh")).await;
        let to = self.home(name).join(inside);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        run(Command::new("cp").arg("-a").arg(furnished().join("env")).arg(&to));
        id
    }

    async fn versions(&self, id: i64) -> Value {
        let answer = self.client.get(&format!("/api/instances/{id}/versions")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    async fn begin_check(&self, id: i64) -> Answer {
        let answer = self.ask(id, "version-check?async=true").await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        assert_eq!(answer.json()["id"], answer.header("x-aikore-job"));
        answer
    }
}

/// Makes an environment's Python hang before it does anything, and start something that has left its session.
fn hang(environment: &Path) -> PathBuf {
    let site = fs::read_dir(environment.join("lib")).unwrap().next().unwrap().unwrap().path().join("site-packages");
    let file = environment.join("child");
    let code = format!(
        "import subprocess, time\nchild = subprocess.Popen(['sleep', '601'], start_new_session=True)\nopen({:?}, 'w').write(str(child.pid))\ntime.sleep(602)\n",
        file.display().to_string()
    );
    fs::write(site.join("sitecustomize.py"), code).unwrap();
    file
}

async fn hanging(file: &Path) -> u32 {
    let pid = || async { fs::read_to_string(file).ok()?.parse().ok().filter(|pid| aikore::runtime::proc::lives(*pid)) };
    eventually_async_within(30, "a python that hangs", pid).await
}

async fn gone(pid: u32) {
    eventually_async_within(30, "its end", || async { (!aikore::runtime::proc::lives(pid)).then_some(()) }).await;
}

#[tokio::test]
async fn a_real_environment_tells_what_is_in_it_and_what_does_not_go_together() {
    let server = Server::new();
    let id = server.with_environment("a", "env").await;
    assert_eq!(server.versions(id).await, json!({ "job": null }));
    // The form of the earlier system.
    let answer = server.ask(id, "version-check").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let told = answer.json();
    assert_eq!(told.as_object().unwrap().len(), 2);
    let (versions, conflicts) = (told["versions"].as_str().unwrap(), told["conflicts"].as_str().unwrap());
    assert!(versions.contains("torch: 2.7.0+cu128\nCUDA of torch: 12.8"), "{versions}");
    assert!(conflicts.contains("demo 2.5 requires missing-one, which is not installed."), "{conflicts}");
    assert!(conflicts.contains("demo 2.5 has requirement lib>=2, but you have lib 1.0."), "{conflicts}");
    assert_eq!(server.job_over(&answer).await["kind"], "version-check");

    let last = server.versions(id).await;
    let home = server.home("a").join("env");
    assert_eq!(last["environment"]["kind"], "venv");
    assert_eq!(last["environment"]["path"], home.to_str().unwrap());
    assert_eq!((&last["torch"], &last["cuda"], &last["job"]), (&json!("2.7.0+cu128"), &json!("12.8"), &json!(null)));
    let python = last["python"].as_str().unwrap();
    assert!(versions.contains(&format!("Python: {python}\n")) && python.starts_with("3."), "{python}");
    let packages = last["packages"].as_array().unwrap();
    assert_eq!(packages[0], json!({ "name": "torch", "version": "2.7.0", "key": true }));
    assert!(packages.contains(&json!({ "name": "demo", "version": "2.5", "key": false })), "{packages:?}");
    assert_eq!((last["conflicts"].as_array().unwrap().len(), &last["conflicts_by"]), (2, &json!("pip check")));
    assert!(last["conflicts"][0]["remedy"].as_str().unwrap().contains("pip install"), "{last}");
    assert!(last["gpus"].is_array() && last["checked_at"].is_string());
    let text = last["text"].as_str().unwrap();
    assert!(text.starts_with(versions.split('\n').next().unwrap()) && text.ends_with(conflicts), "{text}");

    // Nothing was written into it.
    let caches = Command::new("find").arg(&home).args(["-newer", home.join("pyvenv.cfg").to_str().unwrap()]).output();
    let written = String::from_utf8(caches.unwrap().stdout).unwrap();
    assert!(!written.contains("sitecustomize"), "{written}");
    // A run that was asked for knows of conflicts without pip too.
    let pip = Command::new("rm").arg("-rf").args(globbed(&home, &["pip", "setuptools"])).status().unwrap();
    assert!(pip.success());
    let answer = server.ask(id, "version-check").await;
    let last = server.versions(id).await;
    assert_eq!((&last["conflicts_by"], &last["conflicts"]), (&json!(null), &json!([])), "{last}");
    assert_eq!(answer.json()["conflicts"], "No conflict check output.");
    assert!(last["note"].as_str().unwrap().contains("neither pip nor packaging"), "{last}");
    assert_eq!(server.ask(99, "version-check").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.client.get("/api/instances/99/versions").await.status, StatusCode::NOT_FOUND);
}

/// The folders of packages whose names begin like this.
fn globbed(environment: &Path, names: &[&str]) -> Vec<PathBuf> {
    let lib = fs::read_dir(environment.join("lib")).unwrap().next().unwrap().unwrap().path().join("site-packages");
    let all = fs::read_dir(lib).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| names.iter().any(|name| path.file_name().unwrap().to_str().unwrap().starts_with(name))).collect()
}

#[tokio::test]
async fn a_satellite_is_checked_in_the_environment_it_runs_on() {
    // earlier-defects.md 38
    let server = Server::new();
    let parent = server.with_environment("parent", "app/venv").await;
    let body = json!({ "new_name": "satellite" });
    let satellite = server.client.post(&format!("/api/instances/{parent}/instantiate"), &body).await.json();
    let satellite = satellite["id"].as_i64().unwrap();
    let answer = server.ask(satellite, "version-check").await;
    assert!(answer.json()["versions"].as_str().unwrap().contains("torch: 2.7.0+cu128"), "{}", answer.text());
    let path = server.home("parent").join("app/venv");
    assert_eq!(server.versions(satellite).await["environment"]["path"], path.to_str().unwrap());
    assert_eq!(server.versions(satellite).await, server.versions(parent).await, "one result for the family");
    assert!(!server.home("satellite").exists());
}

#[tokio::test]
async fn a_check_that_hangs_is_one_job_and_ends_with_everything_it_started() {
    let mut server = Server::new();
    let id = server.with_environment("a", "env").await;
    let child = hang(&server.home("a").join("env"));
    let answer = server.begin_check(id).await;
    let first = hanging(&child).await;
    // Whoever asks meanwhile gets the same one, and the server answers as ever.
    let again = server.begin_check(id).await;
    assert_eq!(again.json()["id"], answer.json()["id"]);
    assert_eq!(server.versions(id).await, json!({ "job": answer.json()["id"] }));
    let running = server.job(answer.header("x-aikore-job")).await;
    assert_eq!((&running["state"], &running["message"]), (&json!("running"), &json!("Reading packages")));
    assert_eq!((&running["done"], &running["total"], &running["instance_id"]), (&json!(1), &json!(3), &json!(id)));
    let client = server.client;
    let waits = tokio::spawn(async move {
        client.call(Method::POST, &format!("/api/instances/{id}/version-check"), None).await.json()
    });
    let cancel = format!("/api/jobs/{}", answer.header("x-aikore-job"));
    assert_eq!(server.client.call(Method::DELETE, &cancel, None).await.status, StatusCode::OK);
    assert_eq!(server.job_over(&answer).await["state"], "cancelled");
    gone(first).await;
    // An error is text in the earlier system's form; this one may have begun a check of its own.
    fs::remove_file(&child).unwrap();
    if !waits.is_finished() {
        let _ = eventually_async_within(30, "its end or another check", || async {
            let job = server.versions(id).await["job"].clone();
            (waits.is_finished() || job.is_string()).then_some(())
        })
        .await;
        if let Some(job) = server.versions(id).await["job"].as_str() {
            server.client.call(Method::DELETE, &format!("/api/jobs/{job}"), None).await;
        }
    }
    let told = waits.await.unwrap();
    assert_eq!(told, json!({ "versions": "The check was cancelled.", "conflicts": "No conflict check output." }));

    // The server's end ends it too; one that is killed leaves it to the next.
    server.begin_check(id).await;
    let second = hanging(&child).await;
    server.end("TERM");
    gone(second).await;
    fs::remove_file(&child).unwrap();
    server.start();
    server.begin_check(id).await;
    let third = hanging(&child).await;
    server.end("KILL");
    server.start();
    gone(third).await;
}

#[tokio::test]
async fn what_has_no_environment_says_so() {
    let server = Server::new();
    let id = server.create("a", "hello.sh").await;
    let told = server.ask(id, "version-check").await.json();
    let versions = told["versions"].as_str().unwrap();
    assert!(versions.contains("Environment: none\nThere is no Python environment in "), "{versions}");
    assert_eq!(told["conflicts"], "No conflict check output.");
    let last = server.versions(id).await;
    assert_eq!((&last["environment"], &last["packages"]), (&json!(null), &json!([])));
    // One whose Python has gone with the machine's.
    let broken = server.home("a").join("env/bin");
    fs::create_dir_all(&broken).unwrap();
    fs::write(broken.join("../pyvenv.cfg"), "version = 3.9.1\n").unwrap();
    std::os::unix::fs::symlink("/usr/bin/python3.9-that-is-gone", broken.join("python")).unwrap();
    let told = server.ask(id, "version-check").await.json();
    let versions = told["versions"].as_str().unwrap();
    assert!(versions.contains("is broken: its Python") && versions.contains("Rebuild"), "{versions}");
}
