//! The six older databases, row by row; and databases that are not for us.

use std::fs;
use std::path::{Path, PathBuf};

use aikore::domain::{Instance, Layout, PortRange};
use aikore::store::Store;
use rusqlite::Connection;

fn fixture(version: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/legacy/aikore-v{version}.db"))
}

fn pool() -> PortRange {
    PortRange::DEFAULT.parse().unwrap()
}

/// A config folder with that database in it.
fn folder(database: Option<&Path>) -> (tempfile::TempDir, Layout) {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(dir.path());
    fs::create_dir_all(layout.run()).unwrap();
    if let Some(database) = database {
        fs::copy(database, layout.database()).unwrap();
    }
    (dir, layout)
}

async fn imported(version: i64) -> (tempfile::TempDir, Layout, Vec<Instance>) {
    let (dir, layout) = folder(Some(&fixture(version)));
    let rows = Store::open(&layout, pool()).unwrap().instances().await.unwrap();
    (dir, layout, rows)
}

fn noted<'a>(row: &'a Instance, field: &str) -> &'a serde_json::Value {
    let notes = &row.chosen.import_notes;
    &notes.iter().find(|note| note.field == field).unwrap_or_else(|| panic!("no note on {field}: {notes:?}")).old
}

#[tokio::test]
async fn every_version_keeps_every_row() {
    for version in 1..=6 {
        let (_dir, layout, rows) = imported(version).await;
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                let c = &row.chosen;
                (
                    row.id,
                    c.name.as_str(),
                    c.slug.as_str(),
                    c.public_port().map(std::num::NonZero::get),
                    c.gpu_ids.as_ref().map(aikore::domain::GpuIds::as_str),
                    c.autostart,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (1, "ComfyUI_SDXL", "comfyui-sdxl", Some(19001), Some("0"), true),
                (2, "ComfyUI_SDXL_gpu1", "comfyui-sdxl-gpu1", None, Some("1"), false),
                (3, "LM Studio", "lm-studio", Some(19002), Some("0,1"), false),
                (4, "My App", "my-app", Some(19003), None, false),
                (5, "my_app", "my-app-2", None, None, false),
                (6, "é-studio-ünïcode", "e-studio-unicode", None, Some("0"), true),
                (7, "orphan", "orphan", None, Some("0"), false),
                (8, "old-port", "old-port", None, Some("GPU-1"), false),
            ],
            "version {version}"
        );
        assert!(rows.iter().all(|row| row.status.as_str() == "stopped" && row.pid.is_none() && row.run.is_none()));
        let lm = &rows[2].chosen;
        assert_eq!(
            (lm.persistent_mode, lm.port.map(std::num::NonZero::get), lm.persistent_display),
            (true, Some(43211), Some(10))
        );
        assert_eq!(rows[3].chosen.base_blueprint.as_str(), "custom-app.sh");

        // Every old value that did not fit is kept.
        assert_eq!(noted(&rows[0], "status"), "started");
        assert_eq!(noted(&rows[0], "pid"), 4242);
        assert_eq!(noted(&rows[4], "slug"), "my-app");
        assert_eq!(noted(&rows[4], "port"), 19003);
        assert_eq!(noted(&rows[5], "name"), "é-studio/ünïcode");
        assert_eq!(noted(&rows[5], "port"), 99999);
        assert_eq!(noted(&rows[7], "port"), 8000);

        if version >= 2 {
            assert_eq!(rows[0].chosen.hostname.as_ref().map(aikore::domain::Hostname::as_str), Some("comfy.lan"));
            assert_eq!(rows[5].chosen.hostname.as_ref().map(aikore::domain::Hostname::as_str), Some("flux.lan"));
            assert_eq!(noted(&rows[5], "hostname"), "http://flux.lan:8080/");
            assert_eq!(rows[3].chosen.hostname, None);
        }
        assert_eq!(rows[0].chosen.use_custom_hostname, version >= 3);
        if version >= 4 {
            assert_eq!(rows[0].chosen.output_path.as_ref().map(aikore::domain::OutputPath::as_str), Some("sdxl"));
            assert_eq!(rows[5].chosen.output_path, None);
            assert_eq!(noted(&rows[5], "output_path"), "../elsewhere");
        }
        if version >= 5 {
            assert_eq!(rows[1].chosen.parent_instance_id, Some(1));
            assert_eq!(rows[6].chosen.parent_instance_id, None);
            assert_eq!(noted(&rows[6], "parent_instance_id"), 77);
        }
        if version >= 6 {
            let of = |row: &Instance| row.chosen.python_version.as_ref().map(ToString::to_string);
            assert_eq!(
                (of(&rows[0]), of(&rows[3]), of(&rows[5])),
                (Some("3.12".to_owned()), None, Some("3.10".to_owned()))
            );
        }

        // The backup is the old file's content, whole.
        let backup = Connection::open(layout.root().join(format!("aikore.db.bak-legacy-{version}"))).unwrap();
        let names = |c: &Connection| -> Vec<String> {
            let mut statement = c.prepare("SELECT name FROM instances ORDER BY id").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(names(&backup), names(&Connection::open(fixture(version)).unwrap()));
    }
}

#[tokio::test]
async fn a_second_start_imports_nothing_again() {
    let (_dir, layout, rows) = imported(6).await;
    let again = Store::open(&layout, pool()).unwrap().instances().await.unwrap();
    assert_eq!(again, rows);
    let backups = fs::read_dir(layout.root())
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().contains(".bak-"))
        .count();
    assert_eq!(backups, 1);
    assert!(!layout.root().join("aikore.db.importing").exists());
}

#[tokio::test]
async fn the_folder_of_a_renamed_instance_follows_and_nothing_outside_moves() {
    let (dir, layout) = folder(Some(&fixture(6)));
    Connection::open(layout.database())
        .unwrap()
        .execute("UPDATE instances SET name = '../outside' WHERE id = 8", [])
        .unwrap();
    let outside = dir.path().join("outside");
    for path in [layout.instances().join("é-studio/ünïcode"), layout.instances().join("My App"), outside.clone()] {
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("launch.sh"), "true").unwrap();
    }
    let rows = Store::open(&layout, pool()).unwrap().instances().await.unwrap();
    assert!(layout.instances().join("é-studio-ünïcode/launch.sh").exists());
    assert!(layout.instances().join("My App/launch.sh").exists());
    assert!(outside.join("launch.sh").exists(), "a name that leads outside moves nothing");
    assert_eq!(rows[7].chosen.name.as_str(), "-outside");
}

#[tokio::test]
async fn a_database_left_in_the_middle_of_a_write_is_imported_as_it_was_before() {
    let (_dir, layout) = folder(Some(&fixture(6)));
    // A hot journal: the writer is killed after its pages reached the file, before the commit.
    let script = "import os, sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nc.execute('PRAGMA cache_size=1')\n\
                  c.execute('BEGIN IMMEDIATE')\nc.execute('UPDATE instances SET base_blueprint = hex(zeroblob(4000))')\n\
                  c.execute('PRAGMA cache_spill=1')\nfor i in range(200): c.execute('INSERT INTO instances (name, base_blueprint, autostart, persistent_mode, status) VALUES (?, hex(zeroblob(2000)), 0, 0, ?)', (f'x{i}', 'stopped'))\n\
                  os.kill(os.getpid(), 9)";
    std::process::Command::new("python3").args(["-c", script]).arg(layout.database()).status().unwrap();
    assert!(layout.root().join("aikore.db-journal").exists(), "the fixture needs a journal");
    let rows = Store::open(&layout, pool()).unwrap().instances().await.unwrap();
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[0].chosen.base_blueprint.as_str(), "ComfyUI.sh");
}

/// Opens the store of a folder that must be refused; the file and its surroundings stay as they were.
fn refused(layout: &Layout) -> String {
    let listing = || {
        let mut names: Vec<_> = fs::read_dir(layout.root()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    let (before, files) = (fs::read(layout.database()).unwrap(), listing());
    let error = Store::open(layout, pool()).unwrap_err().to_string();
    assert_eq!(fs::read(layout.database()).unwrap(), before, "untouched");
    assert_eq!(listing(), files, "nothing new beside it");
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn what_is_not_ours_is_not_touched() {
    let (_dir, layout) = folder(None);
    fs::write(layout.database(), "this is no database at all, but long enough to be read as one".repeat(20)).unwrap();
    assert!(refused(&layout).contains("damaged"));

    fs::write(layout.database(), "").unwrap();
    assert!(refused(&layout).contains("0 bytes"));

    let mut bytes = fs::read(fixture(6)).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xA5);
    fs::write(layout.database(), bytes).unwrap();
    assert!(refused(&layout).contains("damaged"));

    fs::remove_file(layout.database()).unwrap();
    Connection::open(layout.database()).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    assert!(refused(&layout).contains("not a database of AiKore"));

    fs::copy(fixture(6), layout.database()).unwrap();
    Connection::open(layout.database()).unwrap().execute("UPDATE aikore_meta SET value = '7'", []).unwrap();
    assert!(refused(&layout).contains("version 7"));
}

#[tokio::test]
async fn our_own_database_is_backed_up_before_a_migration() {
    let (_dir, layout) = folder(None);
    // As the very first version would have left it: a history without the migrations of today.
    let history = "CREATE TABLE refinery_schema_history (version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255))";
    Connection::open(layout.database()).unwrap().execute_batch(history).unwrap();
    assert_eq!(Store::open(&layout, pool()).unwrap().instances().await.unwrap(), []);
    let backup = Connection::open(layout.root().join("aikore.db.bak-0")).unwrap();
    let tables: i64 =
        backup.query_row("SELECT count(*) FROM sqlite_master WHERE type = 'table'", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "the copy is the old shape");
}

#[test]
fn the_server_ends_with_code_2_and_says_what_to_do() {
    let (dir, layout) = folder(None);
    fs::write(layout.database(), "garbage ".repeat(1000)).unwrap();
    let output = std::process::Command::new(crate::support::binary())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("AIKORE_CONFIG_DIR", dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("is damaged") && said.contains("aikore.db.bak-"), "{said}");
    assert_eq!(fs::read_to_string(layout.database()).unwrap(), "garbage ".repeat(1000));
}

#[tokio::test]
async fn a_newer_database_is_refused_and_stays_as_it_is() {
    let (_dir, layout) = folder(None);
    drop(Store::open(&layout, pool()).unwrap().instances().await.unwrap());
    let connection = Connection::open(layout.database()).unwrap();
    connection.execute("INSERT INTO refinery_schema_history VALUES (9999, 'future', '', '1')", []).unwrap();
    connection.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    drop(connection);
    let error = refused(&layout);
    assert!(error.contains("9999") && error.contains("newer"), "{error}");
}
