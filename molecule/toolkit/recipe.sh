#!/bin/sh
# recipe.sh SITE: GPUs for containers as it was done in 2021, with `apt-key` and nvidia-docker2. What apt-key does is done by
# hand, since it wants gnupg. Today the list names addresses that are gone.
[ -e /etc/dockyard-lab ] || { echo "$0 changes its system: it is for hosts of the lab, which have /etc/dockyard-lab" >&2; exit 3; }
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends docker.io curl >/dev/null
curl --silent --fail "$1/nvidia-docker/gpgkey" | sed -n '/^$/,/^=/p' | sed '/^=/d' | base64 --decode > /etc/apt/trusted.gpg
list=/etc/apt/sources.list.d/nvidia-docker.list
for place in libnvidia-container/stable nvidia-container-runtime/stable nvidia-docker; do
    echo "deb $1/$place/debian11/\$(ARCH) /"
done > $list
apt-get -qq update
apt-get -qq install --yes --no-install-recommends \
    nvidia-docker2=2.6.0-1 nvidia-container-runtime=3.5.0-1 nvidia-container-toolkit=1.5.1-1 \
    libnvidia-container-tools=1.4.0-1 libnvidia-container1=1.4.0-1 >/dev/null
sed -i "s,$1,https://nvidia.github.io," $list

# The person's own keys beside the package's.
cat > /etc/docker/daemon.json <<'END'
{
    "runtimes": {
        "nvidia": {"path": "nvidia-container-runtime", "runtimeArgs": []},
        "kata": {"path": "/opt/kata"}
    },
    "log-opts": {"max-size": "9m"}
}
END
# What a run left that was cut off before, and is older than the file.
echo '{"mtu": 1300}' > /etc/docker/daemon.json.kept
systemctl restart docker
