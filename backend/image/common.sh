# shellcheck shell=sh
# What the image recipes share. A recipe reads BENCH_* from its environment, works in $BENCH_WORK (empty, thrown
# away afterwards) and leaves its results in $BENCH_OUT. Lines that begin with "bench: " are for people.

# Where the machine allows it, the work is done in mount and process namespaces of its own: whatever ends this process, the
# kernel ends its children and takes its mounts away. With memory to spare it is done in memory: some ten thousand small
# files cost a slow disk minutes. Nothing here depends on it.
if [ -z "${BENCH_ALONE:-}" ] && unshare --mount --pid --fork --kill-child true 2>/dev/null; then
	BENCH_ALONE=1
	export BENCH_ALONE
	# shellcheck disable=SC2016 # for the inner shell
	exec unshare --mount --pid --fork --kill-child --propagation private sh -c 'mount -t proc proc /proc
		if [ "$(sed -n "s/^MemAvailable: *\([0-9]*\) kB/\1/p" /proc/meminfo)" -gt 4194304 ]; then
			mount -t tmpfs -o size=3g,mode=755 bench "$BENCH_WORK" 2>/dev/null || :
		fi
		exec sh "$0"' "$0"
fi
# The first process of a namespace only gets the signals that it asks for.
trap 'exit 143' TERM

PATH=$PATH:/usr/sbin:/sbin
export PATH
LC_ALL=C
export LC_ALL
umask 022
# Where the coreutils are not GNU's, these may stand beside them with a prefix (Ubuntu's gnu-coreutils). mmdebstrap fails with
# the chroot of Debian's rust-coreutils.
if ! chroot --version 2>/dev/null | grep -q GNU && gnu_chroot=$(command -v gnuchroot); then
	mkdir -p "$BENCH_WORK/gnu"
	ln -sf "$gnu_chroot" "$BENCH_WORK/gnu/chroot"
	PATH=$BENCH_WORK/gnu:$PATH
fi
# Python would take it for a wish for hash-checked .pyc files, which cost time at every start.
unset SOURCE_DATE_EPOCH

say() {
	printf 'bench: %s\n' "$*" >&2
}

# unpack TREE LAYER...: lays layers on top of each other, as a container engine does. Only the first one is unpacked from
# outside, into an empty directory: a link of a lower layer must not lead the files of a higher one out of the tree.
unpack() {
	unpack_tree=$1
	shift
	mkdir -p "$unpack_tree"
	for unpack_layer in "$@"; do
		if [ "$unpack_layer" = "$1" ]; then
			tar --numeric-owner --xattrs --xattrs-include='*' -xpf "$unpack_layer" -C "$unpack_tree"
		else
			in_tree "$unpack_tree" tar --numeric-owner --xattrs --xattrs-include='*' --keep-directory-symlink -xpf - -C / \
				<"$unpack_layer"
		fi
		find "$unpack_tree" -name '.wh.*' | while IFS= read -r whiteout; do
			name=${whiteout##*/.wh.}
			rm -rf "${whiteout%/*}/${name:?}" "$whiteout"
		done
	done
}

# put_file TREE PATH MODE: stdin becomes a file of the tree. The path is resolved inside the tree, and what was there goes
# first: a link is replaced, not followed.
put_file() {
	# shellcheck disable=SC2016 # for the shell in the tree
	in_tree "$1" sh -c 'mkdir -p "${1%/*}" && rm -f "$1" && cat >"$1" && chmod "$2" "$1"' sh "$2" "$3"
}

# put_resolver TREE: names are resolved in the tree as they are here.
put_resolver() {
	[ -r /etc/resolv.conf ] || return 0
	# shellcheck disable=SC2094 # the tree's file is another one
	put_file "$1" /etc/resolv.conf 644 </etc/resolv.conf
}

# put_directory TREE FROM TO: what lies in FROM, as root's files inside the tree. What was in TO before stays as it was.
put_directory() {
	# shellcheck disable=SC2016 # for the shell in the tree
	in_tree "$1" sh -c 'mkdir -p "$1"' sh "$3"
	tar -C "$2" --owner=0 --group=0 --numeric-owner --mtime="@$BENCH_EPOCH" -cf - . |
		in_tree "$1" tar --no-same-permissions --no-overwrite-dir -xf - -C "$3"
}

# begin_layer TREE: whatever changes from here on belongs to the next layer.
begin_layer() {
	list_names "$1" >"$BENCH_WORK/names.before"
	sleep 0.05 # change times have the kernel's tick
	: >"$BENCH_WORK/stamp"
	sleep 0.05
}

list_names() {
	find "$1" -mindepth 1 \( -path "$1/dev" -o -path "$1/proc" -o -path "$1/sys" -o -path "$1/run" -o -path "$1/tmp" \) \
		-prune -o -printf '%P\n' | sort
}

# pack_layer TREE OUT EPOCH [STAMP]: the tree, or what changed in it since the stamp, as a tar whose bytes depend
# on nothing but the files: sorted, no time later than EPOCH, numeric owners.
pack_layer() {
	pack_tree=$1 pack_out=$2 pack_epoch=$3
	if [ $# -gt 3 ]; then
		set -- -cnewer "$4"
		# shellcheck disable=SC2016 # for the shell in the tree
		list_names "$pack_tree" | comm -23 "$BENCH_WORK/names.before" - | in_tree "$pack_tree" sh -c 'while IFS= read -r gone; do
			case $gone in */*) parent=/${gone%/*} ;; *) parent=/ ;; esac
			if [ -d "$parent" ]; then : >"$parent/.wh.${gone##*/}"; fi
		done'
	else
		set --
	fi
	(
		cd "$pack_tree" || exit 1
		find . -mindepth 1 \( -path './dev/*' -o -path './proc/*' -o -path './sys/*' -o -path './run/*' -o -path './tmp/*' \) \
			-prune -o "$@" -printf '%P\0' | sort -z |
			tar --null --verbatim-files-from --no-recursion --numeric-owner --format=pax \
				--pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' \
				--xattrs --xattrs-include='security.capability' --mtime="@$pack_epoch" --clamp-mtime -cf "$pack_out" --files-from=-
	)
}

# make_device FILE MAJOR MINOR: an unprivileged container may not make device files, and a file system mounted with nodev
# does not open them. Then the machine's own is bound there; the mount ends with this recipe's namespace.
make_device() {
	if mknod -m 666 "$1" c "$2" "$3" 2>/dev/null; then
		# The terminal is nobody's here, so that it opens nowhere.
		if [ "${1##*/}" = tty ] || (: <"$1") 2>/dev/null; then return 0; fi
	fi
	rm -f "$1"
	: >"$1"
	if [ -z "${BENCH_ALONE:-}" ] || ! mount --bind "/dev/${1##*/}" "$1"; then
		printf 'device files can neither be made (mknod refused, or a file system mounted with nodev) nor be bound in %s\n' \
			"${1%/*}" >&2
		return 1
	fi
}

# Device files that packages' scripts need. The layers hold none: engines and kernels bring their own.
make_devices() {
	if [ -L "$1/dev" ]; then rm "$1/dev"; fi # it would lead to the machine's own
	mkdir -p "$1/dev"
	for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
		# shellcheck disable=SC2086 # three words on purpose
		set -- "$1" $device
		[ -e "$1/dev/$2" ] || make_device "$1/dev/$2" "$3" "$4"
	done
	[ -e "$1/dev/fd" ] || ln -s /proc/self/fd "$1/dev/fd"
}

# in_tree TREE COMMAND...: runs a program of the tree, with nothing of the environment but how the network is reached. No
# mounts: none of what runs here needs them.
in_tree() {
	in_tree_tree=$1
	shift
	set -- chroot "$in_tree_tree" "$@"
	for in_tree_name in http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY \
		PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_PROXY PIP_TIMEOUT PIP_DEFAULT_TIMEOUT PIP_RETRIES; do
		eval "in_tree_value=\${$in_tree_name:-}"
		# shellcheck disable=SC2154 # eval sets it
		if [ -n "$in_tree_value" ]; then set -- "$in_tree_name=$in_tree_value" "$@"; fi
	done
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
		DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true "$@"
}

# put_authorities TREE: who vouches for a server here does so in the tree too, such as a company's proxy that opens TLS.
# Prints the file's name in the tree. Nothing where the machine has no such file.
put_authorities() {
	for authorities in "${PIP_CERT:-}" "${REQUESTS_CA_BUNDLE:-}" "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
		if [ -f "$authorities" ] && [ -r "$authorities" ]; then
			put_file "$1" /tmp/bench-authorities.crt 644 <"$authorities"
			printf '/tmp/bench-authorities.crt\n'
			return
		fi
	done
}

# open_tree TREE: the tree can install packages, with the base system's package lists; no service is started.
open_tree() {
	make_devices "$1"
	in_tree "$1" tar -xpf - -C / <"$BENCH_BASE/lists.tar"
	put_resolver "$1"
	printf '#!/bin/sh\nexit 101\n' | put_file "$1" /usr/sbin/policy-rc.d 755
	open_authorities=$(put_authorities "$1")
	{
		cat "$BENCH_BASE/apt.conf"
		[ -z "$open_authorities" ] || printf 'Acquire::https::CaInfo "%s";\n' "$open_authorities"
	} | put_file "$1" /etc/apt/apt.conf.d/99bench 644
	for key in "$BENCH_BASE"/keys/*; do
		[ ! -f "$key" ] || put_file "$1" "/etc/apt/trusted.gpg.d/99bench-${key##*/}" 644 <"$key"
	done
	in_tree "$1" mkdir -p /var/cache/apt/archives/partial
}

# close_tree TREE: nothing of the building is left in it.
close_tree() {
	# shellcheck disable=SC2016 # for the shell in the tree
	in_tree "$1" sh -c 'rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/cache/ldconfig/* /var/cache/debconf/*-old \
		/var/lib/dpkg/*-old /tmp/* /run/* /etc/resolv.conf /usr/sbin/policy-rc.d \
		/etc/apt/apt.conf.d/99bench /etc/apt/apt.conf.d/99mmdebstrap /etc/apt/trusted.gpg.d/99bench-*
	find /var/log -type f -delete'
}

# install TREE PACKAGE...: once more with fresh lists if the mirror has moved on since the base was made.
install_packages() {
	install_tree=$1
	shift
	if ! in_tree "$install_tree" apt-get -qq -y --no-install-recommends install "$@" >"$BENCH_WORK/apt.log" 2>&1; then
		in_tree "$install_tree" apt-get -qq update >>"$BENCH_WORK/apt.log" 2>&1 || :
		in_tree "$install_tree" apt-get -qq -y --no-install-recommends install "$@" >>"$BENCH_WORK/apt.log" 2>&1 || {
			tail -n 20 "$BENCH_WORK/apt.log" >&2
			return 1
		}
	fi
}

# first_available TREE PACKAGE...: the first of them that the distribution has.
first_available() {
	first_tree=$1
	shift
	for package in "$@"; do
		if in_tree "$first_tree" apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]'; then
			printf '%s\n' "$package"
			return
		fi
	done
	say "the distribution has none of the packages $*"
	return 1
}

# packages_of TREE: name, version, for the images' key.
packages_of() {
	# shellcheck disable=SC2016 # dpkg's variables, not the shell's
	in_tree "$1" dpkg-query -W -f '${Package} ${Version}\n' | sort
}

# make_ext4 TREE FILE UUID SEED MARGIN_MIB OPTIONS...: a file system that fits, made without mounting anything.
make_ext4() {
	ext4_tree=$1 ext4_file=$2 ext4_uuid=$3 ext4_margin=$4
	shift 4
	ext4_mib=$(du -s --apparent-size --block-size=1M "$ext4_tree" | cut -f1)
	ext4_inodes=$(find "$ext4_tree" | wc -l)
	# Small files round up to blocks; a fifth on top covers that and the inode tables.
	ext4_mib=$((ext4_mib * 6 / 5 + ext4_inodes * 3 / 1024 + ext4_margin))
	rm -f "$ext4_file"
	truncate -s "${ext4_mib}M" "$ext4_file"
	E2FSPROGS_FAKE_TIME=$BENCH_EPOCH mke2fs -q -F -t ext4 -L root -U "$ext4_uuid" -m 0 -N $((ext4_inodes + 20000)) \
		-E "lazy_itable_init=0,lazy_journal_init=0,hash_seed=$ext4_uuid,root_owner=0:0" "$@" -d "$ext4_tree" "$ext4_file"
}
