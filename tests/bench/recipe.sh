#!/bin/sh
# The recipe that people copy: Docker's repository, its key, the packages, a daemon.json, a restart. $1 is the repository.
[ -e /etc/dockyard-lab ] || { echo "$0 changes its system: it is for hosts of the lab, which have /etc/dockyard-lab" >&2; exit 3; }
set -eu
export DEBIAN_FRONTEND=noninteractive
. /etc/os-release
apt-get update -q
apt-get install -q -y --no-install-recommends ca-certificates apparmor curl
install -m 0755 -d /etc/apt/keyrings
curl -fsSL "$1/linux/$ID/gpg" -o /etc/apt/keyrings/docker.asc
cat >/etc/apt/sources.list.d/docker.sources <<SOURCES
Types: deb
URIs: $1/linux/$ID
Suites: $VERSION_CODENAME
Components: stable
Architectures: $(dpkg --print-architecture)
Signed-By: /etc/apt/keyrings/docker.asc
SOURCES
apt-get update -q
apt-get install -q -y --no-install-recommends docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin
mkdir -p /etc/docker
echo '{"log-driver": "json-file", "log-opts": {"max-size": "50m", "max-file": "5"}, "live-restore": true}' >/etc/docker/daemon.json
systemctl restart docker
docker version >/dev/null
