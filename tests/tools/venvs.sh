#!/bin/sh
# Makes the test environments under .venvs/: dev, galaxy, ee and web (python3), and one for each supported ansible-core.
case ${1:-} in --list | --host)
    echo "$0 is what \`make venvs\` runs, and no inventory" >&2
    exit 3
    ;;
esac
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$root/tools/python.sh"
cd "$root"

# fill NAME REQUIREMENTS...: makes .venvs/NAME with $python from the named files of requirements/.
fill() {
    name=$1
    shift
    files='' arguments=''
    for file in "$@"; do
        files="$files requirements/$file.txt" arguments="$arguments -r requirements/$file.txt"
    done
    # shellcheck disable=SC2086  # lists of names without blanks, here and below
    wanted="$python $(stamp $files)"
    ! is_ready ".venvs/$name" "$wanted" || return 0
    echo "Making .venvs/$name with $python ..."
    rm -rf ".venvs/$name"
    if [ "$name" = dev ]; then
        "$python" -c 'import ensurepip' 2>/dev/null || die "Python's venv module is missing: install python3-venv and try again."
        "$python" -m venv .venvs/dev
        .venvs/dev/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/uv.txt
    else
        .venvs/dev/bin/uv venv --quiet --python "$python" ".venvs/$name"
    fi
    # shellcheck disable=SC2086
    .venvs/dev/bin/uv pip install --quiet --python ".venvs/$name/bin/python" $arguments
    link_collection ".venvs/$name"
    echo "$wanted" >".venvs/$name/.stamp"
}

python=$(find_python 3.11 3.99) || die 'The tests need Python 3.11 or newer.'
fill dev "$(newest_core "$python")" test collections molecule tools

fill galaxy galaxy

fill ee ee

# Linters for the report's style and script. They are npm's, and so left out where npm has no registry.
fill web web
wanted=$(cat requirements/web/* | cksum)
if [ "$(cat .venvs/web/.packages 2>/dev/null)" != "$wanted" ]; then
    cp requirements/web/* .venvs/web/
    if (cd .venvs/web && PATH="$PWD/bin:$PATH" npm ci --silent --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000); then
        echo "$wanted" >.venvs/web/.packages
    else
        echo "Left out: linters for style and script, because npm cannot install them."
    fi
fi

# core VERSION MIN MAX [FILE...]: an environment with this ansible-core, on the first Python between those two that is here.
core() {
    version=$1 min=$2 max=$3
    shift 3
    if python=$(find_python "$min" "$max"); then
        fill "$version" "core-$version" test "$@"
    else
        echo "Left out: ansible-core $version needs Python $min to $max, and none is here."
    fi
}

# Each supported version, with the Pythons of its control node. Scenarios run with dev, and one with the newest.
core 2.18 3.11 3.13
core 2.19 3.11 3.13
core 2.20 3.12 3.14
core 2.21 3.12 3.14 collections molecule
