import { AbsolutePath } from "./files.ts";

/** Directories that the system is made of (hier(7), FHS 3.0). What is below them may be removed, they may not. */
const SYSTEM = new Set(
  [
    "/",
    "/bin /boot /dev /etc /home /lib /lib32 /lib64 /libx32 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp",
    "/usr /usr/bin /usr/include /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/local /usr/sbin /usr/share /usr/src",
    "/usr/local/bin /usr/local/etc /usr/local/lib /usr/local/sbin /usr/local/share",
    "/var /var/cache /var/lib /var/local /var/lock /var/log /var/mail /var/opt /var/run /var/spool /var/tmp",
    "/etc/apt /etc/default /etc/ssh /etc/ssl /etc/systemd /etc/systemd/system /lib/systemd /usr/lib/systemd",
    "/var/lib/apt /var/lib/dpkg /var/lib/systemd",
  ].flatMap((line) => line.split(" ")),
);

/** Whether a whole system hangs on this directory, or on something in it that nobody could mean to remove with it. */
export function isSystemDirectory(path: string): boolean {
  return SYSTEM.has(path);
}

/** A path that may be removed with all that is in it. */
export const RemovablePath = AbsolutePath.refine((path) => !isSystemDirectory(path), {
  error: "is a directory of the system itself, which is never removed; name what is to go inside it",
});
