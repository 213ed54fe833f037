# shellcheck shell=bash
# shellcheck disable=SC2154 # common.sh sets root, build and log
# Configuring and building. Sourced after common.sh.

jobs=$(nproc)

ninja_program() { type -P ninja || type -P ninja-build; }

build_failed() {
  rm -rf "$build/.have" # perhaps something was uninstalled: look again next time
  show_log_tail
  die "building failed" "the whole output is in $log"
}

# configure DIR OPTION…: runs CMake when the directory is new, the commit has changed (it is part of the
# program's version), or the options are others. Ninja itself takes care of changed CMake files. Where CI=true a
# warning is an error; a user's compiler may know warnings that we have never met.
configure() {
  local dir=$1 state head
  shift
  if [[ ${CI:-} == true ]]; then set -- "$@" -DBENCH_WERROR=ON; fi
  # Also as root in somebody else's checkout, which git calls dubious.
  head=$(git -c "safe.directory=$root" -C "$root" rev-parse HEAD 2>/dev/null || true)
  state="$head $*"
  if [[ -f $dir/build.ninja && -r $dir/.configured && $(<"$dir/.configured") == "$state" ]]; then return 0; fi
  rm -f "$dir/.configured"
  run "configuring" cmake -S "$root" -B "$dir" -G Ninja "$@" || build_failed
  printf '%s\n' "$state" >"$dir/.configured"
}

# compile DIR TARGET…
compile() {
  local dir=$1
  shift
  run "building" "$(ninja_program)" -C "$dir" -j "$jobs" "$@" || build_failed
}

# Two scripts must not build in one directory at a time; whoever comes second waits.
lock_build() {
  require_writable "$build/.lock"
  exec 9>"$build/.lock"
  if ! flock -n 9; then
    say "another build is going on in $build, waiting…"
    flock 9
  fi
}
unlock_build() { exec 9>&-; }
