#!/bin/sh
# What a machine needs before its init: shared mounts for nested containers, its own cgroup tree writable,
# its own /etc/hosts on its own disk, and the keys that the lab gave it.
set -eu
mount --make-rshared /
for tree in /sys/fs/cgroup /sys/fs/cgroup/*/; do
    if mountpoint -q "$tree"; then mount -o remount,bind,rw "$tree"; fi
done
umount /etc/hosts
[ -s /etc/hosts ] || printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$(hostname)" > /etc/hosts
# Swap is the computer's, not the machine's: it has none, and must not try to switch it off.
echo 'Filename Type Size Used Priority' > /run/no-swap && mount --bind /run/no-swap /proc/swaps
if [ ! -e /etc/ssh/ssh_host_ed25519_key ]; then
    install -D -m 600 /lab/ssh_host_ed25519_key /etc/ssh/ssh_host_ed25519_key
    install -d -m 700 /root/.ssh
    install -m 600 /lab/authorized_keys /root/.ssh/authorized_keys
fi
exec /sbin/init
