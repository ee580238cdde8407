#!/bin/sh
# playbook.sh NAME [ARGUMENT...]: what `make site` and `make workloads` run. Makes .venv when it is missing or out of date, brings
# what the playbook needs beside ansible-core, then runs playbooks/NAME.yml with the arguments given.
case ${1:-} in '' | -*)
    echo "$0 is what \`make site\` and \`make workloads\` run, and no inventory" >&2
    exit 3
    ;;
esac
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/tools/python.sh"
venv=$root/.venv
playbook=$1
shift
ask=

# Whoever names an inventory means other hosts: the rights there are Ansible's matter.
case " $* " in
*' -i'* | *' --inventory'*) local_run=false ;;
*) local_run=true ;;
esac

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif ! command -v sudo >/dev/null; then
    as_root=no_sudo
    $local_run && die "make $playbook changes this machine and needs root: run it as root, or install sudo and allow $(id -un) to use it."
elif sudo -n true 2>/dev/null; then
    as_root=sudo
else
    as_root=sudo
    if $local_run; then
        [ -t 0 ] || die "make $playbook changes this machine and needs root: sudo asks $(id -un) for a password and there is no terminal to type it in. Run it as root."
        ask=--ask-become-pass
    fi
fi

# install PACKAGE...: with a fresh list of packages, waiting for whoever else is installing.
install() {
    command -v apt-get >/dev/null || return 1
    [ "$as_root" != no_sudo ] || return 1
    echo "Installing $* ..."
    log=$(mktemp)
    tries=0
    until $as_root env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get -q -o DPkg::Lock::Timeout=300 update && apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
    ' install "$@" >"$log" 2>&1; do
        tries=$((tries + 1))
        # The lock on the package lists is not covered by the timeout above.
        if [ "$tries" -gt 60 ] || ! grep -q 'Could not get lock' "$log"; then
            grep "^E:" "$log" >&2
            rm -f "$log"
            return 1
        fi
        sleep 5
    done
    rm -f "$log"
}

wanted=$(stamp "$root"/requirements/core-*.txt)
if ! is_ready "$venv" "$wanted"; then
    if ! python=$(find_python 3.11 3.99); then
        if command -v python3 >/dev/null; then packages='python3.11 python3.11-venv'; else packages='python3 python3-venv'; fi
        # shellcheck disable=SC2086  # two words
        install $packages || true
        python=$(find_python 3.11 3.99) || die "make $playbook needs Python 3.11 or newer, and neither this machine nor its package mirror has one. Install one, or run the playbook from another machine: see README.md."
    fi
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        install "$package" || die "make $playbook needs Python's venv module, and $package could not be installed: install it and try again."
    fi
    echo "Making .venv with $python ..."
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$root/requirements/$(newest_core "$python").txt"
    link_collection "$venv"
    echo "$wanted" >"$venv/.stamp"
fi

# Ansible rejects any other encoding.
[ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8
cd "$root"
# Named, because Ansible ignores the file in a folder that others may write to.
export ANSIBLE_CONFIG="$root/ansible.cfg" PATH="$venv/bin:$system_path"

# What only images and containers need. One that is installed elsewhere already is taken.
if [ "$playbook" = workloads ] && ! ansible-galaxy collection list community.docker 2>/dev/null | grep -q '^community.docker '; then
    echo "Bringing community.docker ..."
    "$venv/bin/python" tools/bring_collections.py requirements/collections.txt || die "make workloads needs the collection community.docker, and the package index did not give the package that has it. Where Galaxy can be reached: $venv/bin/ansible-galaxy collection install community.docker"
fi

# shellcheck disable=SC2086  # empty or one word
exec ansible-playbook "playbooks/$playbook.yml" $ask "$@"
