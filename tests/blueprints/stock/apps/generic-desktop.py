from table import App, Case, listener

APP = App(
    repositories={"someone/window": {
        "main.py": listener(port="", flags="--big --extra:1"),
        "requirements.txt": "iniconfig==2.0.0\n",
    }},
    params={"source": "https://github.com/someone/window.git", "command": "python main.py --big"},
    argv=["--big"],
    # A shell reads the command and, with arguments of a file, stays.
    same_process=False,
    cases=[Case("the port can be named", {"command": "exec python main.py --extra $WEBUI_PORT"}, argv=["--extra", "{port}"])],
)
