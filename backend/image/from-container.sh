#!/bin/sh
# The base system from a registry's image in place of the distribution's packages: the same results as base.sh.
# In: BENCH_REFERENCE (such as python:3.10-slim-bullseye), BENCH_ARCH, BENCH_APT_CONF.
# Out: layer.tar, lists.tar, apt.conf, epoch, packages.
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
say "base system: downloading $BENCH_REFERENCE"
skopeo --override-os linux --override-arch "$BENCH_ARCH" copy --quiet "docker://$BENCH_REFERENCE" "oci:$BENCH_WORK/oci:base"
umoci raw unpack --image "$BENCH_WORK/oci:base" "$tree"
date=$(skopeo inspect --format '{{.Created.Unix}}' "oci:$BENCH_WORK/oci:base")
printf '%s\n' "$date" >"$BENCH_OUT/epoch"

# The virtual machines' kernel and init come from the image's own distribution.
make_devices "$tree"
put_resolver "$tree"
put_file "$tree" /etc/apt/apt.conf.d/99bench 644 <"$BENCH_APT_CONF"
in_tree "$tree" apt-get -qq update
in_tree "$tree" tar -C / -cf - --exclude=lock --exclude=partial var/lib/apt/lists >"$BENCH_OUT/lists.tar"
cp "$BENCH_APT_CONF" "$BENCH_OUT/apt.conf"
packages_of "$tree" >"$BENCH_OUT/packages"
close_tree "$tree"
say "base system: packing"
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$date"
