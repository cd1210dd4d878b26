from table import App, Case, listener

FLAGS = """--server-name:1 --port:1 --subpath:1 --config:1 --ui-config:1 --uv --skip-git --allowed-paths:* --medvram --lowvram
--extra:1"""

BASE = ["--server-name", "127.0.0.1", "--port", "{port}", "--subpath", "/instance/{slug}",
        "--config", "{conf}/settings/config.json", "--ui-config", "{conf}/settings/ui-config.json",
        "--allowed-paths", "{out}", "{conf}/app", "--uv", "--skip-git"]

APP = App(
    repositories={
        "vladmandic/sdnext": {
            "launch.py": listener(host="--server-name", flags=FLAGS, outputs=["outputs/text"], imports=["torch"]),
            "installer.py": "add('--uv')\nadd('--skip-git')\n'torch==2.7.1+cu118 torchvision==0.22.1+cu118'\n'torch==2.9.1+cu128 torchvision==0.24.1+cu128'\n",
            "html/card.html": "",
        },
    },
    argv=BASE,
    cwd="{run}",
    models={"models/Stable-diffusion": "stable-diffusion", "models/UNET": "unet", "models/Text-encoder": "text_encoders"},
    env={"UV_OVERRIDE": "{tmp}/aikore-held-{id}.txt", "GRADIO_ROOT_PATH": "/instance/{slug}"},
    cases=[Case("low memory", {"vram": "low"}, extra=["--lowvram"])],
)
