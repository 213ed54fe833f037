#!/bin/sh
# What a distribution's virtual machine has and a container has not: kernel, initramfs, init, boot loader, device
# management, as a layer on the dependencies.
# In: BENCH_BASE, BENCH_DEPENDENCIES, BENCH_KERNEL (stages), BENCH_EPOCH. Out: layer.tar, packages.
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
unpack "$tree" "$BENCH_BASE/layer.tar" "$BENCH_DEPENDENCIES/layer.tar"
begin_layer "$tree"
open_tree "$tree"
put_directory "$tree" "$BENCH_KERNEL/debs" /var/cache/apt/archives

# The first sign of user space; the initramfs is otherwise the distribution's.
put_file "$tree" /etc/initramfs-tools/scripts/init-top/bench 755 <"${0%/*}/initramfs-mark"

# With it the initramfs checks the root file system, as an installed machine does.
printf 'LABEL=root / ext4 errors=remount-ro 0 1\n' | put_file "$tree" /etc/fstab 644
printf 'FSTYPE=ext4\nRESUME=none\n' | put_file "$tree" /etc/initramfs-tools/conf.d/bench 644

kernel=$(cat "$BENCH_KERNEL/package")
# Where systemd-boot has no package of its own, it is part of systemd.
loader=$(first_available "$tree" systemd-boot-efi systemd-boot systemd)
say "VM full: installing $kernel, systemd, udev, $loader"
install_packages "$tree" "$kernel" initramfs-tools systemd-sysv udev dbus kmod e2fsprogs "$loader"
in_tree "$tree" systemctl --quiet enable systemd-networkd.service
packages_of "$tree" >"$BENCH_OUT/packages"
close_tree "$tree"
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$BENCH_EPOCH" "$BENCH_WORK/stamp"
