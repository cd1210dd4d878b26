# shellcheck shell=bash
# What AUTOMATIC1111's web UI and the forks of it have in common. Sourced after functions.sh and webui.sh.

# a1111_knows OPTION: does this version of ./app take it?
a1111_knows() {
    grep -qF -- "\"$1\"" ./app/modules/{cmd_args,paths_internal}.py ./app/{ldm_patched/modules/args_parser,backend/args}.py \
        2>/dev/null
}

# a1111_options: set OPTIONS to what every start of ./app needs beside its port, and RUN to where it runs.
a1111_options() {
    webui_run_folder ./app outputs output
    mkdir -p ./settings "$RUN/log"
    sl_folder "$RUN/log" images "$INSTANCE_OUTPUT_DIR" saved
    OPTIONS=(
        # It adds the slash itself.
        --subpath "$(sed 's|^/||; s|/$||' <<<"$SUBFOLDER")"
        --data-dir "$RUN" --gradio-allowed-path "$INSTANCE_OUTPUT_DIR" --gradio-allowed-path "$PWD/app"
        --ui-settings-file "$PWD/settings/config.json" --ui-config-file "$PWD/settings/ui-config.json"
        --styles-file "$PWD/settings/styles.csv"
    )
    if is_on api; then
        OPTIONS+=(--api)
    fi
}

# a1111_without_gpu: add to OPTIONS what lets it start on the CPU, if there is no GPU.
a1111_without_gpu() {
    if webui_has_gpu; then
        return 1
    fi
    note "No GPU found: it runs on the CPU, which takes minutes for a picture"
    OPTIONS+=(--skip-torch-cuda-test)
    if a1111_knows --always-cpu; then
        OPTIONS+=(--always-cpu)
    elif a1111_knows --cpu; then
        OPTIONS+=(--cpu)
    else
        OPTIONS+=(--use-cpu all --no-half)
    fi
}

# a1111_models: where all of them keep what is shared. Forks know more folders than the first one; those do no harm.
a1111_models() {
    map_models ./app models/Stable-diffusion=stable-diffusion models/Lora=lora models/VAE=vae \
        models/VAE-approx=vae_approx models/ESRGAN=upscale models/ControlNet=controlnet \
        models/hypernetworks=hypernetwork models/text_encoder=text_encoders models/diffusers=diffusers "$@"
    # Extensions are installed from the page, for all satellites.
    mkdir -p ./app/extensions
}
