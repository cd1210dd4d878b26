from table import App, Case, Wheel, listener

FLAGS = "--listen:1 --server_port:1 --headless --config:1 --noverify --root_path:1 --extra:1"

# A version that lacks an option does not get it.
KNOWN = '\nKNOWN = ["--config", "--noverify", "--root_path"]\n'
SETTINGS, REST = listener(port="--server_port", host="--listen", flags=FLAGS, outputs=["outputs"],
                          imports=("iniconfig", "library", "packaging", "torch")).split("\n", 1)

LINUX = """torch==2.7.0+cu128 torchvision==0.22.0+cu128 --index-url https://127.0.0.1:9/whl/cu128 # no_verify
stock-one==1.0 packaging
-r requirements.txt
"""

APP = App(
    repositories={
        "bmaltais/kohya_ss": {
            "kohya_gui.py": SETTINGS + KNOWN + REST,
            ".python-version": "3.11\n",
            "requirements.txt": "iniconfig==2.0.0\nstock-two>=1.0 ; python_version > '3'\ntorchmetrics-stock\n"
                                "# for kohya_ss library\n-e ./sd-scripts # no_verify\n",
            "requirements_linux.txt": LINUX,
            "sd-scripts/setup.py": "from setuptools import setup\nsetup(name='library', version='1', packages=['library'])\n",
            "sd-scripts/library/__init__.py": "",
        },
    },
    packages={"stock-one": Wheel("1.0"), "stock-two": Wheel("1.0"), "torchmetrics-stock": Wheel("1.0")},
    argv=["--listen", "127.0.0.1", "--server_port", "{port}", "--headless", "--config", "{conf}/config.toml", "--noverify",
          "--root_path", "/instance/{slug}"],
    cwd="{run}",
    models={"shared-models/stable-diffusion": "stable-diffusion"},
    env={"TENSORBOARD_HOST": "127.0.0.1"},
    texts={"{conf}/config.toml": 'output_dir = "./outputs"'},
    cases=[Case("with a GPU", gpu=True, online=True)],
)
