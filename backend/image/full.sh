#!/bin/sh
# A disk that boots by itself, as a distribution's virtual machine does: firmware, boot loader, kernel, initramfs,
# systemd, DHCP, a unit for the app.
# In: BENCH_BASE, BENCH_DEPENDENCIES, BENCH_SYSTEM (stages), BENCH_APP_LAYER, BENCH_EPOCH, BENCH_ARCH, BENCH_UUID,
# BENCH_UUID_ESP. Out: full.qcow2.
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
say "VM full: making the disk"
unpack "$tree" "$BENCH_BASE/layer.tar" "$BENCH_DEPENDENCIES/layer.tar" "$BENCH_SYSTEM/layer.tar" "$BENCH_APP_LAYER"

put_file "$tree" /opt/bench/full-run 755 <"${0%/*}/full-run"
put_file "$tree" /etc/systemd/system/backend-flask.service 644 <<'UNIT'
[Unit]
Description=backend-flask
After=network.target

# The machine is there for the app: when the app ends, so does the machine.
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
ExecStart=/opt/bench/full-run
ExecStopPost=/bin/sh -c 'echo "@bench exit $EXIT_STATUS" >/dev/console'

[Install]
WantedBy=multi-user.target
UNIT
in_tree "$tree" mkdir -p /etc/systemd/system/multi-user.target.wants
in_tree "$tree" ln -s /etc/systemd/system/backend-flask.service /etc/systemd/system/multi-user.target.wants/
put_file "$tree" /etc/systemd/network/20-wired.network 644 <<'NETWORK'
[Match]
Name=en* eth*

[Network]
DHCP=yes
NETWORK
printf 'backend\n' | put_file "$tree" /etc/hostname 644
printf '127.0.0.1 localhost\n127.0.1.1 backend\n' | put_file "$tree" /etc/hosts 644
# Every trial starts from this disk: a machine that has been set up, not one that boots for the first time.
printf '%s\n' "$BENCH_UUID" | tr -d - | put_file "$tree" /etc/machine-id 644
# Nor one whose packages have just changed: without the stamps of systemd-update-done.service newer systemds write the
# linker's cache and the journal's catalogue anew at every boot.
in_tree "$tree" touch -r /usr /etc/.updated /var/.updated

case $BENCH_ARCH in
amd64) loader=systemd-bootx64.efi boot=BOOTX64.EFI ;;
arm64) loader=systemd-bootaa64.efi boot=BOOTAA64.EFI ;;
*)
	say "no boot loader is known for $BENCH_ARCH"
	exit 1
	;;
esac
set -- "$tree"/boot/vmlinuz-*
release=${1##*/vmlinuz-}

disk=$BENCH_WORK/full.raw esp=$BENCH_WORK/esp.img
esp_mib=$((($(stat -c %s "$tree/boot/vmlinuz-$release") + $(stat -c %s "$tree/boot/initrd.img-$release")) / 1048576 + 48))
truncate -s "${esp_mib}M" "$esp"
serial=$(printf '%s' "$BENCH_UUID_ESP" | cut -c1-8)
mformat -i "$esp" -F -v ESP -N "$serial" ::
cat >"$BENCH_WORK/loader.conf" <<'LOADER'
timeout 0
default bench.conf
LOADER
# loglevel: "Linux version" is said, hundreds of lines are not; the usual "quiet" would say nothing at all.
cat >"$BENCH_WORK/bench.conf" <<ENTRY
title backend-flask
linux /vmlinuz
initrd /initrd.img
options root=LABEL=root ro console=ttyS0 loglevel=6 panic=-1
ENTRY
mmd -i "$esp" ::/EFI ::/EFI/BOOT ::/loader ::/loader/entries
mcopy -i "$esp" "$tree/usr/lib/systemd/boot/efi/$loader" "::/EFI/BOOT/$boot"
mcopy -i "$esp" "$BENCH_WORK/loader.conf" ::/loader/loader.conf
mcopy -i "$esp" "$BENCH_WORK/bench.conf" ::/loader/entries/bench.conf
mcopy -i "$esp" "$tree/boot/vmlinuz-$release" ::/vmlinuz
mcopy -i "$esp" "$tree/boot/initrd.img-$release" ::/initrd.img

make_ext4 "$tree" "$BENCH_WORK/root.img" "$BENCH_UUID" 512
root_mib=$(($(stat -c %s "$BENCH_WORK/root.img") / 1048576))
rm -rf "$tree"
truncate -s "$((1 + esp_mib + root_mib + 1))M" "$disk"
sfdisk --quiet "$disk" <<TABLE
label: gpt
label-id: $BENCH_UUID
start=1MiB, size=${esp_mib}MiB, type=uefi, uuid=$BENCH_UUID_ESP
start=$((1 + esp_mib))MiB, size=${root_mib}MiB, type=linux, uuid=$BENCH_UUID
TABLE
dd if="$esp" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$BENCH_WORK/root.img" of="$disk" bs=1M seek="$((1 + esp_mib))" conv=notrunc,sparse status=none
rm "$BENCH_WORK/root.img"
qemu-img convert -f raw -O qcow2 "$disk" "$BENCH_OUT/full.qcow2"
