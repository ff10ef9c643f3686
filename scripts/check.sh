#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build, check and test; the last line is "N passed, M failed":
#
#	check.sh SUITE...
#
# of these, in that order:
#
#	stock		static checks, the harness, and the tests on the stock kernel
#	nets		the longer tests of networks in the stock kernel
#	guests		the tests end to end, on guests in the stock kernel
#	debug		the tests on the debug kernel
set -u

cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
mkdir -p build/logs

the_end() {
	printf '%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

# run something that speaks KTAP here, and count its results
count() {
	local good bad
	"$@" 2>&1 | tee build/logs/count
	local status=${PIPESTATUS[0]}
	good=$(grep -cE '^ok ' build/logs/count)
	bad=$(grep -cE '^not ok ' build/logs/count)
	passed=$((passed + good))
	failed=$((failed + bad))
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || failed=$((failed + 1))
}

must() {
	"$@" || { printf 'not ok %s\n' "$*"; failed=$((failed + 1)); the_end; }
}

# NAME KERNEL SECONDS [TESTS]: tests in a host of their own
in_host() {
	local name=$1 status=0 counts good bad
	rm -f "build/vm/$name/result"
	selftests/vm/run --kernel "$2" --name "$name" --timeout "${CHECK_TIMEOUT:-$3}" \
		-- env CI="${CI:-}" TEST_TIMEOUT="$test_timeout" FUZZ_COUNT="$fuzz_count" \
		make -s -C selftests run_tests ${4:+TESTS="$4"} || status=$?
	counts=$(grep -a '^counts ' "build/vm/$name/result" 2>/dev/null | tail -n 1)
	read -r _ good bad <<<"${counts:-counts 0 0}"
	passed=$((passed + good))
	failed=$((failed + bad))
	# a host that failed for a reason that no test told of
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || failed=$((failed + 1))
	[ "$good" -gt 0 ] || [ "$failed" -gt 0 ] || failed=1
}

stock_headers() {
	headers=/lib/modules/$(scripts/stock-kernel.sh)/build || { failed=1; the_end; }
}

[ $# -gt 0 ] || set -- stock
for suite in "$@"; do
	test_timeout=${TEST_TIMEOUT:-400} fuzz_count=${FUZZ_COUNT:-20000}
	case $suite in
	stock)
		stock_headers
		must make -s KDIR="$headers" all tests guest
		count scripts/lint.sh
		count selftests/harness_test.sh
		count selftests/fuzz_test.sh
		in_host check-stock stock 1500 "${TESTS:-}"
		;;
	nets)
		stock_headers
		must make -s KDIR="$headers" all tests guest
		in_host check-nets stock 1500 "${TESTS:-$(make -s -C selftests net_tests)}"
		;;
	guests)
		stock_headers
		must make -s KDIR="$headers" all tests guest newer-guests
		test_timeout=${TEST_TIMEOUT:-600}
		# the emulator survives its code buffer's end not always: no host gets so far
		for test in ${TESTS:-$(make -s -C selftests guest_tests)}; do
			in_host "check-${test%.sh}" stock 700 "$test"
		done
		;;
	debug)
		headers=$(scripts/debug-kernel.sh build) || { failed=1; the_end; }
		test_timeout=${TEST_TIMEOUT:-1200} fuzz_count=${FUZZ_COUNT:-100000}
		must make -s KDIR="$headers" all tests guest
		in_host check-debug debug 5400 "${TESTS:-}"
		;;
	*)
		must false "no suite $suite"
		;;
	esac
done
the_end
