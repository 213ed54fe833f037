#!/bin/sh
# For `bench run size`: the second and the third app as overlays on a disk without an app, and a slimmed disk. Nothing is
# mounted: debugfs edits the file system inside the raw image.
# In: BENCH_RAW (the disk as it is, raw), BENCH_ROOT (byte at which its root file system begins), BENCH_PATHS (file: what
# is in it, "f|d|l|o path"), BENCH_APP_LAYER, BENCH_WORKDIR, BENCH_EPOCH; of a direct guest BENCH_INITRD; of a disk with an
# EFI system partition BENCH_ESP and BENCH_ESP_BYTES (where it begins, how long it is).
# Out: base.qcow2, app-2.qcow2, app-3.qcow2 (their backing file: base.qcow2), slim.qcow2 (compressed), slim-plain.qcow2
# (the same, not compressed), slim-initrd.img (direct), compression (its name).
set -eu
here=${0%/*}
# shellcheck source=/dev/null
. "$here/../common.sh"
# shellcheck source=/dev/null
. "$here/slim.sh"
E2FSPROGS_FAKE_TIME=$BENCH_EPOCH
export E2FSPROGS_FAKE_TIME

# edit DISK: debugfs commands on stdin.
edit() {
	cat >"$BENCH_WORK/commands"
	debugfs -w -f "$BENCH_WORK/commands" "$1?offset=$BENCH_ROOT" >"$BENCH_WORK/debugfs.log" 2>&1
}

# discard DISK: what is not in use any more becomes holes; and a proof that the file system is sound. Two passes: e2fsck
# discards nothing in the one in which it corrects something (debugfs leaves the count of free blocks to it).
discard() {
	for discard_options in '' '-E discard'; do
		discard_status=0
		# shellcheck disable=SC2086 # two words on purpose
		e2fsck -fy $discard_options "$1?offset=$BENCH_ROOT" >"$BENCH_WORK/e2fsck.log" 2>&1 || discard_status=$?
		if [ "$discard_status" -gt 1 ]; then
			cat "$BENCH_WORK/e2fsck.log" >&2
			return 1
		fi
	done
}

# remove_commands: debugfs commands that remove the paths on stdin ("f|d|l|o path"), directories last and deepest first.
remove_commands() {
	LC_ALL=C sort -r -k 2 | while read -r kind path; do
		case $kind in
		d) printf 'rmdir "/%s"\n' "$path" ;;
		*) printf 'rm "/%s"\n' "$path" ;;
		esac
	done
}

# write_commands TREE: debugfs commands that put TREE's files into a disk.
write_commands() {
	(cd "$1" && find . -mindepth 1 -printf '%y %m %T@ %P\n') | LC_ALL=C sort -k 4 | while read -r kind mode modified path; do
		case $kind in
		d)
			printf 'mkdir "/%s"\n' "$path"
			mode=040$mode
			;;
		f)
			printf 'write "%s/%s" "/%s"\n' "$1" "$path" "$path"
			mode=0100$mode
			;;
		l)
			printf 'symlink "/%s" "%s"\n' "$path" "$(readlink "$1/$path")"
			continue
			;;
		*) continue ;;
		esac
		printf 'sif "/%s" mode %s\nsif "/%s" uid 0\nsif "/%s" gid 0\nsif "/%s" mtime @%s\n' \
			"$path" "$mode" "$path" "$path" "$path" "${modified%.*}"
	done
}

say "VM: building a disk without an app, a second and a third app on it"
app=$BENCH_WORK/app
mkdir -p "$app"
tar --numeric-owner -xpf "$BENCH_APP_LAYER" -C "$app"
rm -rf "${app:?}/dev"
base=$BENCH_WORK/base.raw
cp --sparse=always "$BENCH_RAW" "$base"
# The app's files; its directories stay where others use them too (rmdir refuses).
(cd "$app" && find . -mindepth 1 -printf '%y %P\n') | remove_commands | edit "$base"
discard "$base"
qemu-img convert -f raw -O qcow2 "$base" "$BENCH_OUT/base.qcow2"
for number in 2 3; do
	mkdir -p "$app$BENCH_WORKDIR" # where WORKDIR is a link of the base's, the layer has another path
	printf 'app %s\n' "$number" >"$app$BENCH_WORKDIR/bench-app-number"
	touch -d "@$BENCH_EPOCH" "$app$BENCH_WORKDIR/bench-app-number"
	raw=$BENCH_WORK/app.raw
	cp --sparse=always "$base" "$raw"
	write_commands "$app" | edit "$raw"
	# An overlay on the whole disk, moved to the base: only what differs is stored in it.
	qemu-img create -q -f qcow2 -b "$raw" -F raw "$BENCH_OUT/app-$number.qcow2"
	(cd "$BENCH_OUT" && qemu-img rebase -b base.qcow2 -F qcow2 "app-$number.qcow2")
	qemu-img compare -q -F raw "$BENCH_OUT/app-$number.qcow2" "$raw"
	rm "$raw"
done
rm "$base"

say "VM: building a slimmed disk"
slim=$BENCH_WORK/slim.raw
cp --sparse=always "$BENCH_RAW" "$slim"
sed 's/^. //' "$BENCH_PATHS" | slim_paths >"$BENCH_WORK/drop"
if [ -n "${BENCH_ESP:-}" ]; then
	# Modules, initramfs: with the guest's own programs, in a copy of its tree.
	tree=$BENCH_WORK/tree
	mkdir -p "$tree"
	debugfs -R "rdump / $tree" "$slim?offset=$BENCH_ROOT" >"$BENCH_WORK/rdump.log" 2>&1
	make_devices "$tree"
	set -- "$tree"/boot/vmlinuz-*
	release=${1##*/vmlinuz-}
	modules=usr/lib/modules/$release
	# What a virtual machine of QEMU's can use, and what these modules need.
	for module in virtio virtio_ring virtio_pci virtio_pci_modern_dev virtio_pci_legacy_dev virtio_mmio virtio_blk virtio_scsi \
		virtio_net virtio_console virtio-rng virtio_balloon net_failover failover ext4 vfat nls_cp437 nls_ascii nls_iso8859-1 \
		nls_utf8 efivarfs efi-pstore efi_pstore autofs4 af_packet fuse dm-mod loop configfs button evdev serio_raw \
		crc32c_generic crc32c-intel qemu_fw_cfg; do
		find "$tree/$modules" -name "$module.ko*" -printf "$modules/%P\n"
	done >"$BENCH_WORK/modules.wanted"
	sed "s|^$modules/||" "$BENCH_WORK/modules.wanted" | while IFS= read -r module; do
		grep "^$module:" "$tree/$modules/modules.dep" | tr ': ' '[\n*]'
	done | grep . | sort -u >"$BENCH_WORK/modules.keep"
	(cd "$tree/$modules" && find . -name '*.ko*' -printf '%P\n') | sort | comm -23 - "$BENCH_WORK/modules.keep" |
		while IFS= read -r module; do
			rm "$tree/$modules/$module"
			printf '%s/%s\n' "$modules" "$module" >>"$BENCH_WORK/drop"
		done
	in_tree "$tree" depmod "$release"
	in_tree "$tree" mkinitramfs -o /slim-initrd.img "$release"
	# The kernel is in the EFI system partition, where it is booted from: no second one under /boot.
	sed -n 's/^. \(boot\/.*\)/\1/p' "$BENCH_PATHS" >>"$BENCH_WORK/drop"
	esp=$BENCH_WORK/esp.img old=$BENCH_WORK/esp
	dd if="$slim" of="$esp" bs=1M iflag=skip_bytes,count_bytes skip="$BENCH_ESP" count="$BENCH_ESP_BYTES" status=none
	mkdir "$old"
	mcopy -s -n -i "$esp" '::*' "$old/"
	cp "$tree/slim-initrd.img" "$old/initrd.img"
	rm "$esp"
	truncate -s "$BENCH_ESP_BYTES" "$esp"
	mformat -i "$esp" -F -v ESP ::
	(cd "$old" && mcopy -s -i "$esp" ./* ::)
	dd if="$esp" of="$slim" bs=1M oflag=seek_bytes seek="$BENCH_ESP" conv=notrunc status=none
	{
		for index in "$tree/$modules"/modules.*; do
			name=$modules/${index##*/}
			printf 'rm "/%s"\nwrite "%s" "/%s"\nsif "/%s" mode 0100644\n' "$name" "$index" "$name" "$name"
		done
	} | edit "$slim"
fi
awk 'NR == FNR { drop[$0] = 1; next } substr($0, 3) in drop' "$BENCH_WORK/drop" "$BENCH_PATHS" | remove_commands | edit "$slim"
discard "$slim"
if [ -n "${BENCH_INITRD:-}" ]; then gzip -9n <"$BENCH_INITRD" >"$BENCH_OUT/slim-initrd.img"; fi
# As it is sent: whatever sends it compresses it whole, which is better than cluster by cluster.
qemu-img convert -f raw -O qcow2 "$slim" "$BENCH_OUT/slim-plain.qcow2"
# As it is kept.
compression=zstd
qemu-img convert -c -f raw -O qcow2 -o compression_type=zstd "$slim" "$BENCH_OUT/slim.qcow2" 2>/dev/null || compression=zlib
if [ "$compression" = zlib ]; then qemu-img convert -c -f raw -O qcow2 "$slim" "$BENCH_OUT/slim.qcow2"; fi
printf '%s\n' "$compression" >"$BENCH_OUT/compression"
