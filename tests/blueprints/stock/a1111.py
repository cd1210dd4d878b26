"""What the tables of AUTOMATIC1111's family have in common."""

from table import App, Case, listener

OPTIONS = """--port:1 --subpath:1 --data-dir:1 --gradio-allowed-path:1 --ui-settings-file:1 --ui-config-file:1
--styles-file:1 --api --skip-torch-cuda-test --extra:1 """

BASE = ["--port", "{port}", "--subpath", "instance/{slug}", "--data-dir", "{run}", "--gradio-allowed-path", "{out}",
        "--gradio-allowed-path", "{conf}/app", "--ui-settings-file", "{conf}/settings/config.json",
        "--ui-config-file", "{conf}/settings/ui-config.json", "--styles-file", "{conf}/settings/styles.csv"]

MODELS = {"models/Stable-diffusion": "stable-diffusion", "models/Lora": "lora", "models/VAE": "vae",
          "models/ESRGAN": "upscale"}


def older(repository, more, cpu, vram, env):
    """One of those whose launcher fetches much itself: MORE options it knows, those of a start on the CPU and of VRAM."""
    return App(
        repositories={
            repository: {
                "launch.py": listener(flags=OPTIONS + more, outputs=["outputs/txt2img-images", "log/images"]),
                "modules/cmd_args.py": '"--use-cpu"\n',
                "ldm_patched/modules/args_parser.py": '"--always-cpu"\n' if "--always-cpu" in cpu else "",
                "requirements_versions.txt": "iniconfig==2.0.0\ntorch\n",
            },
        },
        argv=[*BASE, "--skip-torch-cuda-test", *cpu],
        cwd="{run}",
        models={**MODELS, "embeddings": "embeddings"},
        env={"PIP_CONSTRAINT": "{tmp}/aikore-held-{id}.txt", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1", **env},
        cases=[
            Case("with a GPU", gpu=True, argv=BASE),
            Case("low memory and the API", {"vram": "low", "api": "true"}, gpu=True, argv=[*BASE, "--api", vram]),
        ],
    )
