#!/bin/sh
# A driver that no package knows of, loaded as at each boot from now on.
[ -e /etc/dockyard-lab ] || { echo "$0 changes its system: it is for hosts of the lab, which have /etc/dockyard-lab" >&2; exit 3; }
set -e
lab-gpus preinstall 580.178.04 --open
# Nouveau has the cards that it knows until it is asked to leave them.
if [ -d /sys/module/nouveau ]; then
    echo blacklist nouveau > /etc/modprobe.d/nouveau.conf
    update-initramfs -u
    rmmod nouveau
fi
modprobe nvidia
modprobe nvidia_uvm
