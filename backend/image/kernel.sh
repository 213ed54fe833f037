#!/bin/sh
# The distribution's kernel for virtual machines, and an initramfs of our own that does nothing but find the disk.
# In: BENCH_BASE (stage), BENCH_ARCH. Out: vmlinuz, initrd.img, busybox, release, debs/ (for the system stage).
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
unpack "$tree" "$BENCH_BASE/layer.tar"
open_tree "$tree"
package=$(first_available "$tree" "linux-image-cloud-$BENCH_ARCH" linux-image-virtual "linux-image-$BENCH_ARCH")
say "kernel: downloading $package and busybox-static"
install_packages "$tree" --download-only "$package" busybox-static
mkdir "$BENCH_OUT/debs" "$tree/kernel"
in_tree "$tree" tar -C /var/cache/apt/archives -cf - --exclude=partial --exclude=lock . | tar -C "$BENCH_OUT/debs" -xf -
for deb in "$BENCH_OUT"/debs/linux-image-[0-9]*.deb "$BENCH_OUT"/debs/linux-modules-[0-9]*.deb "$BENCH_OUT"/debs/busybox-static_*.deb; do
	[ ! -e "$deb" ] || dpkg-deb -x "$deb" "$tree/kernel"
done
set -- "$tree"/kernel/boot/vmlinuz-*
cp "$1" "$BENCH_OUT/vmlinuz"
release=${1##*/vmlinuz-}
printf '%s\n' "$release" >"$BENCH_OUT/release"
busybox=$tree/kernel/bin/busybox
[ -e "$busybox" ] || busybox=$tree/kernel/usr/bin/busybox
cp "$busybox" "$BENCH_OUT/busybox"
printf '%s\n' "$package" >"$BENCH_OUT/package"

# Only what leads to the root file system and the network; what is built in needs no module.
root=$BENCH_WORK/initramfs
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/new" "$root/modules"
cp "$busybox" "$root/bin/busybox"
install_packages "$tree" kmod zstd xz-utils
modules=/kernel
[ -d "$tree/kernel/lib/modules" ] || modules=/kernel/usr
mkdir "$tree/depmod" "$tree/depmod/lib"
ln -s "$modules/lib/modules" "$tree/depmod/lib/modules"
in_tree "$tree" depmod -b /depmod "$release"
: >"$root/modules/order"
for module in virtio_pci virtio_blk virtio_net ext4; do
	# Not into a pipe: one that fails must not leave a guest without its disk. And no -S: the env of rust-coreutils takes it.
	in_tree "$tree" modprobe -d /depmod --set-version "$release" --show-depends "$module" >"$BENCH_WORK/depends"
	while read -r verb path _; do
		[ "$verb" = insmod ] || continue
		name=${path##*/}
		name=${name%%.ko*}
		if grep -qx "$name.ko" "$root/modules/order"; then continue; fi
		case $path in
		*.xz) in_tree "$tree" xz -dc "$path" >"$root/modules/$name.ko" ;;
		*.zst) in_tree "$tree" zstd -qdc "$path" >"$root/modules/$name.ko" ;;
		*.gz) in_tree "$tree" gzip -dc "$path" >"$root/modules/$name.ko" ;;
		*) in_tree "$tree" cat "$path" >"$root/modules/$name.ko" ;;
		esac
		printf '%s.ko\n' "$name" >>"$root/modules/order"
	done <"$BENCH_WORK/depends"
done
cp "${0%/*}/initramfs-init" "$root/init"
chmod 755 "$root/init" "$root/bin/busybox"
find "$root" -exec touch -h -d "@$BENCH_EPOCH" {} +
# Not compressed: unpacking costs an emulated guest more than reading does.
(cd "$root" && find . | sort | cpio --quiet --reproducible -o -H newc -R 0:0) >"$BENCH_OUT/initrd.img"
# /dev/console as a second archive written out by hand: an unprivileged container may not make the file itself. The fields
# are inode, mode, owner, group, links, time, size, device (2), the console's numbers (2), length of the name, sum.
{
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08Xdev/console\000\000\000' \
		1 $((0020600)) 0 0 1 "$BENCH_EPOCH" 0 0 0 5 1 12 0
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08XTRAILER!!!\000\000\000\000' \
		0 0 0 0 1 0 0 0 0 0 0 11 0
} >>"$BENCH_OUT/initrd.img"
