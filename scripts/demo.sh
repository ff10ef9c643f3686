#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The demonstration: boot a test host with the stock kernel and run selftests/demo.sh.
set -euo pipefail

src=$(cd "$(dirname "$0")/.." && pwd)
release=$("$src/scripts/stock-kernel.sh")

printf '  HOST    %s\n' "$release"
exec "$src/selftests/vm/run" --vng --name demo --timeout "${DEMO_TIMEOUT:-420}" -- \
	selftests/in-env.sh selftests/demo.sh
