from table import App, Case, Wheel, listener

# Windows of Qt, which need no Tk.
SETTINGS, REST = listener(port="", flags="--extra:1", outputs=["workspace", "models"],
                          imports=("iniconfig", "mgds", "torch")).split("\n", 1)
WINDOW = SETTINGS + "\n# PySide6\n" + REST

PROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "onetrainer"
version = "0.1.0"
dependencies = ["iniconfig==2.0.0", "mgds @ git+https://github.com/Nerogar/mgds.git@main"]

[project.optional-dependencies]
cpu = [
  "torch==2.12.0",
  "torchvision>=0.27.0",
]
cuda = [
  "torch==2.12.0",
  "torchvision>=0.27.0",
  "stock-bits",
]

[tool.setuptools]
packages = []
"""

FILES = {
    "start-ui.sh": '#!/usr/bin/env bash\nrun_in_env python "scripts/train_ui_new.py" "$@"\n',
    "scripts/train_ui_new.py": WINDOW,
}

APP = App(
    repositories={
        "Nerogar/OneTrainer": {**FILES, "pyproject.toml": PROJECT},
        # As it was until 2026.
        "Nerogar/OneTrainer@lists": {
            **FILES,
            "pyproject.toml": "[tool.ruff]\nline-length = 120\n",
            "requirements-global.txt": "iniconfig==2.0.0\n-e git+https://github.com/Nerogar/mgds.git@main#egg=mgds\n",
            "requirements-default.txt": "torch==2.7.1\ntorchvision==0.22.1\npackaging\n",
        },
        "Nerogar/mgds": {"setup.py": "from setuptools import setup\nsetup(name='mgds', version='1', py_modules=['mgds'])\n",
                         "mgds.py": ""},
    },
    packages={"stock-bits": Wheel("1.0")},
    argv=[],
    cwd="{run}",
    models={"shared-models/lora": "lora"},
    env={"DO_NOT_TRACK": "1"},
    cases=[
        Case("low memory, with a GPU", {"low-memory": "true"}, gpu=True, online=True, warns=True,
             env={"PYTORCH_CUDA_ALLOC_CONF": "garbage_collection_threshold:0.6,max_split_size_mb:128"}),
        Case("a version with lists", {"version": "lists"}, online=True, warns=True),
    ],
)
