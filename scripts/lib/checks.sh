# shellcheck shell=bash
# shellcheck disable=SC2034 # whoever sources this reads the counts
# Running CTest and counting what it says. Sourced after common.sh.

failed=0
passed=0
skipped=0
broken=0

attribute() { sed -n "s/.* $1=\"\\([0-9]*\\)\".*/\\1/p" <<<"$2" | head -n 1; }

# run_ctest JUNIT DIR CTEST-OPTION…
run_ctest() {
  local junit=$1 dir=$2 status=0
  shift 2
  rm -f "$junit"
  ctest --test-dir "$dir" --output-on-failure --output-junit "$junit" "$@" </dev/null 8>&- 9>&- &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

# failures_in JUNIT: the names of the tests that did not pass, a line each.
failures_in() { sed -n 's/.*<testcase name="\([^"]*\)".* status="fail".*/\1/p' "$1"; }

# check NAME DIR CTEST-OPTION…: runs ctest and adds up what its JUnit file says.
check() {
  local name=$1 dir=$2 junit head status=0
  shift 2
  junit=$dir/ctest-$name.xml
  run_ctest "$junit" "$dir" "$@" || status=$?
  if [[ ! -r $junit ]]; then
    failed=1
    return 0
  fi
  head=$(tr '\n\t' '  ' <"$junit" | sed 's/<testcase.*//')
  local all bad skips
  all=$(attribute tests "$head") bad=$(attribute failures "$head") skips=$(attribute skipped "$head")
  if ((status)) && [[ $name == real && ${bad:-0} -gt 0 ]]; then
    try_again "$dir" "$junit"
    bad=$((bad - ${#second_tries[@]}))
    if ((bad == 0)); then status=0; fi
  fi
  if ((status)); then failed=1; fi
  passed=$((passed + ${all:-0} - ${bad:-0} - ${skips:-0}))
  broken=$((broken + ${bad:-0}))
  skipped=$((skipped + ${skips:-0}))
}

# A test on a real engine can lose to a busy machine: it has a second try, alone, and is then listed as such. More than
# two of them are no chance any more, and nothing else is repeated.
most_second_tries=2
second_tries=()
# try_again DIR JUNIT: runs what failed a second time; adds to second_tries what passed.
try_again() {
  local dir=$1 junit=$2 test names
  mapfile -t names < <(failures_in "$junit")
  if ((${#names[@]} > most_second_tries)); then
    say "${#names[@]} tests on real engines failed: too many for a second try"
    return 0
  fi
  for test in "${names[@]}"; do
    say "second try, alone: $test"
    # GoogleTest's names hold one character that means something in a pattern.
    if run_ctest "$dir/ctest-second-try.xml" "$dir" -R "^${test//./[.]}\$" -j 1 --no-tests=error; then
      second_tries+=("$test")
    fi
  done
}
