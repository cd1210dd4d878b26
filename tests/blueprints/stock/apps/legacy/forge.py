from a1111 import older

APP = older("lllyasviel/stable-diffusion-webui-forge", "--always-cpu --always-low-vram", ["--always-cpu"], "--always-low-vram", {})
