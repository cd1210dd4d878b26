from table import App, Case, listener

FLAGS = "--server_name:1 --server_port:1 --inbrowser:1 --whisper_type:1 --output_dir:1 --share --extra:1"

BASE = ["--server_name", "127.0.0.1", "--server_port", "{port}", "--inbrowser", "false", "--whisper_type", "{engine}",
        "--output_dir", "{out}"]


def arguments(engine):
    return [engine if word == "{engine}" else word for word in BASE]


APP = App(
    repositories={
        "jhj0517/Whisper-WebUI": {
            "app.py": listener(port="--server_port", host="--server_name", flags=FLAGS, outputs=["--output_dir"]),
            "requirements.txt": "torch\ntorchaudio\niniconfig==2.0.0\n"
                                "git+https://github.com/jhj0517/jhj0517-whisper.git\n",
            "models/models will be saved here.txt": "",
            "models/Whisper/whisper models will be saved here.txt": "",
            "configs/default_parameters.yaml": "whisper: {}\n",
        },
        "jhj0517/jhj0517-whisper": {
            # As the real one: it can be built with older setuptools only.
            "setup.py": "import pkg_resources\nfrom setuptools import setup\nsetup(name='openai-whisper', version='1', packages=[])\n",
        },
    },
    argv=arguments("faster-whisper"),
    models={"models/Whisper": "whisper", "models/UVR": "whisper/uvr"},
    programs={"ffmpeg": "#!/bin/sh\n"},
    cases=[Case("another engine, with a token", {"engine": "whisper", "token": "hf_abc"}, argv=arguments("whisper"),
                env={"HF_TOKEN": "hf_abc"})],
)
