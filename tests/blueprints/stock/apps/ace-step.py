from table import App, Case, Wheel, listener

FLAGS = """--server-name:1 --port:1 --language:1 --allowed-path:1 --init_llm:1 --offload_to_cpu:1 --offload_dit_to_cpu:1
--init_service:1 --enable-api --extra:1"""

BASE = ["--server-name", "127.0.0.1", "--port", "{port}", "--language", "en", "--allowed-path", "{out}"]

PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "ace-step"
version = "1.5.0"
dependencies = ["torch==2.10.0+cu128", "iniconfig==2.0.0", "nano-vllm", "stock-audio"]

[tool.hatch.build.targets.wheel]
packages = ["acestep"]

[tool.uv.sources]
nano-vllm = { path = "acestep/third_parts/nano-vllm" }
torch = [{ index = "pytorch-cu128" }]

[[tool.uv.index]]
name = "pytorch-cu128"
url = "https://127.0.0.1:9/cu128"
explicit = true
"""

NANO = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "nano-vllm"
version = "0.2.1"
dependencies = ["torch>=2.4", "flash-attn @ https://127.0.0.1:9/flash_attn-1.0-py3-none-any.whl"]
"""

APP = App(
    repositories={
        "ace-step/ACE-Step-1.5": {
            "pyproject.toml": PROJECT,
            "README.md": "ACE-Step\n",
            ".env": "ACESTEP_CONFIG_PATH=acestep-v15-turbo\n",
            "acestep/__init__.py": "",
            "acestep/acestep_v15_pipeline.py": listener(
                host="--server-name", flags=FLAGS, outputs=["gradio_outputs"], imports=("iniconfig", "nanovllm", "stock_audio", "torch")),
            "acestep/third_parts/nano-vllm/pyproject.toml": NANO,
            "acestep/third_parts/nano-vllm/nanovllm/__init__.py": "",
        },
    },
    packages={"stock-audio": Wheel("1.0")},
    argv=BASE,
    cwd="{run}",
    models={"checkpoints": "diffusers/ace-step"},
    env={"ACESTEP_CHECKPOINTS_DIR": "{models}/diffusers/ace-step", "GRADIO_TEMP_DIR": "{tmp}/gradio-{id}"},
    texts={"{run}/.env": "ACESTEP_CONFIG_PATH"},
    cases=[
        Case("little memory", {"offload": "on", "language-model": "off", "load": "true"},
             extra=["--init_llm", "false", "--offload_to_cpu", "true", "--offload_dit_to_cpu", "true", "--init_service", "true"]),
    ],
)
