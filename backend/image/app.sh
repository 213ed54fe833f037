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
mkdir -p "$tree$BENCH_WORKDIR" "$tree/opt/bench"
cp -R "$BENCH_APP/." "$tree$BENCH_WORKDIR/"
cp -R "$BENCH_PROBE/." "$tree/opt/bench/"
chown -R 0:0 "$tree$BENCH_WORKDIR" "$tree/opt/bench"
# Compiled beforehand, as the packages are: otherwise a VM's first start would compile and a warm one would not.
# A .pyc holds its source's time, so the times are set before.
find "$tree$BENCH_WORKDIR" "$tree/opt/bench" -exec touch -h -d "@$BENCH_EPOCH" {} +
in_tree "$tree" python3 -m compileall -q "$BENCH_WORKDIR" /opt/bench >/dev/null 2>&1 || :
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$BENCH_EPOCH" "$BENCH_WORK/stamp"
