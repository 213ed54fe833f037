#!/bin/sh
# The app and what makes it measurable, as a layer on the dependencies.
# In: BENCH_BASE, BENCH_DEPENDENCIES (stages), BENCH_EPOCH, BENCH_APP (directory: the app's files as they shall be, in
# 0, 1, …), BENCH_PLACES (file: "<number> <directory of the image>" a line), BENCH_WORKDIR (where it is started),
# BENCH_PROBE (directory that becomes /opt/bench).
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
# place DIRECTORY: where that leads in the tree; it is made.
place() {
	# shellcheck disable=SC2016 # for the shell in the tree
	place_real=$(in_tree "$tree" sh -c 'mkdir -p "$1" && cd -P "$1" && pwd -P' sh "$1") || {
		printf 'bench-refused: Dockerfile: WORKDIR or COPY to %s: the image has something else there\n' "$1" >&2
		exit 5
	}
	case $place_real/ in
	/dev/* | /proc/* | /sys/* | /run/* | /tmp/* | /opt/bench/*)
		printf 'bench-refused: Dockerfile: WORKDIR or COPY to %s leads to %s, which is no part of an image\n' "$1" "$place_real" >&2
		exit 5
		;;
	esac
}
place "$BENCH_WORKDIR"
: >"$BENCH_WORK/sources"
while read -r number directory; do
	[ -d "$BENCH_APP/$number" ] || continue # it has no files
	place "$directory"
	put_directory "$tree" "$BENCH_APP/$number" "$place_real"
	(cd "$BENCH_APP/$number" && find . -name '*.py') | while IFS= read -r source; do
		printf '%s/%s\n' "${directory%/}" "${source#./}"
	done >>"$BENCH_WORK/sources"
done <"$BENCH_PLACES"
# Compiled beforehand, as the packages are: otherwise a VM's first start would compile and a warm one would not.
# A .pyc holds its source's time, which put_directory has set. Only what is the app's: WORKDIR may hold more.
printf '/opt/bench/bench_probe.py\n' | cat "$BENCH_WORK/sources" - |
	in_tree "$tree" python3 -m compileall -q -i - >/dev/null 2>&1 || :
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$BENCH_EPOCH" "$BENCH_WORK/stamp"
