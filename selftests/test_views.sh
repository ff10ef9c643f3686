#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The views of a guest's operating system, on the generic stock kernel with page-table
# isolation; and on memory that has no such system.
set -u

# shellcheck source=selftests/views.sh
. "$(dirname "$0")/views.sh"

plan $((VIEWS_RESULTS + 3))
views_of generic "$GUEST_KERNEL" "$GUEST_INITRD" 'pti=on'
truncate -s 64M "$work/zeros"
head -c 16M /dev/urandom >"$work/noise"
: >"$work/empty"
check 'zeros are no Linux' refused 1 'no Linux kernel' ps --image "$work/zeros"
check 'noise is no Linux' refused 1 'no Linux kernel' ps --image "$work/noise"
check 'nothing is no Linux' refused 1 'no Linux kernel' ps --image "$work/empty"
finish
