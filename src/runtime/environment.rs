//! The environment a blueprint gets (design.md §4.5): pure, from what is known to what is set.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use crate::domain::{Instance, Layout, Port, ProxyMode, RunId};

/// Everything a child's environment is made of.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The server's own environment.
    pub inherited: Vec<(OsString, OsString)>,
    /// Where things lie.
    pub layout: &'a Layout,
    /// The unpacked shell library.
    pub library: &'a Path,
    /// The instance that starts.
    pub instance: &'a Instance,
    /// Whose folder, script and environment it uses: itself, or its parent.
    pub family: &'a Instance,
    /// The run; a terminal has none.
    pub run: Option<&'a RunId>,
    /// The port to listen on, or at which the app of a terminal listens.
    pub app_port: Option<Port>,
    /// How its script wants to be proxied.
    pub proxy: ProxyMode,
    /// The inputs of its script, as variables.
    pub params: Vec<(String, String)>,
    /// Its path on the panel's origin, without a slash at the end.
    pub prefix: String,
    /// Where torch comes from.
    pub pytorch_index: &'a str,
}

/// What of the server's environment is no child's business: secrets, and what points at the server's own Python.
fn is_private(name: &str) -> bool {
    name.starts_with("AIKORE_PASSWORD")
        // Of the instance that the server itself may run in.
        || name.starts_with("AIKORE_PARAM_")
        || matches!(
            name,
            "AIKORE_TOKEN"
                | "AIKORE_URL"
                // The marks of a run and of a terminal that the server itself may run in.
                | "AIKORE_RUN_ID"
                | "AIKORE_UPDATE"
                | "AIKORE_LOCK"
                | "AIKORE_TERMINAL_ID"
                | "WEBUI_PORT"
                | "GRADIO_SERVER_PORT"
                | "VIRTUAL_ENV"
                | "VIRTUAL_ENV_PROMPT"
                | "PYTHONHOME"
                | "PYTHONDONTWRITEBYTECODE"
                | "NOTIFY_SOCKET"
                | "OLDPWD"
        )
}

/// The child's whole environment.
pub fn build(around: &Surroundings<'_>) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> = around
        .inherited
        .iter()
        .filter(|(name, _)| name.to_str().is_none_or(|name| !is_private(name)))
        .cloned()
        .collect();
    let chosen = &around.instance.chosen;
    let family = &around.family.chosen;
    let mut set = |name: &str, value: &dyn AsRef<std::ffi::OsStr>| {
        all.insert(name.into(), value.as_ref().to_owned());
    };

    // `output_path` of the parent is inherited and locked; otherwise a satellite has a folder of its own.
    let output_path = family.output_path.as_ref().or(chosen.output_path.as_ref());
    set("INSTANCE_NAME", &family.name.as_str());
    set("INSTANCE_CONF_DIR", &around.layout.instance(&family.name));
    set("INSTANCE_OUTPUT_DIR", &around.layout.output(&chosen.name, output_path));
    if let Some(port) = around.app_port {
        set("WEBUI_PORT", &port.to_string());
        set("GRADIO_SERVER_PORT", &port.to_string());
    }
    set("BLUEPRINT_ID", &family.base_blueprint.id());
    set("SUBFOLDER", &format!("{}/", around.prefix));
    set("AIKORE_LIB", &around.library);
    set("AIKORE_MODELS_DIR", &around.layout.models());
    set("AIKORE_INSTANCE_ID", &around.instance.id.to_string());
    set("AIKORE_FAMILY_ID", &around.family.id.to_string());
    if let Some(run) = around.run {
        set("AIKORE_RUN_ID", &run.0);
    }
    set("CUDA_DEVICE_ORDER", &"PCI_BUS_ID");
    if let Some(gpus) = &chosen.gpu_ids {
        set("CUDA_VISIBLE_DEVICES", &gpus.as_str());
    }
    for (name, value) in shared_variables(around.family, around.pytorch_index) {
        set(name, &value);
    }
    for (name, value) in &around.params {
        set(name, value);
    }
    let cache = around.layout.cache();
    set("TMPDIR", &around.layout.tmp());
    set("XDG_CACHE_HOME", &cache);
    set("UV_CACHE_DIR", &cache.join("uv"));
    set("PIP_CACHE_DIR", &cache.join("pip"));
    set("HF_HOME", &cache.join("huggingface"));
    set("GRADIO_SERVER_NAME", &"127.0.0.1");
    set("GRADIO_ANALYTICS_ENABLED", &"False");
    set("PYTHONUNBUFFERED", &"1");
    set("TERM", &"xterm-256color");
    if around.proxy == ProxyMode::Strip {
        // Without the slash at the end: gradio joins its own routes to it.
        set("GRADIO_ROOT_PATH", &around.prefix);
    } else {
        all.remove(std::ffi::OsStr::new("GRADIO_ROOT_PATH"));
    }
    all
}

/// What a whole family shares, and what `aikore_vars.env` therefore holds too.
pub fn shared_variables(family: &Instance, pytorch_index: &str) -> Vec<(&'static str, String)> {
    let chosen = &family.chosen;
    let versions = [
        ("PYTHON_VERSION", &chosen.python_version),
        ("CUDA_VERSION", &chosen.cuda_version),
        ("TORCH_VERSION", &chosen.torch_version),
    ];
    let mut all: Vec<_> = versions.into_iter().filter_map(|(name, v)| Some((name, v.as_ref()?.to_string()))).collect();
    if let Some(cuda) = &chosen.cuda_version {
        all.push(("PYTORCH_INDEX_URL", cuda.pytorch_index_url(pytorch_index)));
    }
    all
}

/// The text of `aikore_vars.env`: scripts of the earlier system source it, so every value is quoted for the shell
/// (earlier-defects.md 5).
pub fn vars_file(family: &Instance, pytorch_index: &str) -> String {
    shared_variables(family, pytorch_index)
        .iter()
        .map(|(name, value)| format!("export {name}={}\n", shell_quoted(value)))
        .collect()
}

/// A word that a shell takes as it is.
pub(super) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BlueprintName, InstanceName, NewInstance, OutputPath, Slug, Timestamp, Version};

    const INDEX: &str = "https://download.pytorch.org/whl";

    fn instance(id: i64, name: &str) -> Instance {
        let slug = Slug::of_name(name).unwrap();
        let chosen =
            NewInstance::new(InstanceName::parse(name).unwrap(), slug, BlueprintName::parse("ComfyUI.sh").unwrap());
        Instance::stopped(id, chosen, Timestamp::from_millis(0))
    }

    #[test]
    fn a_terminal_has_no_run_and_maybe_no_port() {
        let one = instance(7, "x");
        let inherited = ["AIKORE_RUN_ID", "AIKORE_TERMINAL_ID", "WEBUI_PORT", "GRADIO_SERVER_PORT", "AIKORE_PASSWORD"];
        let around = Surroundings {
            inherited: inherited.iter().map(|name| ((*name).into(), "of the server".into())).collect(),
            layout: &Layout::new("/c"),
            library: Path::new("/c/run/lib-1"),
            instance: &one,
            family: &one,
            run: None,
            app_port: None,
            proxy: ProxyMode::Strip,
            params: Vec::new(),
            prefix: String::new(),
            pytorch_index: INDEX,
        };
        let env = build(&around);
        for absent in inherited {
            assert!(!env.contains_key(std::ffi::OsStr::new(absent)), "{absent}");
        }
    }

    fn built(instance: &Instance, family: &Instance, proxy: ProxyMode) -> BTreeMap<String, String> {
        let inherited = [
            ("PATH", "/bin"),
            ("AIKORE_PASSWORD", "secret"),
            ("AIKORE_PASSWORD_FILE", "f"),
            ("AIKORE_TOKEN", "t"),
            ("HF_TOKEN", "mine"),
            ("AIKORE_PARAM_OTHER", "of the server"),
        ];
        let around = Surroundings {
            inherited: inherited.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
            layout: &Layout::new("/c"),
            library: Path::new("/c/run/lib-1"),
            instance,
            family,
            run: Some(&RunId("r1".to_owned())),
            app_port: Some(Port::new(20_001).unwrap()),
            proxy,
            params: vec![("AIKORE_PARAM_STEPS".to_owned(), "20".to_owned())],
            prefix: instance.chosen.slug.prefix(),
            pytorch_index: INDEX,
        };
        build(&around).into_iter().map(|(n, v)| (n.into_string().unwrap(), v.into_string().unwrap())).collect()
    }

    #[test]
    fn a_plain_instance() {
        let mut one = instance(7, "My App");
        one.chosen.cuda_version = Some(Version::parse("12.8").unwrap());
        let env = built(&one, &one, ProxyMode::Strip);
        for (name, value) in [
            ("PATH", "/bin"),
            ("HF_TOKEN", "mine"),
            ("INSTANCE_NAME", "My App"),
            ("INSTANCE_CONF_DIR", "/c/instances/My App"),
            ("INSTANCE_OUTPUT_DIR", "/c/outputs/My App"),
            ("WEBUI_PORT", "20001"),
            ("BLUEPRINT_ID", "ComfyUI"),
            ("SUBFOLDER", "/instance/my-app/"),
            ("GRADIO_ROOT_PATH", "/instance/my-app"),
            ("GRADIO_SERVER_PORT", "20001"),
            ("AIKORE_INSTANCE_ID", "7"),
            ("AIKORE_RUN_ID", "r1"),
            ("CUDA_VERSION", "12.8"),
            ("AIKORE_PARAM_STEPS", "20"),
        ] {
            assert_eq!(env.get(name).map(String::as_str), Some(value), "{name}");
        }
        for absent in [
            "AIKORE_PASSWORD",
            "AIKORE_PASSWORD_FILE",
            "AIKORE_TOKEN",
            "AIKORE_PARAM_OTHER",
            "CUDA_VISIBLE_DEVICES",
            "PYTHON_VERSION",
            "DISPLAY",
        ] {
            assert_eq!(env.get(absent), None, "{absent}");
        }
        assert_eq!(built(&one, &one, ProxyMode::Preserve).get("GRADIO_ROOT_PATH"), None);
    }

    #[test]
    fn a_satellite_lives_in_its_parents_folder_with_an_output_of_its_own() {
        let (mut parent, satellite) = (instance(1, "comfy"), instance(2, "comfy gpu1"));
        let env = built(&satellite, &parent, ProxyMode::Strip);
        assert_eq!(env["INSTANCE_NAME"], "comfy");
        assert_eq!(env["INSTANCE_CONF_DIR"], "/c/instances/comfy");
        assert_eq!(env["INSTANCE_OUTPUT_DIR"], "/c/outputs/comfy gpu1");
        assert_eq!(env["SUBFOLDER"], "/instance/comfy-gpu1/");
        assert_eq!((env["AIKORE_INSTANCE_ID"].as_str(), env["AIKORE_FAMILY_ID"].as_str()), ("2", "1"));
        parent.chosen.output_path = Some(OutputPath::parse("shared").unwrap());
        assert_eq!(built(&satellite, &parent, ProxyMode::Strip)["INSTANCE_OUTPUT_DIR"], "/c/outputs/shared");
    }

    #[test]
    fn the_vars_file_is_safe_to_source() {
        let mut one = instance(7, "x");
        one.chosen.python_version = Some(Version::parse("3.12").unwrap());
        assert_eq!(vars_file(&one, INDEX), "export PYTHON_VERSION='3.12'\n");
        assert_eq!(shell_quoted("a'b"), r"'a'\''b'");
    }
}
