from table import App, Case, listener

FLAGS = "--listen-port:1 --subpath:1 --cpu --portable --model:1 --api --extra:1"

BASE = ["--listen-port", "{port}", "--subpath", "/instance/{slug}"]

APP = App(
    repositories={
        "oobabooga/text-generation-webui": {
            "server.py": listener(port="--listen-port", flags=FLAGS),
            "one_click.py": 'TORCH_VERSION = "2.9.1"\nPYTHON_VERSION = "3.13"\n',
            "requirements/full/requirements.txt": "iniconfig==2.0.0\nbitsandbytes==9.9.9; sys_platform == 'nowhere'\n",
            "requirements/full/requirements_cpu_only.txt": "iniconfig==2.0.0\n",
            "requirements/portable/requirements.txt": "iniconfig==2.0.0\npackaging\n",
            "requirements/portable/requirements_cpu_only.txt": "iniconfig==2.0.0\npackaging\n",
            "user_data/models/place-your-models-here.txt": "",
        },
    },
    argv=[*BASE, "--cpu"],
    models={"user_data/models": "llm"},
    cases=[
        Case("with a GPU", gpu=True, argv=BASE, online=True),
        Case("llama.cpp alone, with a model", {"small": "true", "model": "a.gguf"}, argv=[*BASE, "--portable", "--model", "a.gguf"],
             online=True),
    ],
)
