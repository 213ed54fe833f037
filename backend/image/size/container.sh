#!/bin/sh
# For `bench run size`: the second and the third app on the same base, and a slimmed image.
# In: BENCH_LAYERS (directory: 0.tar, 1.tar, …, the last one is the app's), BENCH_WORKDIR, BENCH_EPOCH.
# Out: app-2.tar, app-3.tar, slim.tar (one layer).
set -eu
here=${0%/*}
# shellcheck source=/dev/null
. "$here/../common.sh"
# shellcheck source=/dev/null
. "$here/slim.sh"

say "container: building a second and a third app on the same base"
set --
last=0
while [ -e "$BENCH_LAYERS/$last.tar" ]; do
	set -- "$@" "$BENCH_LAYERS/$last.tar"
	last=$((last + 1))
done
last=$((last - 1))
app=$BENCH_WORK/app
unpack "$app" "$BENCH_LAYERS/$last.tar"
for number in 2 3; do
	mkdir -p "$app$BENCH_WORKDIR" # where WORKDIR is a link of the base's, the layer has another path
	printf 'app %s\n' "$number" >"$app$BENCH_WORKDIR/bench-app-number"
	pack_layer "$app" "$BENCH_OUT/app-$number.tar" "$BENCH_EPOCH"
done

say "container: building a slimmed image"
tree=$BENCH_WORK/tree
unpack "$tree" "$@"
(cd "$tree" && find . -mindepth 1 -printf '%P\n') | slim_paths | sort -r | while IFS= read -r path; do
	if [ -d "$tree/$path" ] && [ ! -L "$tree/$path" ]; then
		rmdir "$tree/$path" 2>/dev/null || :
	else
		rm -f "$tree/$path"
	fi
done
pack_layer "$tree" "$BENCH_OUT/slim.tar" "$BENCH_EPOCH"
