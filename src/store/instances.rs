//! The `instances` table: every query there is about it.

use rusqlite::{Connection, Row, named_params};

use super::columns::{millis, moment, unreadable};
use super::{Store, StoreError, Unique};
use crate::domain::{
    Exit, GpuIds, GroupLabel, Hostname, Instance, InstanceId, Meant, NewInstance, OutputPath, Port, RunId, Timestamp,
    Version,
};

impl Store {
    /// Every instance, in the order of the list. A row that can't be read is an error, never a gap.
    pub async fn instances(&self) -> Result<Vec<Instance>, StoreError> {
        self.call(|connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM instances ORDER BY list_order, id")?;
            let rows = statement.query_map([], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The id the next instance will get, unless another is added meanwhile.
    pub async fn next_instance_id(&self) -> Result<InstanceId, StoreError> {
        self.call(|connection| {
            let last = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'instances'), 0) + 1";
            Ok(connection.query_row(last, [], |row| row.get(0))?)
        })
        .await
    }

    /// Adds an instance, stopped. Its place in the list is the end.
    pub async fn insert_instance(&self, new: NewInstance, now: Timestamp) -> Result<Instance, StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            let mut new = new;
            new.order =
                transaction.query_row("SELECT coalesce(max(list_order), 0) + 1 FROM instances", [], |r| r.get(0))?;
            insert_with_id(&transaction, None, &new, now).map_err(taken)?;
            let id = transaction.last_insert_rowid();
            let instance = transaction.query_row("SELECT * FROM instances WHERE id = ?1", [id], read)?;
            transaction.commit()?;
            Ok(instance)
        })
        .await
    }

    /// Writes an instance back, whole.
    pub async fn update_instance(&self, instance: Instance) -> Result<(), StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            let changed = update(&transaction, &instance).map_err(taken)?;
            transaction.commit()?;
            if changed == 1 { Ok(()) } else { Err(StoreError::Missing) }
        })
        .await
    }

    /// Writes several instances back, all or none.
    pub async fn update_instances(&self, instances: Vec<Instance>) -> Result<(), StoreError> {
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            for instance in &instances {
                if update(&transaction, instance).map_err(taken)? != 1 {
                    return Err(StoreError::Missing);
                }
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Removes an instance's row.
    pub async fn delete_instance(&self, id: InstanceId) -> Result<(), StoreError> {
        self.call(move |connection| {
            let changed = connection.execute("DELETE FROM instances WHERE id = ?1", [id])?;
            if changed == 1 { Ok(()) } else { Err(StoreError::Missing) }
        })
        .await
    }
}

/// Inserts a stopped instance; `id` is given by an import only.
pub(super) fn insert_with_id(
    connection: &Connection,
    id: Option<InstanceId>,
    new: &NewInstance,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO instances (id, name, slug, base_blueprint, since) VALUES (?1, ?2, ?3, ?4, ?5)",
        (id, new.name.as_str(), new.slug.as_str(), new.base_blueprint.as_str(), millis(now)),
    )?;
    update(connection, &Instance::stopped(connection.last_insert_rowid(), new.clone(), now)).map(|_| ())
}

fn update(connection: &Connection, instance: &Instance) -> rusqlite::Result<usize> {
    let chosen = &instance.chosen;
    let params = serde_json::to_string(&chosen.params).unwrap_or_else(|_| "{}".to_owned());
    let cards = (!chosen.gpu_cards.is_empty())
        .then(|| serde_json::to_string(&chosen.gpu_cards).unwrap_or_else(|_| "[]".to_owned()));
    let notes = serde_json::to_string(&chosen.import_notes).unwrap_or_else(|_| "[]".to_owned());
    let mut statement = connection.prepare_cached(
        "UPDATE instances SET
            parent_instance_id = :parent, name = :name, slug = :slug, base_blueprint = :blueprint, status = :status,
            since = :since, reason = :reason, desired = :desired, gpu_ids = :gpus, gpu_cards = :cards, autostart = :autostart,
            persistent_mode = :persistent, hostname = :hostname, use_custom_hostname = :use_hostname,
            output_path = :output, python_version = :python, cuda_version = :cuda, torch_version = :torch, pid = :pid,
            port = :port, persistent_port = :persistent_port, persistent_display = :display, app_port = :app_port,
            run_id = :run, last_run_id = :last_run, proxy = :proxy, exit_code = :exit_code, exit_signal = :exit_signal, exit_at = :exit_at,
            access = :access, restart_policy = :restart, helper = :helper, list_order = :order, list_group = :group, params = :params,
            import_notes = :notes
         WHERE id = :id",
    )?;
    statement.execute(named_params! {
        ":id": instance.id,
        ":parent": chosen.parent_instance_id,
        ":name": chosen.name.as_str(),
        ":slug": chosen.slug.as_str(),
        ":blueprint": chosen.base_blueprint.as_str(),
        ":status": instance.status.as_str(),
        ":since": millis(instance.since),
        ":reason": instance.reason,
        ":desired": instance.desired.as_str(),
        ":gpus": chosen.gpu_ids.as_ref().map(GpuIds::as_str),
        ":cards": cards,
        ":autostart": chosen.autostart,
        ":persistent": chosen.persistent_mode,
        ":hostname": chosen.hostname.as_ref().map(Hostname::as_str),
        ":use_hostname": chosen.use_custom_hostname,
        ":output": chosen.output_path.as_ref().map(OutputPath::as_str),
        ":python": chosen.python_version.as_ref().map(Version::as_str),
        ":cuda": chosen.cuda_version.as_ref().map(Version::as_str),
        ":torch": chosen.torch_version.as_ref().map(Version::as_str),
        ":pid": instance.pid,
        ":port": chosen.port.map(Port::get),
        ":persistent_port": chosen.persistent_port.map(Port::get),
        ":display": chosen.persistent_display,
        ":app_port": instance.app_port.map(Port::get),
        ":run": instance.run.as_ref().map(|run| run.0.as_str()),
        ":last_run": instance.last_run.as_ref().map(|run| run.0.as_str()),
        ":proxy": instance.proxy.as_str(),
        ":exit_code": instance.exit.and_then(|exit| exit.code),
        ":exit_signal": instance.exit.and_then(|exit| exit.signal),
        ":exit_at": instance.exit.map(|exit| millis(exit.at)),
        ":access": chosen.access.as_str(),
        ":restart": chosen.restart_policy.as_str(),
        ":helper": chosen.helper.as_str(),
        ":order": chosen.order,
        ":group": chosen.group.as_ref().map(GroupLabel::as_str),
        ":params": params,
        ":notes": notes,
    })
}

fn cards(row: &Row<'_>) -> rusqlite::Result<Meant> {
    let text: Option<String> = row.get("gpu_cards")?;
    text.map_or(Ok(Meant::new()), |text| serde_json::from_str(&text).map_err(unreadable))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Instance> {
    let exit_at: Option<i64> = row.get("exit_at")?;
    let chosen = NewInstance {
        name: text(row, "name")?,
        slug: text(row, "slug")?,
        base_blueprint: text(row, "base_blueprint")?,
        parent_instance_id: row.get("parent_instance_id")?,
        gpu_ids: optional(row, "gpu_ids")?,
        gpu_cards: cards(row)?,
        output_path: optional(row, "output_path")?,
        autostart: row.get("autostart")?,
        persistent_mode: row.get("persistent_mode")?,
        hostname: optional(row, "hostname")?,
        use_custom_hostname: row.get("use_custom_hostname")?,
        python_version: optional(row, "python_version")?,
        cuda_version: optional(row, "cuda_version")?,
        torch_version: optional(row, "torch_version")?,
        port: port(row, "port")?,
        persistent_port: port(row, "persistent_port")?,
        persistent_display: row.get("persistent_display")?,
        access: text(row, "access")?,
        restart_policy: text(row, "restart_policy")?,
        helper: text(row, "helper")?,
        order: row.get("list_order")?,
        group: optional(row, "list_group")?,
        params: json(row, "params")?,
        import_notes: json(row, "import_notes")?,
    };
    Ok(Instance {
        id: row.get("id")?,
        chosen,
        status: text(row, "status")?,
        since: moment(row.get("since")?),
        reason: row.get("reason")?,
        desired: text(row, "desired")?,
        exit: exit_at
            .map(|at| {
                Ok::<_, rusqlite::Error>(Exit {
                    code: row.get("exit_code")?,
                    signal: row.get("exit_signal")?,
                    at: moment(at),
                })
            })
            .transpose()?,
        run: row.get::<_, Option<String>>("run_id")?.map(RunId),
        last_run: row.get::<_, Option<String>>("last_run_id")?.map(RunId),
        pid: row.get("pid")?,
        app_port: port(row, "app_port")?,
        proxy: text(row, "proxy")?,
        target: None,
        desktop: None,
        progress: None,
        restart: None,
        given_up: false,
        log_size: 0,
    })
}

fn text<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    row.get::<_, String>(column)?.parse().map_err(|error: T::Err| unreadable(error))
}

fn optional<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?
        .map(|text| text.parse().map_err(|error: T::Err| unreadable(error)))
        .transpose()
}

fn port(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Port>> {
    Ok(row.get::<_, Option<u16>>(column)?.and_then(Port::new))
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>(column)?).map_err(unreadable)
}

/// Turns SQLite's words for a broken unique index into ours.
fn taken(error: rusqlite::Error) -> StoreError {
    if let rusqlite::Error::SqliteFailure(code, Some(message)) = &error
        && code.code == rusqlite::ErrorCode::ConstraintViolation
    {
        for (part, unique) in [
            ("instances.name", Unique::Name),
            ("instances.slug", Unique::Slug),
            ("instances_public_port", Unique::PublicPort),
        ] {
            if message.contains(part) {
                return StoreError::Taken(unique);
            }
        }
    }
    error.into()
}
