#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build, check and test; the last line is "N passed, M failed":
#
#	check.sh stock		static checks, the harness, and the tests on the stock kernel
#	check.sh debug		the tests on the debug kernel
#	check.sh guests		the tests end to end, on guests in the stock kernel
set -u

cd "$(dirname "$0")/.." || exit 1
what=${1:-stock}
name=check-$what
kernel=$what goal=run_tests
if [ "$what" = guests ]; then
	kernel=stock goal=run_guest_tests
fi
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

if [ "$kernel" = debug ]; then
	headers=$(scripts/debug-kernel.sh build) || { failed=1; the_end; }
	limit=${CHECK_TIMEOUT:-5400}
	export TEST_TIMEOUT=${TEST_TIMEOUT:-1200}
	export FUZZ_COUNT=${FUZZ_COUNT:-100000}
else
	headers=/lib/modules/$(scripts/stock-kernel.sh)/build || { failed=1; the_end; }
	limit=${CHECK_TIMEOUT:-3000}
fi

must make -s KDIR="$headers" all tests guest
[ "$what" != guests ] || must make -s newer-guests
if [ "$what" = stock ]; then
	count scripts/lint.sh
	count selftests/harness_test.sh
	count selftests/fuzz_test.sh
fi

rm -f "build/vm/$name/result"
status=0
selftests/vm/run --kernel "$kernel" --name "$name" --timeout "$limit" \
	-- env CI="${CI:-}" TEST_TIMEOUT="${TEST_TIMEOUT:-400}" FUZZ_COUNT="${FUZZ_COUNT:-20000}" \
	make -s -C selftests $goal ${TESTS:+TESTS="$TESTS"} || status=$?
counts=$(grep -a '^counts ' "build/vm/$name/result" 2>/dev/null | tail -n 1)
read -r _ good bad <<<"${counts:-counts 0 0}"
passed=$((passed + good))
failed=$((failed + bad))
# a host that failed for a reason that no test told of
[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || failed=$((failed + 1))
[ "$good" -gt 0 ] || [ "$failed" -gt 0 ] || failed=1
the_end
