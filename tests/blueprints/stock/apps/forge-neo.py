from table import App, Case, Wheel, listener

FLAGS = """--port:1 --subpath:1 --data-dir:1 --gradio-allowed-path:1 --ui-settings-file:1 --ui-config-file:1 --styles-file:1
--uv --ckpt-dirs:1 --text-encoder-dirs:1 --skip-torch-cuda-test --cpu --lowvram --highvram --novram --api --sage --extra:1"""

INSTALLER = '''
    if not (major == 3 and minor == 13):
    torch_command = os.environ.get("TORCH_COMMAND", f"pip install torch==2.11.0+cu130 torchvision==0.26.0+cu130")
    gradio_package = os.environ.get("GRADIO_PACKAGE", "gradio==9.9.9 gradio_rangeslider==0.0.8")
'''

BASE = ["--port", "{port}", "--subpath", "instance/{slug}", "--data-dir", "{run}", "--gradio-allowed-path", "{out}",
        "--gradio-allowed-path", "{conf}/app", "--ui-settings-file", "{conf}/settings/config.json",
        "--ui-config-file", "{conf}/settings/ui-config.json", "--styles-file", "{conf}/settings/styles.csv"]
DIRS = ["--uv", "--ckpt-dirs", "{models}/unet", "--text-encoder-dirs", "{models}/clip", "--text-encoder-dirs", "{models}/t5"]
CPU = ["--skip-torch-cuda-test", "--cpu"]

APP = App(
    repositories={
        "Haoming02/sd-webui-forge-classic": {"readme.md": "the main branch\n"},
        "Haoming02/sd-webui-forge-classic@neo": {
            "launch.py": listener(flags=FLAGS, outputs=["output/txt2img-images", "log/images"]),
            "modules/launch_utils.py": INSTALLER,
            "modules/cmd_args.py": '"--ckpt-dirs" "--text-encoder-dirs"\n',
            "backend/args.py": '"--cpu"\n',
            "requirements.txt": "iniconfig==2.0.0\ntorch\n",
            "models/Stable-diffusion/put-models-here.txt": "",
        },
    },
    packages={"gradio": Wheel("9.9.9"), "gradio-rangeslider": Wheel("0.0.8")},
    argv=[*BASE, *DIRS, *CPU],
    cwd="{run}",
    models={"models/Stable-diffusion": "stable-diffusion", "models/Lora": "lora", "models/embeddings": "embeddings"},
    env={"UV_OVERRIDE": "{tmp}/aikore-held-{id}.txt", "GRADIO_ALLOWED_PATHS": "{out},{conf}/app"},
    cases=[
        Case("low memory and attention", {"vram": "low", "attention": "sage"}, gpu=True,
             argv=[*BASE, *DIRS, "--lowvram", "--sage"]),
        Case("the API", {"api": "true"}, argv=[*BASE, "--api", *DIRS, *CPU]),
    ],
)
