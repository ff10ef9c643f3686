#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Inside a test host: load the module and measure; the environment is that of the tests.
set -eu

"$(dirname "$0")/../load.sh" "$VMI_KO"
"$(dirname "$0")/../../build/selftests/bench-net" "$@"
rmmod vmi
