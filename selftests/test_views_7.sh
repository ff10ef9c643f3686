#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The views of a guest's operating system, on a stock kernel 7 of a later suite.
set -u

# shellcheck source=selftests/views.sh
. "$(dirname "$0")/views.sh"

release=$(newer_release 7)
plan "$VIEWS_RESULTS"
views_of newer "$top/build/kernels/$release/vmlinuz" "$top/build/vm/guest-$release.cpio.gz" ''
finish
