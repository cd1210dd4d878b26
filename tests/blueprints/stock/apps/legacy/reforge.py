from a1111 import older

APP = older("Panchovix/stable-diffusion-webui-reForge", "--always-cpu --always-low-vram", ["--always-cpu"], "--always-low-vram", {})
