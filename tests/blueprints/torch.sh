#!/usr/bin/env bash
# install_torch: what is installed, that it is held, and which build it is.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"
# shellcheck source-path=SCRIPTDIR source=wheels.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/wheels.sh"

test_torch_is_installed_once_and_held() {
    make_torch
    install_torch 2.9.1 cu128 >/dev/null 2>&1
    same 'torch=2.9.1+cu128 torchvision=0.24.1+cu128 torchaudio=2.9.1+cu128' "$(versions torch torchvision torchaudio)"
    same 'torch==2.9.1+cu128 torchaudio==2.9.1+cu128 torchvision==0.24.1+cu128' "$(xargs <env/.aikore-held.txt)"
    # Nothing to say and no network the next time.
    rm -r index
    cut_network
    same '' "$(install_torch 2.9.1 cu128 2>&1)"
}

test_torch_is_not_changed_by_a_list() {
    make_torch
    # Instances may have blanks in their names.
    mkdir 'my inst'
    cd 'my inst'
    ensure_env >/dev/null
    install_torch 2.9.1 cu128 >/dev/null 2>&1
    printf '%s\n' 'torch==1.0 ; python_version > "3"' 'Torch-Vision' 'torchvision<0.20' 'iniconfig==2.0.0' >list.txt
    sed -i 2d list.txt
    install_requirements list.txt >/dev/null 2>&1
    same 'torch=2.9.1+cu128 torchvision=0.24.1+cu128 iniconfig=2.0.0' "$(versions torch torchvision iniconfig)"
    printf '%s\n' 'torch<2' 'torch @ https://example.org/torch-1.0-py3-none-any.whl' '-r more.txt' \
        '-c limits.txt' >upper.txt
    printf '%s\n' $'torch[opt]>=1.0,\\\n    <2' 'https://example.org/x/torchaudio-0.1-py3-none-any.whl' 'iniconfig' >more.txt
    printf '%s\n' 'torch==2.8.0' 'iniconfig==1.1.1' >limits.txt
    install_requirements upper.txt >/dev/null 2>&1
    same 'torch=2.9.1+cu128 torchaudio=2.9.1+cu128 iniconfig=1.1.1' "$(versions torch torchaudio iniconfig)"
    install_packages 'torch==2.8.0' 'iniconfig==2.0.0' >/dev/null 2>&1
    same 'torch=2.9.1+cu128 iniconfig=2.0.0' "$(versions torch iniconfig)"
}

test_torch_is_not_changed_by_what_packages_need() {
    make_torch
    make_wheels index >/dev/null <<'TEXT'
aikore_stubborn|1.0|torch<2
aikore_fitting|0.8|torch==2.8.0
aikore_fitting|0.9|torch==2.9.1
aikore_fitting|0.11|torch==2.11.0
TEXT
    install_torch 2.9.1 cu128 >/dev/null 2>&1
    # Of several the one that fits is taken.
    install_packages aikore-fitting >/dev/null 2>&1
    same 'torch=2.9.1+cu128 aikore_fitting=0.9' "$(versions torch aikore_fitting)"
    # Where none fits it is installed nevertheless, and that is said.
    has 'they get the one that is here' "$(install_packages aikore_stubborn 'iniconfig==2.0.0' 2>&1)"
    same 'torch=2.9.1+cu128 aikore_stubborn=1.0 iniconfig=2.0.0' "$(versions torch aikore_stubborn iniconfig)"
}

test_torch_comes_later_by_the_same_index() {
    make_torch
    install_torch 2.9.1 cu128 torch >/dev/null 2>&1
    same 'torch=2.9.1+cu128 torchvision=-' "$(versions torch torchvision)"
    install_packages torchvision >/dev/null 2>&1
    same 'torch=2.9.1+cu128 torchvision=0.24.1+cu128' "$(versions torch torchvision)"
    # From now on it is held as well.
    install_packages 'torchvision<0.24' iniconfig >/dev/null 2>&1
    same 'torchvision=0.24.1+cu128' "$(versions torchvision)"
}

test_torch_of_the_user_wins() {
    make_torch
    TORCH_VERSION=2.8.0 install_torch 2.9.1 cu128 >/dev/null 2>&1
    same 'torch=2.8.0+cu128 torchvision=0.23.0+cu128 torchaudio=2.8.0+cu128' "$(versions torch torchvision torchaudio)"
    # The choice is taken back.
    install_torch 2.9.1 cu128 >/dev/null 2>&1
    same 'torch=2.9.1+cu128 torchvision=0.24.1+cu128' "$(versions torch torchvision)"
    same torch==2.9.1+cu128 "$(head -n 1 env/.aikore-held.txt)"
    # Another build of the same version.
    make_torch_index other cpu
    PYTORCH_INDEX_URL=file://$PWD/other install_torch 2.9.1 cu128 >/dev/null 2>&1
    same 'torch=2.9.1+cpu torchvision=0.24.1+cpu' "$(versions torch torchvision)"
}

test_torch_without_a_version_is_the_newest() {
    make_torch
    install_torch >/dev/null 2>&1
    same 'torch=2.11.0+cu128 torchaudio=2.11.1+cu128' "$(versions torch torchaudio)"
    same '' "$(install_torch 2>&1)"
}

test_torch_changed_by_hand_is_what_is_held() {
    make_torch
    install_torch >/dev/null 2>&1
    ensure_uv
    uv pip install --quiet --python env --index "$PYTORCH_INDEX_URL" torch==2.8.0 torchvision==0.23.0 torchaudio==2.8.0
    install_packages torch iniconfig >/dev/null 2>&1
    same 'torch=2.8.0+cu128' "$(versions torch)"
    same torch==2.8.0+cu128 "$(head -n 1 env/.aikore-held.txt)"
}

test_torch_that_cannot_be_had_is_a_clear_error() {
    make_torch
    has 'Choose another torch or CUDA version' "$(install_torch 9.9.9 cu128 2>&1 || true)"
    fails install_torch 9.9.9 cu128 >/dev/null 2>&1
    unset PYTORCH_INDEX_URL
    cut_network
    has 'torch 2.9.1 for cpu could not be installed' "$(CUDA_VERSION=cpu install_torch 2.9.1 cu128 2>&1 || true)"
    [[ ! -e env/.aikore-held.txt ]]
}

# A machine with a card: its driver's CUDA, and the compute capabilities.
make_card() {
    mkdir -p card
    cat >card/nvidia-smi <<SCRIPT
#!/bin/sh
case "\$*" in
    -L) echo "GPU 0: A card (UUID: GPU-1)" ;;
    *compute_cap*) printf '%s\n' ${*:2} ;;
    *) echo '| NVIDIA-SMI 1    Driver Version: 1    CUDA Version: $1     |' ;;
esac
SCRIPT
    chmod +x card/nvidia-smi
    export PATH=$PWD/card:$PATH
}

test_torch_backend_fits_the_machine() {
    [[ ! -e /dev/kfd ]] || return 0
    mkdir card
    printf '#!/bin/sh\nexit 9\n' >card/nvidia-smi
    chmod +x card/nvidia-smi
    export PATH=$PWD/card:$PATH
    # A driver that does not answer is none.
    same 'cpu cpu cpu' "$(_aikore_backend_here 2.9.1 cu128) $(_aikore_backend_here '' '') $(_aikore_backend_here '' cpu)"
    make_card 12.8 8.9
    same 'cu128 auto' "$(_aikore_backend_here 2.9.1 cu128) $(_aikore_backend_here '' '')"
    # Too new for the driver; an older minor version does.
    same 'cu128 cu126' "$(_aikore_backend_here 2.9.1 cu130) $(_aikore_backend_here 2.6.0 cu130)"
    make_card 12.4 8.6 7.5
    same 'cu128 cu121' "$(_aikore_backend_here 2.9.1 cu128) $(_aikore_backend_here 2.3.1 '')"
    make_card 13.0 12.0
    same 'cu128 cu130 cu130' "$(_aikore_backend_here 2.8.0 cu126) $(_aikore_backend_here 2.9.1 cu126) $(_aikore_backend_here 2.9.1 cu130)"
    # The oldest card decides.
    make_card 13.0 8.9 6.1
    same 'cu126 cu126' "$(_aikore_backend_here 2.9.1 cu130) $(_aikore_backend_here '' '')"
    make_card 11.8 8.6
    same cu118 "$(_aikore_backend_here 2.5.1 cu124)"
}

test_torch_backend_of_the_user() {
    local choice
    same 'cu128 cu130 cu126 cpu' "$(for choice in 12.8 13.0 cu126 cpu; do
        CUDA_VERSION=$choice _aikore_chosen_backend
    done | xargs)"
    # As images of NVIDIA set it.
    same '' "$(CUDA_VERSION=12.8.1 _aikore_chosen_backend)"
}

test_torch_for_the_cpu_gives_way_when_a_card_appears_and_not_the_other_way_round() {
    [[ ! -e /dev/kfd ]] || return 0
    make_torch
    install_torch 2.9.1 cu128 >/dev/null 2>&1
    unset PYTORCH_INDEX_URL
    printf '%s\n' '2.9.1|cu128||torch torchvision torchaudio' 'cpu ' >env/.aikore-torch
    _aikore_torch_fits '2.9.1|cu128||torch torchvision torchaudio'
    make_card 12.8 8.9
    fails _aikore_torch_fits '2.9.1|cu128||torch torchvision torchaudio'
    printf '%s\n' '2.9.1|cu128||torch torchvision torchaudio' 'cu128 ' >env/.aikore-torch
    PATH=${PATH#*:}
    _aikore_torch_fits '2.9.1|cu128||torch torchvision torchaudio'
}

run_tests
