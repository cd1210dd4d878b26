"""Two things that Easy Diffusion's blueprint asks of Python.

packages FILE: print what the app's own installer (scripts/check_modules.py) would install, one requirement a line.
settings FILE OUTPUT: bring config.yaml to this start; everything else that is in it stays, comments too.
"""
import ast
import os
import sys


def packages(path):
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                # Worked out when it runs: nothing that is looked for.
                continue
    for name, version in found.get("modules_to_check", {}).items():
        # The last one of several is the newest.
        yield f"{name}=={version if isinstance(version, str) else version[-1]}"
    for name in ("sdkit", "diffusers"):
        version = found.get(f"expected_{name}_version_str")
        yield f"{name}=={version}" if version else name
    yield from found.get("sdkit_deps", [])
    yield "torchruntime"


def settings(path, output):
    from ruamel.yaml import YAML

    yaml, config = YAML(), {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            config = yaml.load(file) or {}
    # The other ones install environments of their own with conda.
    config.setdefault("backend", "ed_diffusers")
    config.setdefault("ui", {})["open_browser_on_start"] = False
    config["net"] = {"listen_port": int(os.environ["WEBUI_PORT"]), "listen_to_network": False}
    config["force_save_path"] = output
    with open(path + ".part", "w", encoding="utf-8") as file:
        yaml.dump(config, file)
    os.replace(path + ".part", path)


if sys.argv[1] == "packages":
    print("\n".join(packages(sys.argv[2])))
else:
    settings(sys.argv[2], sys.argv[3])
