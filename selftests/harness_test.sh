#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The harness itself, on the machine that boots the test hosts: what is broken must
# look broken.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
run=$(dirname "$0")/vm/run
tests=$(cd "$(dirname "$0")/.." && pwd)/build/harness
mkdir -p "$tests"

host() {
	timeout 300 "$run" --name harness --memory 1G --timeout "${limit:-180}" -- "$@"
}

# EXPECTED-TEXT CMD...: fails, and says why
fails_with() {
	local text=$1 said
	shift
	if said=$(host "$@" 2>&1); then
		printf 'succeeded, saying: %s\n' "$said"
		return 1
	fi
	grep -q -- "$text" <<<"$said" || { printf '%s\n' "$said"; return 1; }
}

fails_in_time() {
	local limit=12
	fails_with 'no end within' sleep 1000
}

make_test() {
	printf '#!/bin/bash\n%s\n' "$2" >"$tests/$1"
	chmod +x "$tests/$1"
}

make_test failing "echo 1..2; echo ok 1 a; echo not ok 2 b"
make_test silent "echo 1..2; echo ok 1 a"
make_test leaving "echo 1..1; ip link add leftover type dummy; echo ok 1 a"

plan 4
check 'tests that fail, stop short or leave something' fails_with '3 passed, 3 failed' \
	env VMI_KO=/dev/null VMI_NO_MODULE=1 selftests/run.sh \
	"$tests/failing" "$tests/silent" "$tests/leaving"
check 'a host that crashes' fails_with 'the kernel complained\|ended without a word' \
	sh -c 'echo c >/proc/sysrq-trigger'
check 'a warning in the kernel log' fails_with 'the kernel complained' \
	sh -c 'echo "<4>WARNING: CPU: 0 PID: 1 at nowhere" >/dev/kmsg'
check 'a host that does not end' fails_in_time
finish
