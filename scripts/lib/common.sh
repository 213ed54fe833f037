# shellcheck shell=bash
# What the scripts share: where things are, messages, commands with a log and progress. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build
log=/dev/null # open_log names a real one
child=
at_exit=() # functions to call when the script ends, however it ends

# stdout belongs to the program's data.
say() { printf 'bench: %s\n' "$*" >&2; }

die() {
  say "$1"
  [[ -z ${2-} ]] || printf '  %s\n' "$2" >&2
  exit 3
}

# require_writable FILE: it can be made or written to; else one message that says whose it is.
require_writable() {
  local of=$1
  [[ -e $of ]] || of=${of%/*}
  [[ -w $of ]] || die "cannot write to $1: $of belongs to $(stat -c %U -- "$of")" \
    "sudo chown -R $(id -un) $build, or a checkout of your own"
}

open_log() {
  mkdir -p "$build" 2>/dev/null || die "cannot write to $build" "make the checkout writable for $(id -un)"
  log=$build/$1
  require_writable "$log"
  : >"$log"
  at_exit+=(give_back)
}

# What root has made in the build directory of somebody else's checkout becomes theirs, or they could not build again.
give_back() {
  local owner
  ((EUID == 0)) || return 0
  owner=$(stat -c %u:%g -- "$root")
  [[ $owner == 0:* ]] || chown -R -h --from=0 "$owner" -- "$build" || true
}

finish() {
  local action
  if [[ -n $child ]]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  for action in "${at_exit[@]}"; do "$action"; done
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A file descriptor on which nothing ever arrives: reading it with a time limit sleeps without a process.
exec 8<> <(:)
pause() { read -rt "$1" -u 8 || true; }

# run MESSAGE COMMAND…: the output goes to the log; the message appears when it takes a moment, and again from
# time to time with the log's last line. Signals end the command and then the script.
run() {
  local message=$1 started=$SECONDS told=0 status=0 polls=0
  shift
  "$@" </dev/null >>"$log" 2>&1 8>&- 9>&- &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    if ((polls++ < 50)); then pause 0.02; else pause 0.2; fi
    if ((polls == 50)); then say "$message…"; fi
    if ((SECONDS - started >= (told + 1) * 20)); then
      told=$((told + 1))
      say "$message… $((SECONDS - started)) s: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-90)"
    fi
  done
  wait "$child" || status=$?
  child=
  if ((polls >= 50 && status == 0)); then say "$message: $((SECONDS - started)) s"; fi
  return "$status"
}

show_log_tail() { tail -n "${1:-25}" "$log" | sed 's/^/  | /' >&2; }

# settings_for_root NAME…: a file that only we can read with the named variables, as far as they are set. A proxy's
# password shall be in no list of processes and in no log of sudo's. Who reads it removes it.
settings_for_root() {
  local file name
  file=$(mktemp)
  for name in "$@"; do
    if [[ -n ${!name+set} ]]; then printf 'export %s=%q\n' "$name" "${!name}" >>"$file"; fi
  done
  printf '%s\n' "$file"
}

# shellcheck disable=SC2034 # used by those who source this
proxies=({http,https,no,all}_proxy {HTTP,HTTPS,NO,ALL}_PROXY)

# Followed by such a file and a command: runs it as root with the variables of the file. The first has the command in
# the file too, by `set --`.
# shellcheck disable=SC2016,SC2034 # for the shell that sudo starts; used by those who source this
with_arguments=(sudo -n -- bash -c 'settings=$1; . "$settings"; rm -f -- "$settings"; exec "$@"' bench)
# shellcheck disable=SC2016,SC2034 # as above
with_settings=(sudo -n -- bash -c '. "$1"; rm -f -- "$1"; shift; exec "$@"' bench)
