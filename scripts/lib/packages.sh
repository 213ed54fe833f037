# shellcheck shell=bash
# shellcheck disable=SC2154 # common.sh sets root, build and log
# What the project needs from the system, how to see that it is there, and its installation where this can be
# done without asking: on Debian and Ubuntu, as root or through `sudo -n`. Sourced after common.sh.

case $(uname -m) in
aarch64) vm_programs=qemu-system-aarch64 vm_package=qemu-system-arm uefi_package=qemu-efi-aarch64 ;;
*) vm_programs=qemu-system-x86_64,qemu-kvm vm_package=qemu-system-x86 uefi_package=ovmf ;;
esac

# group | what shows that it is there | packages of Debian and Ubuntu | what it is
# Where several proofs are named with commas, one is enough; of packages named with slashes the first that apt knows is
# taken. A group whose name ends in "?" is not necessary.
needs() {
  cat <<EOF
build|program c++,g++,clang++|g++|a C++20 compiler (GCC 12 or Clang 14)
build|program cmake|cmake|CMake 3.22
build|program ninja,ninja-build|ninja-build|Ninja
build|program pkg-config,pkgconf|pkg-config/pkgconf|pkg-config
build|header benchmark/benchmark.h|libbenchmark-dev|Google Benchmark (development files)
build|header nlohmann/json.hpp|nlohmann-json3-dev|nlohmann/json 3.11
build|header fmt/core.h|libfmt-dev|{fmt} (development files)
build|header CLI/CLI.hpp|libcli11-dev|CLI11
build|header toml++/toml.h|libtomlplusplus-dev|toml++
build|header curl/curl.h|libcurl4-openssl-dev|libcurl (development files)
build|header openssl/evp.h|libssl-dev|OpenSSL (development files)
build|header archive.h|libarchive-dev|libarchive (development files)
build|header ext2fs/ext2fs.h|libext2fs-dev|libext2fs (development files)
build|header boost/math/distributions/students_t.hpp|libboost-dev|Boost (headers)
build|header sqlite3.h|libsqlite3-dev|SQLite (development files)
build|header pugixml.hpp|libpugixml-dev|pugixml (development files)
build?|header libvirt/libvirt.h|libvirt-dev|libvirt (development files)
build?|program musl-gcc|musl-tools|musl-gcc, for a small init of guests that boot an image
run|program mmdebstrap|mmdebstrap|mmdebstrap
run|program mke2fs|e2fsprogs|e2fsprogs
run|program qemu-img|qemu-utils|qemu-img
run|program sfdisk|fdisk|sfdisk
run|program mcopy|mtools|mtools
run|program cpio|cpio|cpio
run|program $vm_programs|$vm_package|QEMU
run|file /usr/lib*/libvirt/connection-driver/libvirt_driver_qemu.so,/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so|libvirt-daemon libvirt-daemon-driver-qemu|libvirt with its QEMU driver
run|file /usr/share/OVMF/OVMF_CODE*.fd,/usr/share/edk2/*/OVMF_CODE*.fd,/usr/share/qemu/ovmf-x86_64*code.bin,/usr/share/AAVMF/AAVMF_CODE.fd|$uefi_package|UEFI firmware for QEMU (OVMF)
run|docker|docker.io|Docker (dockerd)
run?|program docker,podman,buildah|docker-cli/docker.io|a client of Docker's, to build an app's own Dockerfile
run?|program gnuplot|gnuplot-nox|gnuplot, for the figures
test|program ctest|cmake|CTest
test|header gtest/gtest.h|libgtest-dev|GoogleTest
test|header gmock/gmock.h|libgmock-dev|GoogleMock
test|header libfccp/csv.h|libfccp-dev|fast-cpp-csv-parser
test?|program rootlesskit|rootlesskit|RootlessKit, for a test on rootless Docker
test?|program slirp4netns|slirp4netns|slirp4netns, for the same
test?|program newuidmap|uidmap|newuidmap, for the same
test|program curl|curl|curl, to ask a daemon whether it answers
test|program xz|xz-utils|xz, to pack modules as kernels' packages do
lint|program clang++|clang|clang++
lint|program clang-format|clang-format|clang-format
lint|program clang-tidy|clang-tidy|clang-tidy
lint|program shellcheck|shellcheck|shellcheck
EOF
}

# The names of Debian's packages on Fedora, on Arch and on openSUSE: written from memory and not tried by us.
# "-" is what they do not package.
names_elsewhere() {
  cat <<EOF
g++ gcc-c++ gcc gcc-c++
ninja-build ninja-build ninja ninja
pkg-config pkgconf-pkg-config pkgconf pkgconf-pkg-config
libbenchmark-dev google-benchmark-devel benchmark benchmark-devel
nlohmann-json3-dev json-devel nlohmann-json nlohmann_json-devel
libfmt-dev fmt-devel fmt fmt-devel
libcli11-dev cli11-devel cli11 cli11-devel
libtomlplusplus-dev tomlplusplus-devel tomlplusplus tomlplusplus-devel
libcurl4-openssl-dev libcurl-devel curl libcurl-devel
libssl-dev openssl-devel openssl libopenssl-devel
libarchive-dev libarchive-devel libarchive libarchive-devel
libext2fs-dev e2fsprogs-devel e2fsprogs libext2fs-devel
libboost-dev boost-devel boost libboost_headers-devel
libsqlite3-dev sqlite-devel sqlite sqlite3-devel
libvirt-dev libvirt-devel libvirt libvirt-devel
libpugixml-dev pugixml-devel pugixml pugixml-devel
musl-tools musl-gcc musl musl-devel
mmdebstrap mmdebstrap - -
qemu-utils qemu-img qemu-img qemu-img
fdisk util-linux util-linux util-linux
qemu-system-x86 qemu-system-x86 qemu-system-x86 qemu-x86
qemu-system-arm qemu-system-aarch64 qemu-system-aarch64 qemu-arm
libvirt-daemon libvirt-daemon libvirt libvirt-daemon
libvirt-daemon-driver-qemu libvirt-daemon-driver-qemu libvirt libvirt-daemon-driver-qemu
ovmf edk2-ovmf edk2-ovmf qemu-ovmf-x86_64
qemu-efi-aarch64 edk2-aarch64 edk2-aarch64 qemu-uefi-aarch64
docker.io moby-engine docker docker
docker-cli docker-cli docker docker
gnuplot-nox gnuplot gnuplot gnuplot
libgtest-dev gtest-devel gtest gtest
libgmock-dev gmock-devel gtest gmock
curl curl curl curl
xz-utils xz xz xz
libfccp-dev - - -
uidmap shadow-utils shadow shadow
clang-format clang-tools-extra clang clang-tools
clang-tidy clang-tools-extra clang clang-tools
shellcheck ShellCheck shellcheck ShellCheck
EOF
}

# how_to_install PACKAGE…: the command for these packages of Debian's, in the words of the distribution at hand.
how_to_install() {
  local column command name elsewhere='' names='' none=''
  if have_program apt-get; then
    printf 'apt-get install %s\n' "$*"
    return
  elif have_program dnf; then
    column=2 command='dnf install'
  elif have_program pacman; then
    column=3 command='pacman -S --needed'
  elif have_program zypper; then
    column=4 command='zypper install'
  else
    printf 'Debian, Ubuntu: apt-get install %s\n' "$*"
    return
  fi
  for name in "$@"; do
    elsewhere=$(names_elsewhere | awk -v name="$name" -v column=$column '$1 == name { print $column }')
    case $elsewhere in
    -) none+=" $name" ;;
    *) names+="${elsewhere:-$name}"$'\n' ;;
    esac
  done
  names=$(printf '%s' "$names" | sort -u | tr '\n' ' ')
  [[ -z $none ]] || none="; Debian packages without a counterpart there:$none"
  printf '%s %s (not tried by us)%s\n' "$command" "${names% }" "$none"
}

# packages_of ROWS: one package a line. Names that apt does not know leave the first one, for apt to complain of.
packages_of() {
  local word first name
  cut -d '|' -f 2 <<<"$1" | tr ' ' '\n' | sort -u | while IFS= read -r word; do
    first=${word%%/*}
    if [[ $word == */* ]]; then
      for name in ${word//\// }; do
        if apt-cache show "$name" >/dev/null 2>&1; then
          first=$name
          break
        fi
      done
    fi
    printf '%s\n' "$first"
  done
}

have_program() {
  local name
  for name in ${1//,/ }; do
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin type -P "$name" >/dev/null && return 0
  done
  return 1
}

# A header is looked for by the compiler, which knows every place that counts; one call for all of them.
headers_missing() {
  local compiler=${CXX:-c++} header
  if ! have_program "$compiler"; then
    printf '%s\n' "$@"
    return
  fi
  for header in "$@"; do
    printf '#if !__has_include(<%s>)\nmissing: %s\n#endif\n' "$header" "$header"
  done | "$compiler" -E -P -x c++ - 2>/dev/null | sed -n 's/^missing: *//p' | tr -d ' '
}

# The sockets at which Docker is looked for, one a line: as drivers/docker/places.cpp does.
docker_sockets() {
  local config=${DOCKER_CONFIG:-${HOME:-/nonexistent}/.docker} context=${DOCKER_CONTEXT:-} meta='' host
  if [[ -n ${DOCKER_HOST:-} ]]; then
    printf '%s\n' "${DOCKER_HOST#unix://}"
    return
  fi
  if [[ -z $context && -r $config/config.json ]]; then
    context=$(sed -n 's/.*"currentContext"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$config/config.json" | head -n 1)
  fi
  if [[ -n $context && $context != default ]]; then
    for meta in "$config"/contexts/meta/*/meta.json; do
      grep -qsF -- "\"Name\":\"$context\"" "$meta" || continue
      host=$(sed -n 's/.*"Host"[[:space:]]*:[[:space:]]*"unix:\/\/\([^"]*\)".*/\1/p' "$meta" | head -n 1)
      if [[ -n $host ]]; then printf '%s\n' "$host"; fi
    done
    if [[ -n ${DOCKER_CONTEXT:-} ]]; then return; fi
  fi
  printf '%s\n' /var/run/docker.sock "${XDG_RUNTIME_DIR:-/run/user/$EUID}/docker.sock" \
    "${HOME:-/nonexistent}/.docker/run/docker.sock"
}

# A daemon that somebody runs, or a program to start one of our own.
have_docker() {
  local socket
  while IFS= read -r socket; do
    if [[ -S $socket ]]; then return 0; fi
  done < <(docker_sockets)
  have_program dockerd
}

have_file() {
  local pattern
  for pattern in ${1//,/ }; do
    compgen -G "$pattern" >/dev/null && return 0
  done
  return 1
}

# missing GROUP…: the rows of these groups whose proof is not there.
missing() {
  local group how package name headers=() absent='' rows
  rows=$(needs | while IFS='|' read -r group how package name; do
    [[ " $* " == *" ${group%\?} "* ]] && printf '%s|%s|%s|%s\n' "$group" "$how" "$package" "$name"
  done || true)
  while IFS='|' read -r group how package name; do
    [[ $how == header\ * ]] && headers+=("${how#header }")
  done <<<"$rows"
  if ((${#headers[@]})); then absent=$(headers_missing "${headers[@]}"); fi
  while IFS='|' read -r group how package name; do
    case $how in
    program\ *) have_program "${how#program }" && continue ;;
    header\ *) grep -qxF -- "${how#header }" <<<"$absent" || continue ;;
    file\ *) have_file "${how#file }" && continue ;;
    docker) have_docker && continue ;;
    *) continue ;;
    esac
    printf '%s|%s|%s\n' "$group" "$package" "$name"
  done <<<"$rows"
}

as_root() {
  if ((EUID == 0)); then
    "$@"
    return
  fi
  local settings status=0
  settings=$(settings_for_root LC_ALL "${proxies[@]}")
  "${with_settings[@]}" "$settings" "$@" || status=$?
  rm -f -- "$settings" # where sudo refused, nobody has
  return "$status"
}

can_install() {
  have_program apt-get && have_program dpkg || return 1
  ((EUID == 0)) || { have_program sudo && sudo -n true 2>/dev/null; }
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o APT::Install-Recommends=false "$@"
}

# Another apt holds the lists' lock only for moments, and apt-get does not wait for that one by itself. An
# update that fails because of somebody's unrelated source is no reason to give up: what counts is whether the
# packages can be installed afterwards.
apt_update() {
  local attempt output
  for attempt in {1..60}; do
    if output=$(LC_ALL=C apt_get update 2>&1); then break; fi
    printf '%s\n' "$output"
    [[ $output == *"Could not get lock"* && $attempt -lt 60 ]] || break
    sleep 5
  done
  return 0
}

# Installing docker.io would start a daemon for the whole machine. While the packages are installed, services are
# not started (Debian's policy-rc.d); nothing is done where somebody has a policy already. The file asks whether
# its installer still lives, so that one that is left behind forbids nothing.
policy=/usr/sbin/policy-rc.d
policy_made=
make_policy() {
  [[ ! -e $policy ]] || return 0
  policy_made=yes
  printf '#!/bin/sh\n# bench: services are not started while its packages are installed\n[ -d /proc/%s ] && exit 101\nexit 0\n' \
    $$ | as_root sh -c "umask 022; cat >$policy && chmod 755 $policy"
}
remove_policy() {
  [[ -n $policy_made ]] || return 0
  policy_made=
  as_root rm -f "$policy" || say "could not remove $policy: please do"
}

install_packages() {
  local packages=("$@")
  at_exit+=(remove_policy)
  make_policy
  say "installing packages: ${packages[*]}"
  if ! { apt_get -s install "${packages[@]}" >/dev/null 2>&1 && run "installing" apt_get install "${packages[@]}"; }; then
    run "fetching the package lists" apt_update
    if ! run "installing" apt_get install "${packages[@]}"; then
      remove_policy
      grep -E '^E: ' "$log" | tail -n 5 | sed 's/^/  /' >&2 || true
      return 1
    fi
  fi
  remove_policy
}

# require GROUP…: sees that everything is there, installing it where that is possible. Once seen, it is
# believed until the table changes. What is missing is named; it is fatal only in the groups that building or
# testing needs, since the program itself knows what it can do without an engine.
require() {
  local group stamps=() wanted=() rows packages fatal='' optional='' line stamp sum
  sum=$(cksum <"${BASH_SOURCE[0]}")
  for group in "$@"; do
    stamp=$build/.have/$group
    if [[ -r $stamp && $(<"$stamp") == "$sum" ]]; then continue; fi
    wanted+=("$group")
    stamps+=("$stamp")
  done
  ((${#wanted[@]})) || return 0
  rows=$(missing "${wanted[@]}")
  if [[ -n $rows ]] && can_install; then
    mapfile -t packages < <(packages_of "$rows")
    install_packages "${packages[@]}" || say "not everything could be installed (log: $log)"
    rows=$(missing "${wanted[@]}")
  fi
  if [[ -z $rows ]]; then
    mkdir -p "$build/.have"
    for stamp in "${stamps[@]}"; do printf '%s\n' "$sum" >"$stamp"; done
    return 0
  fi
  while IFS='|' read -r group _ line; do
    case $group in
    run | *\?) optional+="${optional:+, }$line" ;;
    *) fatal+="${fatal:+, }$line" ;;
    esac
  done <<<"$rows"
  packages=()
  mapfile -t packages < <(packages_of "$rows")
  [[ -z $optional ]] || say "missing, and going on without: $optional"
  if [[ -n $fatal ]]; then
    die "missing: $fatal" "install them and run this again: $(how_to_install "${packages[@]}")"
  fi
}
