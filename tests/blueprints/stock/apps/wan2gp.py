from table import App, Case, listener

FLAGS = "--server-name:1 --server-port:1 --config:1 --profile:1 --attention:1 --compile --extra:1"

APP = App(
    repositories={
        "deepbeepmeep/Wan2GP": {
            "wgp.py": listener(port="--server-port", host="--server-name", flags=FLAGS, outputs=["outputs"]),
            "shared/cli_args.py": 'add("--config", type=str)\n',
            "requirements.txt": "iniconfig==2.0.0\n",
            "ckpts/readme.txt": "",
        },
    },
    gpu=True,
    argv=["--server-name", "127.0.0.1", "--server-port", "{port}", "--config", "{conf}/config"],
    satellite={"{conf}/config": "{conf}/config-8"},
    cwd="{run}",
    models={"ckpts": "diffusers/wan2gp", "loras": "lora"},
    cases=[
        Case("a memory profile, attention and compiling", {"profile": "4.5", "attention": "sage2", "compile": "true"},
             extra=["--profile", "4.5", "--attention", "sage2", "--compile"]),
    ],
)
