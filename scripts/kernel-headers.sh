#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Print the headers to build for when nothing else is said: those of the running
# kernel, else those of the newest stock kernel.
set -eu

running=/lib/modules/$(uname -r)/build
if [ -e "$running/Makefile" ]; then
	echo "$running"
else
	echo "/lib/modules/$("$(dirname "$0")/stock-kernel.sh")/build"
fi
