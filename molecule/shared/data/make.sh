#!/bin/sh
# What a person has on a host and must not lose: an image of the host's own shell, a volume with a file, a stopped container.
[ -e /etc/dockyard-lab ] || { echo "$0 changes its system: it is for hosts of the lab, which have /etc/dockyard-lab" >&2; exit 3; }
set -e
tar --create --dereference --absolute-names /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*') | docker import - ours
docker volume create kept
echo precious > /var/lib/docker/volumes/kept/_data/file
docker run --name stopped ours /bin/sh -c 'echo from the past'
