#!/bin/sh
# The base system: the distribution's smallest set of packages and its Python, from the machine's own mirrors.
# In: BENCH_SUITE, BENCH_SOURCES (file: one "deb …" line each), BENCH_APT_CONF (file: apt's proxy settings),
# BENCH_KEYS (directory: the keys that only the sources themselves name). Out: layer.tar, lists.tar, apt.conf, keys/, epoch,
# packages.
set -eu
# shellcheck source=/dev/null
. "${0%/*}/common.sh"

tree=$BENCH_WORK/tree
say "base system: downloading and installing packages"
include=python3
# Later stages reach the mirrors from inside the tree.
if grep -q " https:" "$BENCH_SOURCES"; then include=$include,ca-certificates; fi
# They are added to what apt trusts anyway. The names say from where, as both may hold the same name.
keys=$BENCH_WORK/keys
mkdir "$keys" "$BENCH_OUT/keys"
for key in "$BENCH_KEYS"/*; do
	if [ -f "$key" ]; then cp "$key" "$BENCH_OUT/keys/" && cp "$key" "$keys/named-${key##*/}"; fi
done
for key in /etc/apt/trusted.gpg /etc/apt/trusted.gpg.d/*.gpg /etc/apt/trusted.gpg.d/*.asc; do
	if [ -s "$key" ]; then cp "$key" "$keys/trusted-${key##*/}.${key##*.}"; fi
done
chmod 755 "$BENCH_WORK" "$keys"
chmod 644 "$keys"/*
mmdebstrap --keyring="$keys" --quiet --variant=minbase --format=directory --include="$include" \
	--skip=cleanup/apt/lists --aptopt="$BENCH_APT_CONF" "$BENCH_SUITE" "$tree" "$BENCH_SOURCES"

# The newest date of the repositories: no file of a package is younger.
epoch=0
for release in "$tree"/var/lib/apt/lists/*Release; do
	date=$(sed -n 's/^Date: //p' "$release" | head -n 1)
	# Not date -d: coreutils differ in the dates that they read.
	seconds=$(in_tree "$tree" python3 -c 'import sys
from email.utils import parsedate_to_datetime
print(int(parsedate_to_datetime(sys.argv[1]).timestamp()))' "$date")
	if [ "$seconds" -gt "$epoch" ]; then epoch=$seconds; fi
done
printf '%s\n' "$epoch" >"$BENCH_OUT/epoch"

tar -C "$tree" -cf "$BENCH_OUT/lists.tar" --exclude=lock --exclude=partial var/lib/apt/lists
cp "$BENCH_APT_CONF" "$BENCH_OUT/apt.conf"
packages_of "$tree" >"$BENCH_OUT/packages"
close_tree "$tree"
say "base system: packing"
pack_layer "$tree" "$BENCH_OUT/layer.tar" "$epoch"
