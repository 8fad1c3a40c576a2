/** What the cached root is made of. A change here is a new root: its directory is named by a digest of all this. */
export const suite = "bookworm";

export const packages = [
  "ca-certificates",
  "curl",
  "dbus",
  "gnupg",
  "iproute2",
  "iputils-ping",
  "kmod",
  "openssh-server",
  "procps",
  "python3", // not for Hostwright: the benchmark's rivals run on these hosts too
  "sudo",
  "systemd",
  "systemd-sysv",
  "udev",
];

/** Logs in by the lab's key and may do everything. */
export const admin = { name: "admin", uid: 1000, gid: 1000 };
/** Logs in by the lab's key or its password, and sudo asks it for that. The password opens nothing but lab hosts. */
export const operator = { name: "operator", uid: 1001, gid: 37, password: "operator" };

/** Unix files of the root that differ from Debian's. */
export const files: Readonly<Record<string, string>> = {
  "/etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
  "/etc/fstab": "",
  "/etc/default/locale": "LANG=C.UTF-8\n",
  "/etc/machine-id": "",
  "/etc/sudoers.d/lab": `${admin.name} ALL=(ALL:ALL) NOPASSWD: ALL\n`,
  "/etc/ssh/sshd_config.d/lab.conf": "UseDNS no\n",
  // With /dev/kmsg in every host, every journal would copy the machine's kernel log.
  "/etc/systemd/journald.conf.d/lab.conf": "[Journal]\nReadKMsg=no\n",
  "/etc/systemd/system/lab-host.service": `[Unit]
Description=Lab: mounts as a machine of its own would have them
DefaultDependencies=no
Before=sysinit.target systemd-networkd.service systemd-sysctl.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-host

[Install]
WantedBy=sysinit.target
`,
  "/usr/local/sbin/lab-host": `#!/bin/sh
# cgroup v1 comes read-only; "remount,rw" alone answers busy. Containerd and kubelet write there.
if mountpoint -q /sys/fs/cgroup/cpu; then
  mount -o remount,rw /sys/fs/cgroup
  for c in /sys/fs/cgroup/*; do mountpoint -q "$c" && mount -o remount,rw,bind "$c"; done
fi
# /proc/sys has to be writable, /sys not: with a writable /sys networkd waits for udev, which would act on the
# devices of the machine.
mount -o remount,ro,bind /sys
# Kubelet wants its mounts to be seen in pods.
mount --make-rshared /
# The machine's swap is none of the host's.
if [ "$(wc -l </proc/swaps)" -gt 1 ]; then
  head -n 1 /proc/swaps >/run/lab-swaps
  mount --bind /run/lab-swaps /proc/swaps
fi
exit 0
`,
};

/** Units that make no sense in a container, or cost time at boot. */
const masked = [
  "apt-daily-upgrade.timer",
  "apt-daily.timer",
  "console-getty.service",
  "dev-hugepages.mount",
  "getty.target",
  "sys-fs-fuse-connections.mount",
  "sys-kernel-config.mount",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "systemd-remount-fs.service",
  "systemd-udev-trigger.service",
  "systemd-udevd-control.socket",
  "systemd-udevd-kernel.socket",
  "systemd-udevd.service",
];

/** Run by sh inside the root. */
export const setUp = `
chmod 0440 /etc/sudoers.d/lab
chmod 0755 /usr/local/sbin/lab-host
useradd --uid ${admin.uid} --user-group --create-home --shell /bin/bash ${admin.name}
useradd --uid ${operator.uid} --gid ${operator.gid} --groups sudo --create-home --shell /bin/bash ${operator.name}
echo '${operator.name}:${operator.password}' | chpasswd
export SYSTEMD_OFFLINE=1
systemctl --quiet enable ssh.service systemd-networkd.service lab-host.service
systemctl --quiet mask ${masked.join(" ")}
# Debian's own sysctl files set values of the whole machine.
mkdir -p /etc/sysctl.d
for file in /usr/lib/sysctl.d/*.conf; do ln -s /dev/null "/etc/sysctl.d/\${file##*/}"; done
rm -f /etc/ssh/ssh_host_* /etc/hostname /etc/resolv.conf /var/cache/apt/*.bin /var/cache/apt/archives/*.deb
rm -rf /var/lib/apt/lists/* /var/log/bootstrap.log
`;
