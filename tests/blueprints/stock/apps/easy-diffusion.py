from table import App, Wheel, listener

FLAGS = "--app-dir:1 --host:1 --port:1 --log-level:1 --no-access-log --extra:1"

# Stands in for the server: finds the app where it was told, as the real one does.
UVICORN = listener(host="--host", flags=FLAGS, imports=["iniconfig", "torch"])
MAIN = '''
import importlib
sys.path.insert(0, sys.argv[sys.argv.index("--app-dir") + 1])
assert sys.argv.pop(1) == "main:server_api"
importlib.import_module("main")
'''
BODY = UVICORN.rsplit('if __name__ == "__main__":', 1)[0]

# What is written to the settings, and that they are read where they are.
YAML = '''
import json

class YAML:
    def load(self, file):
        return json.load(file)

    def dump(self, value, file):
        json.dump(value, file)
'''

INSTALLER = '''
import os
os_name = "Linux"
modules_to_check = {"iniconfig": ("1.0.0", "2.0.0"), "ruamel.yaml": "9.9.9", "uvicorn": "9.9.9"}
expected_sdkit_version_str = "9.9.9"
expected_diffusers_version_str = "9.9.9"
sdkit_deps = ["piexif-stock==9.9.9"]
'''

APP = App(
    repositories={
        "easydiffusion/easydiffusion": {
            "ui/main.py": 'import os\nassert os.environ["SD_UI_PATH"].endswith("/ui")\n',
            "scripts/check_modules.py": INSTALLER,
        },
    },
    packages={
        "uvicorn": Wheel("9.9.9", files={"uvicorn/__init__.py": "", "uvicorn/__main__.py": (
            BODY + MAIN + "main(SETTINGS)\n")}),
        "ruamel.yaml": Wheel("9.9.9", files={"ruamel/__init__.py": "", "ruamel/yaml.py": YAML}),
        "sdkit": Wheel("9.9.9"), "diffusers": Wheel("9.9.9"), "piexif-stock": Wheel("9.9.9"),
        "torchruntime": Wheel("9.9.9", requires=["torch"]),
    },
    argv=["--app-dir", "{conf}/easydiffusion/ui", "--host", "127.0.0.1", "--port", "{port}", "--log-level", "error",
          "--no-access-log"],
    satellite={"{conf}/easydiffusion/ui": "{conf}/easydiffusion-8/ui",
               "{conf}/easydiffusion/stable-diffusion": "{conf}/easydiffusion-8/stable-diffusion"},
    cwd="{conf}/easydiffusion/stable-diffusion",
    models={"{conf}/easydiffusion/models/stable-diffusion": "stable-diffusion",
            "{conf}/easydiffusion/models/lora": "lora"},
    texts={"{conf}/easydiffusion/config.yaml": '"backend": "ed_diffusers"'},
    env={"SD_UI_PATH": "{conf}/easydiffusion/ui"},
)
