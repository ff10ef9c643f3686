#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run tests, each with a time limit, and sum up what they say in KTAP:
#
#	run.sh TEST...
#
# Each result of a test counts. A test fails besides when it gives other results
# than it planned, ends with an error that no result tells of, does not end, or
# leaves something behind. A skipped result counts as failed where CI is set. The
# numbers go to the file that VMI_RESULT names too, after each test.
set -u

# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
cd "$here" || exit 1

limit=${TEST_TIMEOUT:-120}
passed=0 failed=0 skipped=0 number=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# what a test may not leave behind
state() {
	ls /sys/class/net
	ls /proc/vmi 2>/dev/null
	pgrep -ax vmi-vmm
	# a test may unload the module: it is loaded again for the next
	lsmod | awk '$1 == "vmi" && $3 > 0 { print "vmi users", $3 }'
}

same_state() {
	state >"$work/after"
	cmp -s "$work/before" "$work/after"
}

# what a dying VMM held goes soon, not at once
leftover_check() {
	local end=$((SECONDS + 10))
	until same_state; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# the VMs and networks there are, as the words that delete them
known() {
	"$VMICTL" -q list 2>/dev/null | sed 's/^/delete --force /'
	"$VMICTL" -q net list 2>/dev/null | sed 's/^/net del /'
}

# what a test did not live to take away must not fail those after it
clean_up() {
	local words
	known | LC_ALL=C sort | LC_ALL=C comm -13 "$work/known" - | while read -r words; do
		# shellcheck disable=SC2086
		"$VMICTL" -q $words </dev/null
	done
}

load() {
	[ -z "${VMI_NO_MODULE:-}" ] || return 0
	[ -d /sys/module/vmi ] || ./load.sh "$VMI_KO" 2>&1 || modprobe vmi
}

fault() {
	printf '# %s\n' "$2"
	failed=$((failed + 1))
	printf 'not ok - %s: %s\n' "$1" "$2" >>"$work/bad"
}

# TEST STATUS: read its results out of $work/out
tally() {
	local name=$1 status=$2 plan good bad skips

	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$work/out" | head -n 1)
	good=$(grep -acE '^ok ' "$work/out")
	skips=$(grep -aciE '^ok .*# *SKIP' "$work/out")
	bad=$(grep -acE '^not ok ' "$work/out")
	grep -aE '^not ok ' "$work/out" | sed "s/^not ok [0-9]*/not ok - $name:/" >>"$work/bad"
	passed=$((passed + good - skips))
	skipped=$((skipped + skips))
	failed=$((failed + bad))
	if [ -n "${CI:-}" ] && [ "$skips" -gt 0 ]; then
		failed=$((failed + skips))
		grep -aiE '^ok .*# *SKIP' "$work/out" | sed "s/^ok [0-9]*/not ok - $name:/" >>"$work/bad"
	fi
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		fault "$name" "no end within $limit s"
	elif [ "$status" -eq 4 ] && [ $((good + bad)) -eq 0 ]; then
		skipped=$((skipped + 1))
		[ -z "${CI:-}" ] || fault "$name" 'skipped'
	elif [ -z "$plan" ]; then
		fault "$name" "no plan (status $status)"
	elif [ "$plan" -ne $((good + bad)) ]; then
		fault "$name" "planned $plan results, gave $((good + bad)) (status $status)"
	elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		fault "$name" "ended with $status"
	fi
}

tell() {
	[ -z "${VMI_RESULT:-}" ] || echo "counts $passed $failed" >"$VMI_RESULT"
}

: >"$work/bad"
load || fault module 'cannot be loaded'
printf 'TAP version 13\n1..%d\n' $#
for test in "$@"; do
	number=$((number + 1))
	name=$(basename "$test")
	before=$failed
	case $test in
	/*) ;;
	*) test=./$test ;;
	esac
	started=$SECONDS
	load || fault "$name" 'the module cannot be loaded'
	state >"$work/before"
	known | LC_ALL=C sort >"$work/known"
	echo "<4>vmi-test: $name" 2>/dev/null >/dev/kmsg
	printf '# selftests: vmi: %s\n' "$name"
	timeout -k 20 "$limit" "$test" </dev/null 2>&1 | tee "$work/out" | sed -u 's/^/# /'
	tally "$name" "${PIPESTATUS[0]}"
	if ! leftover_check; then
		diff "$work/before" "$work/after" | sed 's/^/# /'
		fault "$name" 'something is left behind'
		clean_up
	fi
	[ "$failed" -eq "$before" ] || printf 'not '
	printf 'ok %d selftests: vmi: %s # %d s\n' "$number" "$name" $((SECONDS - started))
	tell
done

if [ -d /sys/module/vmi ] && [ -z "${VMI_KEEP:-}" ]; then
	rmmod vmi || fault module 'cannot be unloaded'
	tell
fi
if [ -s "$work/bad" ]; then
	printf '# what failed:\n'
	sed 's/^/#   /' "$work/bad"
fi
[ "$skipped" -eq 0 ] || printf '# %d skipped\n' "$skipped"
printf '# %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
