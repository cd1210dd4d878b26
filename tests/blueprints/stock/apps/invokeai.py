from table import App, Case, Wheel, listener

ENTRY = listener(port="$INVOKEAI_PORT", host="$INVOKEAI_HOST", flags="--root:1 --extra:1", outputs=["$INVOKEAI_OUTPUTS_DIR"],
                 imports=["torch"])

FOLDERS = {"INVOKEAI_ROOT": "{conf}/invokeai", "INVOKEAI_OUTPUTS_DIR": "{out}"}

APP = App(
    repositories={},
    packages={
        "invokeai": Wheel("9999.1", files={"invokeai_stock.py": ENTRY + "\ndef run():\n    main(SETTINGS)\n"},
                          scripts={"invokeai-web": "invokeai_stock:run"}, requires=["torch>=2.7,<3", "torchvision"]),
    },
    argv=["--root", "{conf}/invokeai"],
    satellite={"{conf}/invokeai": "{conf}/invokeai-8"},
    cwd="{conf}",
    env={"INVOKEAI_PORT": "{port}", "INVOKEAI_HOST": "127.0.0.1", **FOLDERS},
    cases=[Case("low memory", {"vram": "low"}, env={"INVOKEAI_ENABLE_PARTIAL_LOADING": "true"})],
)
