#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The static checks, in KTAP.
set -u

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/ktap.sh
. selftests/ktap.sh

files() {
	git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do
		[ -f "$f" ] && echo "$f"
	done
}

scripts_of_ours() {
	files | while read -r f; do
		head -n 1 "$f" | grep -aqE '^#!/bin/(ba)?sh' && echo "$f"
	done
	files 'selftests/*.sh'
}

# compiled with W=1 and looked at by sparse; a warning about our files fails
module_is_clean() {
	local headers
	headers=$(scripts/kernel-headers.sh) || return
	scripts/build-module.sh "$headers" build/lint C=2 CHECK='sparse' W=1 KCFLAGS=-Werror \
		>build/lint.log 2>&1 || { tail -n 40 build/lint.log; return 1; }
	! grep -aE '(kmod|uapi)/[^ ]*: (warning|error)' build/lint.log
}

user_is_clean() {
	make -s user 2>&1 && make -s tests 2>&1 && make -s -C selftests/bench 2>&1
}

shell_is_clean() {
	local list
	mapfile -t list < <(scripts_of_ours | sort -u)
	shellcheck -x -P SCRIPTDIR -P . "${list[@]}"
}

# of the mirrors that this machine happens to use
no_mirror_is_named() {
	local hosts
	# shellcheck disable=SC2016
	hosts=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
		sed -nE 's#^[a-z+]+://([^/]+).*#\1#p' | sort -u | sed 's/[.]/\\./g' | paste -sd'|')
	[ -z "$hosts" ] || ! files | xargs -d '\n' grep -nIE "$hosts"
}

text_is_clean() {
	local bad=0 f
	files '*.c' '*.h' '*.sh' Makefile '*/Makefile' Kbuild | xargs -d '\n' \
		grep -nE '[[:space:]]+$| +	' && bad=1
	files '*.c' '*.h' | xargs -d '\n' grep -nE '^ {8}' && bad=1
	while read -r f; do
		[ -z "$(tail -c 1 "$f")" ] || { echo "$f: no newline at the end"; bad=1; }
	done < <(files '*.c' '*.h' '*.sh' '*.rst' '*.md' '*.yaml' Makefile '*/Makefile' Kbuild)
	return "$bad"
}

licences_are_named() {
	local bad=0 f
	while read -r f; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: ' || { echo "$f: no SPDX line"; bad=1; }
	done < <(files '*.c' '*.h' '*.sh' Makefile '*/Makefile' Kbuild 'selftests/vm/*')
	return "$bad"
}

no_fixed_sleep_in_a_test() {
	! files selftests | xargs -d '\n' grep -nE '^[[:space:]]*sleep [1-9][^&]*$'
}

mkdir -p build
plan 9
check 'the module compiles with W=1 and sparse says nothing' module_is_clean
check 'programs and tests compile without a warning' user_is_clean
check 'shellcheck says nothing' shell_is_clean
check 'the generated netlink files are fresh' scripts/gen-netlink.sh --check
check 'no include goes upward' scripts/check-includes.sh
check 'no mirror is named' no_mirror_is_named
check 'white space' text_is_clean
check 'every file names its licence' licences_are_named
check 'no test sleeps for luck' no_fixed_sleep_in_a_test
finish
