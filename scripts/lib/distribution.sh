# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the counts are those of checks.sh; common.sh sets root, build and log
# What a pull request has to pass on another suite of Debian. Sourced after common.sh and checks.sh.

# Whatever hangs in there (a mirror, an engine) must not hang the job. From nothing, with two cores that compiled
# something else besides, it took 936 s.
distribution_limit=${BENCH_DISTRIBUTION_LIMIT:-1500}
in_distribution=$root/scripts/in-distribution

this_suite() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null || true; }

# Whether there is something to do on SUITE that this user can do.
tests_elsewhere() { [[ $(this_suite) != "$1" ]] && ((EUID == 0)); }

distribution_pid=
# begin_distribution SUITE: makes the root and builds in it, in the background and after everything else that wants the
# processor. Nothing is started there: a test that looks for what an engine has left must not find somebody else's.
begin_distribution() {
  local log=$build/distribution-$1-build.log
  tests_elsewhere "$1" || return 0
  say "building on $1 in the background (log: $log)"
  nice -n 19 timeout --kill-after=60 "$distribution_limit" "$in_distribution" "$1" scripts/test build \
    </dev/null >"$log" 2>&1 8>&- 9>&- &
  distribution_pid=$!
}

# shellcheck disable=SC2317 # called when the script ends
stop_distribution() {
  if [[ -n $distribution_pid ]]; then kill -TERM "$distribution_pid" 2>/dev/null || true; fi
}

# A build that failed is tried again by whoever needs it, who then shows why.
finish_distribution() {
  [[ -n $distribution_pid ]] || return 0
  run "building on another distribution to the end" tail --pid="$distribution_pid" -f /dev/null
  wait "$distribution_pid" || true
  distribution_pid=
}

# check_distribution SUITE: builds there, runs what needs no engine, and measures startup once with each target. Its
# counts are added to ours; the run is one more. An emulated VM on a busy machine may take longer than a user would wait.
check_distribution() {
  local suite=$1 counts status=0
  if [[ $(this_suite) == "$suite" ]]; then
    say "this machine runs $suite itself: nothing more to do on it"
    return 0
  fi
  if ((EUID != 0)); then
    say "not tested on $suite: a root of another suite takes root (sudo scripts/test distribution)"
    skipped=$((skipped + 1))
    return 0
  fi
  finish_distribution
  mkdir -p "$build"
  local log=$build/distribution-$suite.log
  : >"$log"
  # shellcheck disable=SC2016 # for the shell in there
  run "building, testing and running on $suite (log: $log)" \
    timeout --kill-after=60 "$distribution_limit" "$in_distribution" "$suite" bash -c '
      scripts/test quick &&
      ulimit -c 0 && # as sudo sets it
      scripts/bench run startup --targets docker,libvirt:direct,libvirt:full --rounds 1 \
        --timeout 8m --out /tmp/run </dev/null &&
      echo "bench: startup was measured"
    ' || status=$?
  counts=$(sed -n 's/^bench: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped, in .*/\1 \2 \3/p' "$log" | tail -n 1)
  local there=0 bad=0 skips=0
  if [[ -n $counts ]]; then read -r there bad skips <<<"$counts"; fi
  passed=$((passed + there)) broken=$((broken + bad)) skipped=$((skipped + skips))
  if ((status == 0)) && [[ -n $counts ]] && grep -qx 'bench: startup was measured' "$log"; then
    passed=$((passed + 1))
    return 0
  fi
  if ((bad == 0)); then broken=$((broken + 1)); fi
  failed=1
  show_log_tail 40
  case $status in
  124 | 137) say "on $suite it was not done after $distribution_limit s and was stopped (the whole output is in $log)" ;;
  *) say "failed on $suite (the whole output is in $log)" ;;
  esac
}
