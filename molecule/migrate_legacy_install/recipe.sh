#!/bin/sh
# A stand-in for what people typed from blogs: apt-key, docker.list without signed-by, the distribution's docker.io, and a
# daemon.json by hand. $1 is the repository.
[ -e /etc/dockyard-lab ] || { echo "$0 changes its system: it is for hosts of the lab, which have /etc/dockyard-lab" >&2; exit 3; }
set -eu
export DEBIAN_FRONTEND=noninteractive
. /etc/os-release
apt-get update -q
# Debian 13 has the command in a package of its own.
command=$(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli || true)
apt-get install -q -y --no-install-recommends docker.io $command gnupg
python3 -c 'import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1]).read())' "$1/gpg" >/tmp/docker.asc
if command -v apt-key >/dev/null; then
    # Another key in the same keyring must stay.
    apt-key add /usr/share/keyrings/debian-archive-bookworm-stable.gpg
    apt-key add /tmp/docker.asc
else
    gpg --dearmor </tmp/docker.asc >/etc/apt/trusted.gpg.d/docker.gpg
fi
gpg --dearmor </tmp/docker.asc >/usr/share/keyrings/docker-archive-keyring.gpg
echo "deb [arch=$(dpkg --print-architecture)] $1 $VERSION_CODENAME stable" >/etc/apt/sources.list.d/docker.list
# The same line again, in a file with another repository's.
echo "deb $1 $VERSION_CODENAME stable # again" >/etc/apt/sources.list.d/mine.list
echo "deb [trusted=yes] copy:/srv/mine ./" >>/etc/apt/sources.list.d/mine.list
mkdir -p /srv/mine && : >/srv/mine/Packages
cat >/etc/docker/daemon.json <<'JSON'
{
  "labels": ["site=old"],
  "log-driver": "json-file",
  "log-opts": {"max-size": "1g", "tag": "{{.Name}}"},
  "live-restore": false
}
JSON
systemctl restart docker
