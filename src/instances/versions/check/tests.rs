use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use super::*;
use crate::jobs::{Job, Jobs, State, Unit};
use crate::runtime::proc;

/// An environment whose Python is this shell script.
fn environment(python: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join("env/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(home.path().join("env/pyvenv.cfg"), "version = 3.12.4\n").unwrap();
    std::fs::write(bin.join("python"), format!("#!/bin/sh\n{python}\n")).unwrap();
    std::fs::set_permissions(bin.join("python"), std::fs::Permissions::from_mode(0o755)).unwrap();
    home
}

async fn checked(home: &Path, limit: Duration) -> (Job, Option<Checked>) {
    let check = Check {
        name: "a".to_owned(),
        home: home.to_owned(),
        named: "./env".to_owned(),
        environment: BTreeMap::from([("PATH".into(), "/usr/bin:/bin".into())]),
        config: home.to_owned(),
        machine: Machine::default(),
        limit,
    };
    let jobs = Jobs::default();
    let kept = Arc::new(Mutex::new(None));
    let result = Arc::clone(&kept);
    let job = jobs.start("test", None, Unit::Items, move |ticket| async move {
        *result.lock().unwrap() = Some(check.run(&ticket).await?);
        Ok(None)
    });
    let job = jobs.over(&job.id).await.unwrap();
    let checked = kept.lock().unwrap().take();
    (job, checked)
}

#[tokio::test]
async fn what_takes_too_long_is_ended_with_everything_it_started() {
    let home = environment("sleep 600 & echo $! > child; echo $$ > pid; wait");
    let begun = Instant::now();
    let (job, checked) = checked(home.path(), Duration::from_millis(700)).await;
    assert_eq!((job.state, checked), (State::Failed, None));
    let why = job.error.unwrap();
    assert!(why.contains("took longer than 0 s and was ended"), "{why}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    for name in ["child", "pid"] {
        let pid = std::fs::read_to_string(home.path().join(name)).unwrap().trim().parse().unwrap();
        assert!(!proc::lives(pid), "{name} lives");
    }
    assert_eq!(super::super::LIMIT, Duration::from_secs(120));
}

#[tokio::test]
async fn a_python_that_fails_is_quoted() {
    let home = environment("echo 'Fatal Python error: no encodings' >&2; exit 1");
    let (job, _) = checked(home.path(), Duration::from_secs(60)).await;
    let why = job.error.unwrap();
    assert!(why.contains("\"Fatal Python error: no encodings\""), "{why}");
    std::fs::remove_file(home.path().join("env/bin/python")).unwrap();
    let (job, _) = checked(home.path(), Duration::from_secs(60)).await;
    assert!(job.error.unwrap().contains("is broken: its Python"));
}

#[tokio::test]
async fn what_an_environment_prints_by_itself_is_not_taken_for_the_answer() {
    let told = r#"{"python":"3.12.4","packages":{"x":"1"},"torch":null,"pip":false,"packaging":false}"#;
    let home = environment(&format!("echo '{{}}'; echo; echo \"$5\"'{told}'; echo done"));
    let (job, checked) = checked(home.path(), Duration::from_secs(60)).await;
    let checked = checked.unwrap_or_else(|| panic!("{job:?}"));
    assert_eq!(checked.packages.len(), 1);
    assert!(checked.note.unwrap().contains("neither pip nor packaging"));
    assert_eq!(checked.conflicts_by, None);
}

#[test]
fn the_release_of_the_compiler() {
    let text = "nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 12.4, V12.4.131\n";
    assert_eq!(release(text).as_deref(), Some("12.4"));
    assert_eq!(release("nonsense"), None);
}
