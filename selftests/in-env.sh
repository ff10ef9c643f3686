#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run a command with the environment of the tests: in-env.sh COMMAND...
set -u

# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
exec "$@"
