# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KTAP for tests written in shell. To be sourced:
#
#	plan N				say how many results will follow
#	ok DESC, not_ok DESC		one result
#	skip DESC REASON		one result that was not to be had here
#	check DESC CMD...		ok when CMD succeeds; what it said when not
#	refuse DESC CMD...		ok when CMD fails
#	wait_for SECONDS CMD...		poll until CMD succeeds
#	note TEXT			a comment
#	finish				the end; exits 0 only when all was ok

ktap_plan=0
ktap_count=0
ktap_failed=0

plan() {
	ktap_plan=$1
	printf 'TAP version 13\n1..%d\n' "$1"
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok() {
	ktap_count=$((ktap_count + 1))
	printf 'ok %d %s\n' "$ktap_count" "$1"
}

not_ok() {
	ktap_count=$((ktap_count + 1))
	ktap_failed=$((ktap_failed + 1))
	printf 'not ok %d %s\n' "$ktap_count" "$1"
}

skip() {
	ktap_count=$((ktap_count + 1))
	printf 'ok %d %s # SKIP %s\n' "$ktap_count" "$1" "$2"
}

check() {
	local desc=$1 said status=0
	shift
	said=$("$@" 2>&1) || status=$?
	if [ "$status" -eq 0 ]; then
		ok "$desc"
	else
		note "$* (status $status)"
		[ -z "$said" ] || note "$said"
		not_ok "$desc"
	fi
}

refuse() {
	local desc=$1 said
	shift
	if said=$("$@" 2>&1); then
		note "succeeded: $*"
		[ -z "$said" ] || note "$said"
		not_ok "$desc"
	else
		ok "$desc"
	fi
}

wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

finish() {
	if [ "$ktap_count" -ne "$ktap_plan" ]; then
		note "planned $ktap_plan results, gave $ktap_count"
		exit 1
	fi
	[ "$ktap_failed" -eq 0 ]
	exit
}
