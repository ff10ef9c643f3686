#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Load a module that is not installed, after the kernel's own that it depends on: load.sh KO
set -eu

IFS=, read -ra depends <<<"$(modinfo -F depends "$1")"
[ ${#depends[@]} -eq 0 ] || modprobe -a "${depends[@]}"
exec insmod "$1"
