from table import App, Case, listener

FLAGS = "--server:1 --port:1 --extra:1"
ENTRY = listener(host="--server", flags=FLAGS, outputs=["./outputs/"])
LIST = "iniconfig==2.0.0\n"

APP = App(
    repositories={
        "lllyasviel/FramePack": {"demo_gradio.py": ENTRY, "demo_gradio_f1.py": ENTRY, "requirements.txt": LIST},
        "FP-Studio/FramePack-Studio": {"studio.py": ENTRY, "requirements.txt": LIST},
    },
    gpu=True,
    argv=["--server", "127.0.0.1", "--port", "{port}"],
    cwd="{run}",
    models={"hf_download": "diffusers/huggingface", "loras": "lora"},
    env={"GRADIO_ALLOWED_PATHS": "{out},{conf}/app"},
    program="demo_gradio.py",
    cases=[
        Case("the other model", {"edition": "f1"}, program="demo_gradio_f1.py"),
        Case("the Studio edition", {"edition": "studio"}, program="studio.py", online=True,
             env={"GRADIO_ALLOWED_PATHS": "{out},{conf}/studio"}),
    ],
)
