#!/bin/sh
# Stand-ins of NVIDIA's nvidia-cdi-refresh as far as it writes a CDI specification early at each boot, where it writes it, and of
# an image, since there is no registry: one made of the host's own shell, with the environment of all images made from CUDA's.
[ -e /etc/dockyard-lab ] || { echo "$0 changes its system: it is for hosts of the lab, which have /etc/dockyard-lab" >&2; exit 3; }
set -e
cat >/usr/local/sbin/lab-cdi <<'END'
#!/usr/bin/python3
import glob, json, pathlib, re
cards = []
for path in glob.glob("/proc/driver/nvidia/gpus/*/information"):
    text = pathlib.Path(path).read_text()
    uuid, minor = re.search(r"GPU UUID:\s*(\S+)", text)[1], re.search(r"Device Minor:\s*(\d+)", text)[1]
    cards += [(name, f"/dev/nvidia{minor}") for name in (minor, uuid)]
devices = [{"name": name, "containerEdits": {"deviceNodes": [{"path": node}]}} for name, node in sorted(cards)]
spec = {"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": devices}
spec["containerEdits"] = {"deviceNodes": [{"path": "/dev/nvidiactl"}]}
folder = pathlib.Path("/var/run/cdi")
folder.mkdir(exist_ok=True)
(folder / "nvidia.yaml").write_text(json.dumps(spec))
END
chmod 755 /usr/local/sbin/lab-cdi
cat >/etc/systemd/system/lab-cdi.service <<'END'
[Unit]
Before=docker.service
# Two specifications of the same devices cancel each other out: the toolkit's own is there until the first reboot.
ConditionPathExists=!/var/run/cdi/nvidia.yaml
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/lab-cdi
[Install]
WantedBy=multi-user.target
END
systemctl enable --now lab-cdi.service
programs='/bin/sh /bin/sleep /bin/ls /bin/cat'
# shellcheck disable=SC2046,SC2086  # lists of names without blanks
tar --create --dereference --absolute-names $programs $(ldd $programs | grep -o '/lib[^ ]*' | sort -u) |
  docker import --change 'ENV NVIDIA_VISIBLE_DEVICES=all' --change 'ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility' \
    --change 'ENV NVIDIA_REQUIRE_CUDA="cuda>=12.4"' --change 'CMD ["sh"]' - host-shell:1
mkdir -p /srv/work
echo 'the file of the host' >/srv/work/file
