from a1111 import older

APP = older("AUTOMATIC1111/stable-diffusion-webui", "--use-cpu:1 --no-half --medvram --lowvram",
            ["--use-cpu", "all", "--no-half"], "--lowvram",
            {"STABLE_DIFFUSION_REPO": "https://github.com/w-e-w/stablediffusion.git"})
