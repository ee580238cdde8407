#!/bin/sh
# The shell and the C library of the host, since there is no registry; what else a container needs, the toolkit brings.
[ -e /etc/dockyard-lab ] || { echo "$0 changes its system: it is for hosts of the lab, which have /etc/dockyard-lab" >&2; exit 3; }
docker image inspect small >/dev/null 2>&1 && exit
libraries=$(ldd /bin/sh /bin/sleep | grep -o '/lib[^ ]*' | sort -u)
# shellcheck disable=SC2086 # one word a library
tar --create --dereference --absolute-names /bin/sh /bin/sleep $libraries | docker import - small
