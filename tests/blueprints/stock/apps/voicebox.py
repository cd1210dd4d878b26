from table import App, Wheel, listener

FLAGS = "--host:1 --port:1 --data-dir:1 --extra:1"

# It refuses every name but `localhost`, as the real one does.
HOSTS = '''import starlette.middleware.trustedhost as trustedhost

assert trustedhost.TrustedHostMiddleware(None, allowed_hosts=["localhost"]).allowed == ["*"]
'''
STARLETTE = '''class TrustedHostMiddleware:
    def __init__(self, app, allowed_hosts=None, www_redirect=True):
        self.allowed = allowed_hosts
'''
SETTINGS, REST = listener(host="--host", flags=FLAGS).split("\n", 1)

# Stands in for Bun: a page is built into the folder that it names.
BUN = """#!/usr/bin/env python3
import pathlib
import sys

if "--outDir" in sys.argv:
    folder = pathlib.Path(sys.argv[sys.argv.index("--outDir") + 1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text("built\\n")
"""

APP = App(
    repositories={
        "jamiepine/voicebox": {
            "backend/__init__.py": "",
            "backend/main.py": SETTINGS + "\n" + HOSTS + REST,
            "backend/requirements.txt": "torch>=2.1.0\niniconfig==2.0.0\nstarlette==9.9.9\n",
            "web/package.json": "{}\n",
            "package.json": "{}\n",
        },
    },
    packages={
        "starlette": Wheel("9.9.9", files={
            "starlette/__init__.py": "", "starlette/middleware/__init__.py": "",
            "starlette/middleware/trustedhost.py": STARLETTE}),
        "chatterbox-tts": Wheel("9.9.9", requires=["torch==2.6.0"]), "hume-tada": Wheel("9.9.9", requires=["torch<2.8"]),
    },
    programs={"bun": BUN},
    argv=["--host", "127.0.0.1", "--port", "{port}", "--data-dir", "{conf}/data"],
    texts={"{conf}/app/frontend/index.html": "built"},
)
