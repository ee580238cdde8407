# shellcheck shell=sh
# Sourced by the scripts beside it: which Python to use, and how a virtual environment with this collection is made.
: "${root:?is set by the script that sources this}"

# pyenv's shims break interpreter discovery for localhost and ansible-test: nothing of the kind stays on PATH.
# shellcheck disable=SC2034  # used by site.sh
system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

die() {
    printf '%s\n' "$*" >&2
    exit 2
}

# real_python COMMAND MIN MAX: the interpreter behind COMMAND, when it runs and its minor version fits.
real_python() {
    "$1" -c '
import os, sys
low, high = (tuple(map(int, word.split("."))) for word in sys.argv[1:])
if not low <= sys.version_info[:2] <= high:
    sys.exit(1)
print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
' "$2" "$3" 2>/dev/null
}

# find_python MIN MAX: python3 if it fits, else any other that is installed.
find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
        real_python "$candidate" "$1" "$2" && return 0
    done
    return 1
}

# newest_core PYTHON: the file in requirements/ with the newest ansible-core that this Python can run.
newest_core() {
    # 2.19 is the last that runs on Python 3.11.
    if real_python "$1" 3.12 3.99 >/dev/null; then echo core-2.21; else echo core-2.19; fi
}

# stamp FILE...: what an environment was made from, and where: its scripts name their own path.
stamp() {
    printf '%s ' "$root"
    cat "$@" "$root/requirements/constraints.txt" | cksum
}

# is_ready VENV STAMP: nothing to do, and its Python still runs.
is_ready() {
    [ "$(cat "$1/.stamp" 2>/dev/null)" = "$2" ] && "$1/bin/python" -c '' 2>/dev/null
}

# link_collection VENV: the checkout becomes importable as dockyard.gpu, whatever its folder is called.
link_collection() {
    collections=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ansible_collections
    mkdir -p "$collections/dockyard"
    ln -sfn "$root" "$collections/dockyard/gpu"
}
