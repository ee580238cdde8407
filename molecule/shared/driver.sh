#!/bin/sh
# A driver that no package knows of, loaded as at each boot from now on.
set -e
lab-gpus preinstall 580.178.04 --open
modprobe nvidia
modprobe nvidia_uvm
