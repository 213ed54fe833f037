#!/bin/sh
# What the app asks for, as the distribution's packages, as a layer on the base.
# In: BENCH_BASE (stage), BENCH_EPOCH, BENCH_REQUIREMENTS (file: "<project> needed|dispensable <package>…" per line; of
# several packages the first that there is).
# Out: layer.tar, packages, versions (python, flask), installed (project and version, "-" where it is not known).
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
unpack "$tree" "$BENCH_BASE/layer.tar"
begin_layer "$tree"
open_tree "$tree"
set --
missing=
while read -r project need packages; do
	# shellcheck disable=SC2086 # words on purpose
	if package=$(first_available "$tree" $packages 2>/dev/null); then
		set -- "$@" "$package"
	elif [ "$need" = needed ]; then
		printf 'bench-missing: %s\n' "$project" >&2
		missing=yes
	fi
done <"$BENCH_REQUIREMENTS"
if [ -n "$missing" ]; then exit 4; fi # all of them are named by now
say "dependencies: installing $*"
install_packages "$tree" "$@"
packages_of "$tree" >"$BENCH_OUT/packages"
in_tree "$tree" python3 -c 'import platform; from importlib import metadata
print(platform.python_version()); print(metadata.version("flask"))' >"$BENCH_OUT/versions"
cut -d ' ' -f 1 "$BENCH_REQUIREMENTS" | in_tree "$tree" python3 -c 'import sys
from importlib import metadata
for name in sys.stdin.read().split():
    try:
        print(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        print(name, "-")' >"$BENCH_OUT/installed"
close_tree "$tree"
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$BENCH_EPOCH" "$BENCH_WORK/stamp"
