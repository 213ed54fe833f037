#!/bin/sh
# The disk of a directly booted guest: the container's very layers and a process 1.
# In: BENCH_BASE, BENCH_DEPENDENCIES, BENCH_KERNEL (stages), BENCH_APP_LAYER, BENCH_EPOCH, BENCH_UUID. Out: direct.qcow2.
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
say "VM direct: making the disk"
unpack "$tree" "$BENCH_BASE/layer.tar" "$BENCH_DEPENDENCIES/layer.tar" "$BENCH_APP_LAYER"
put_file "$tree" /opt/bench/busybox 755 <"$BENCH_KERNEL/busybox"
put_file "$tree" /opt/bench/init 755 <"${0%/*}/direct-init"
# Blocks of 4 KiB, as any disk of half a gigabyte or more has, and as container engines unpack layers into: below that
# mke2fs takes 1 KiB, and a disk that grows over the limit would change its size for no reason of the app's.
make_ext4 "$tree" "$BENCH_WORK/direct.raw" "$BENCH_UUID" 128 -b 4096 -O '^has_journal,^metadata_csum,^64bit'
qemu-img convert -f raw -O qcow2 "$BENCH_WORK/direct.raw" "$BENCH_OUT/direct.qcow2"
