#!/bin/sh
# kubelet writes kernel settings that belong to the whole computer: here they are files of the machine's own.
set -eu
mkdir -p /run/own-sysctl
for name in kernel/panic kernel/panic_on_oops vm/overcommit_memory vm/panic_on_oom; do
    own=/run/own-sysctl/$(echo "$name" | tr / _)
    cat "/proc/sys/$name" > "$own"
    mount --bind "$own" "/proc/sys/$name"
done
exec /boot.sh
