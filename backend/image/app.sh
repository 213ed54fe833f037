#!/bin/sh
# The app and what makes it measurable, as a layer on the dependencies.
# In: BENCH_BASE, BENCH_DEPENDENCIES (stages), BENCH_EPOCH, BENCH_APP (directory: the app's files as they shall be),
# BENCH_WORKDIR (where they go), BENCH_PROBE (directory that becomes /opt/bench).
# Out: layer.tar.
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
say "app: packing"
unpack "$tree" "$BENCH_BASE/layer.tar" "$BENCH_DEPENDENCIES/layer.tar"
begin_layer "$tree"
make_devices "$tree"
# Every path of the app's is resolved inside the tree: WORKDIR may hold links, and the tree may too.
put_directory "$tree" "$BENCH_PROBE" /opt/bench || {
	printf 'bench-refused: the base image has something else at /opt/bench\n' >&2
	exit 5
}
# shellcheck disable=SC2016 # for the shell in the tree
place=$(in_tree "$tree" sh -c 'mkdir -p "$1" && cd -P "$1" && pwd -P' sh "$BENCH_WORKDIR") || {
	printf 'bench-refused: Dockerfile: WORKDIR %s: the image has something else there\n' "$BENCH_WORKDIR" >&2
	exit 5
}
case $place/ in
/dev/* | /proc/* | /sys/* | /run/* | /tmp/* | /opt/bench/*)
	printf 'bench-refused: Dockerfile: WORKDIR %s leads to %s, which is no part of an image\n' "$BENCH_WORKDIR" "$place" >&2
	exit 5
	;;
esac
put_directory "$tree" "$BENCH_APP" "$place"
# Compiled beforehand, as the packages are: otherwise a VM's first start would compile and a warm one would not.
# A .pyc holds its source's time, which put_directory has set. Only what is the app's: WORKDIR may hold more.
{
	(cd "$BENCH_APP" && find . -name '*.py') | while IFS= read -r source; do printf '%s/%s\n' "$BENCH_WORKDIR" "${source#./}"; done
	printf '/opt/bench/bench_probe.py\n'
} | in_tree "$tree" python3 -m compileall -q -i - >/dev/null 2>&1 || :
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$BENCH_EPOCH" "$BENCH_WORK/stamp"
