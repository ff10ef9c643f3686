#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The views of a guest's operating system, on the stock cloud kernel, without
# page-table isolation and where its image was linked to.
set -u

# shellcheck source=selftests/views.sh
. "$(dirname "$0")/views.sh"

plan "$VIEWS_RESULTS"
views_of cloud "$GUEST_CLOUD_KERNEL" "$GUEST_CLOUD_INITRD" 'pti=off nokaslr'
finish
