#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Print the release (as uname -r says it) of the kernel whose headers are in $1.
set -eu

sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' "$1/include/generated/utsrelease.h"
