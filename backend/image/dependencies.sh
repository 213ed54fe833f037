#!/bin/sh
# What the app's requirements.txt asks for, as the distribution's packages, as a layer on the base.
# In: BENCH_BASE (stage), BENCH_EPOCH, BENCH_REQUIREMENTS (file: "<requirement> <package>" per line).
# Out: layer.tar, packages, versions (python, flask).
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
unpack "$tree" "$BENCH_BASE/layer.tar"
begin_layer "$tree"
open_tree "$tree"
set --
missing=
while read -r requirement package; do
	if ! first_available "$tree" "$package" >/dev/null 2>&1; then
		printf 'bench-missing: %s %s\n' "$requirement" "$package" >&2
		missing=yes
		continue
	fi
	set -- "$@" "$package"
done <"$BENCH_REQUIREMENTS"
if [ -n "$missing" ]; then exit 4; fi # all of them are named by now
say "dependencies: installing $*"
install_packages "$tree" "$@"
packages_of "$tree" >"$BENCH_OUT/packages"
in_tree "$tree" python3 -c 'import platform; from importlib import metadata
print(platform.python_version()); print(metadata.version("flask"))' >"$BENCH_OUT/versions"
close_tree "$tree"
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$BENCH_EPOCH" "$BENCH_WORK/stamp"
