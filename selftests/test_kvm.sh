#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The test host itself: KVM works, the module is loaded.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"

kvm_version() {
	python3 - <<-'PY'
	import fcntl
	with open("/dev/kvm", "rb") as f:
	    assert fcntl.ioctl(f, 0xae00, 0) == 12
	PY
}

plan 3
check '/dev/kvm speaks version 12' kvm_version
check 'the module is loaded' test -d /sys/module/vmi
check 'the character device is there' test -c /dev/vmi
finish
