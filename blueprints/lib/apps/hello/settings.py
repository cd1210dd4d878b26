"""What the environment says: the part of AiKore's contract with a blueprint that this app uses."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Mapping

# What `/api/env` shows, and nothing else: the contract of `blueprints/README.md`, no secrets.
CONTRACT = (
    "INSTANCE_NAME", "INSTANCE_CONF_DIR", "INSTANCE_OUTPUT_DIR", "WEBUI_PORT", "BLUEPRINT_ID", "SUBFOLDER",
    "AIKORE_LIB", "AIKORE_MODELS_DIR", "AIKORE_INSTANCE_ID", "AIKORE_RUN_ID", "CUDA_DEVICE_ORDER",
    "CUDA_VISIBLE_DEVICES", "PYTHON_VERSION", "CUDA_VERSION", "TORCH_VERSION", "PYTORCH_INDEX_URL", "TMPDIR",
    "UV_CACHE_DIR", "PIP_CACHE_DIR", "HF_HOME", "XDG_CACHE_HOME", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT",
    "GRADIO_ROOT_PATH", "GRADIO_ANALYTICS_ENABLED", "PYTHONUNBUFFERED", "DISPLAY",
)


@dataclass(frozen=True)
class Settings:
    """Where to listen, what to be called, where to write."""

    port: int
    name: str
    prefix: str
    base: str
    output_dir: Path
    allow_exit: bool
    contract: Dict[str, str] = field(default_factory=dict)

    @staticmethod
    def from_environment(env: Mapping[str, str]) -> "Settings":
        """Read the environment; ValueError says what is wrong with it."""
        text = env.get("WEBUI_PORT", "")
        if not text.isdigit() or int(text) > 65535:
            raise ValueError(f"WEBUI_PORT is {text!r}, not a port number")
        return Settings(
            port=int(text),
            name=env.get("INSTANCE_NAME") or "Hello",
            prefix=env.get("SUBFOLDER", ""),
            # Only for tests of `proxy = preserve`: the app then lives below this path.
            base=env.get("HELLO_BASE_PATH", "").rstrip("/"),
            output_dir=Path(env.get("INSTANCE_OUTPUT_DIR") or "output"),
            allow_exit=env.get("HELLO_ALLOW_EXIT") == "1",
            contract={name: env[name] for name in CONTRACT if name in env},
        )
