#!/bin/sh
# What the app's requirements.txt asks for, by pip, as a layer on a registry's Python image.
# In: BENCH_BASE (stage), BENCH_EPOCH, BENCH_REQUIREMENTS_TXT (file). Out: layer.tar, packages, versions (python, flask).
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
unpack "$tree" "$BENCH_BASE/layer.tar"
begin_layer "$tree"
make_devices "$tree"
put_resolver "$tree"
put_file "$tree" /tmp/requirements.txt 644 <"$BENCH_REQUIREMENTS_TXT"
say "dependencies: pip install"
authorities=$(put_authorities "$tree")
in_tree "$tree" pip3 ${authorities:+--cert "$authorities"} install --quiet --no-cache-dir --root-user-action=ignore -r /tmp/requirements.txt
{
	packages_of "$tree"
	in_tree "$tree" pip3 freeze
} >"$BENCH_OUT/packages"
in_tree "$tree" python3 -c 'import platform; from importlib import metadata
print(platform.python_version()); print(metadata.version("flask"))' >"$BENCH_OUT/versions"
close_tree "$tree"
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$BENCH_EPOCH" "$BENCH_WORK/stamp"
