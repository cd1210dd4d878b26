//! Reading the earlier system's `instances` table, whichever of its six shapes it has.

use rusqlite::Connection;
use rusqlite::types::Value;

/// A row as the earlier system left it. SQLite does not enforce column types, so each value is read as what it is and
/// taken for what it should be.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct LegacyRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) base_blueprint: String,
    pub(super) gpu_ids: Option<String>,
    pub(super) autostart: bool,
    pub(super) persistent_mode: bool,
    pub(super) status: Option<String>,
    pub(super) pid: Option<i64>,
    pub(super) port: Option<i64>,
    pub(super) persistent_port: Option<i64>,
    pub(super) persistent_display: Option<i64>,
    pub(super) hostname: Option<String>,
    pub(super) use_custom_hostname: bool,
    pub(super) output_path: Option<String>,
    pub(super) parent_instance_id: Option<i64>,
    pub(super) python_version: Option<String>,
    pub(super) cuda_version: Option<String>,
    pub(super) torch_version: Option<String>,
}

/// Every row, by id.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<Vec<LegacyRow>> {
    let mut statement = connection.prepare("SELECT * FROM instances ORDER BY id")?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let mut legacy = LegacyRow::default();
        for (index, column) in columns.iter().enumerate() {
            legacy.set(column, row.get(index)?);
        }
        Ok(legacy)
    })?;
    rows.collect()
}

impl LegacyRow {
    fn set(&mut self, column: &str, value: Value) {
        match column {
            "id" => self.id = integer(&value).unwrap_or_default(),
            "name" => self.name = text(value).unwrap_or_default(),
            "base_blueprint" => self.base_blueprint = text(value).unwrap_or_default(),
            "gpu_ids" => self.gpu_ids = text(value),
            "autostart" => self.autostart = truth(&value),
            "persistent_mode" => self.persistent_mode = truth(&value),
            "status" => self.status = text(value),
            "pid" => self.pid = integer(&value),
            "port" => self.port = integer(&value),
            "persistent_port" => self.persistent_port = integer(&value),
            "persistent_display" => self.persistent_display = integer(&value),
            "hostname" => self.hostname = text(value),
            "use_custom_hostname" => self.use_custom_hostname = truth(&value),
            "output_path" => self.output_path = text(value),
            "parent_instance_id" => self.parent_instance_id = integer(&value),
            "python_version" => self.python_version = text(value),
            "cuda_version" => self.cuda_version = text(value),
            "torch_version" => self.torch_version = text(value),
            _ => {}
        }
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Text(text) => matches!(text.trim().to_ascii_lowercase().as_str(), "1" | "true"),
        other => integer(other).is_some_and(|number| number != 0),
    }
}

/// Text; the empty text is how the earlier system sometimes wrote "none".
fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Blob(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Text(_) | Value::Null => None,
    }
}
