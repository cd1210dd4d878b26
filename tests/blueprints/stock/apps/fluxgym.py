from table import App, Wheel, listener

APP = App(
    repositories={
        "cocktailpeanut/fluxgym": {
            "app.py": listener(port="$GRADIO_SERVER_PORT", host="$GRADIO_SERVER_NAME", flags="--extra:1",
                               outputs=["outputs/my-lora"], imports=["iniconfig", "library", "gradio"]),
            "requirements.txt": "git+https://github.com/huggingface/diffusers.git\ngradio>=4.0.0\ntorch==2.5.1\n",
            "models.yaml": "flux-dev: {}\n",
        },
        "kohya-ss/sd-scripts": {"readme.md": "the main branch\n"},
        "kohya-ss/sd-scripts@sd3": {
            "library/__init__.py": "",
            "requirements.txt": "iniconfig==2.0.0\n# for kohya_ss library\n-e .\n",
        },
    },
    packages={"gradio": Wheel("4.44.1"), "fastapi": Wheel("0.115.99"), "starlette": Wheel("0.45.99")},
    gpu=True,
    argv=[],
    cwd="{run}",
    models={"models/unet": "unet", "models/clip": "text_encoders", "models/vae": "vae"},
    env={"GRADIO_ROOT_PATH": "/instance/{slug}"},
)
