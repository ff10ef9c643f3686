# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of another suite, without making it one of the machine's own: apt works
# in a folder of its own, so signatures are checked as ever. To be sourced:
#
#	suite_next CODENAME			print the suite after it
#	suite_open "SUITE..." DIR LOG		read its index into DIR
#	suite_find REGEX			print the names that match, in order of version
#	suite_fetch PACKAGE...			download into DIR
#	suite_unpack PACKAGE TREE		it and all that it needs, into TREE
#
# Each fails with what apt said in LOG.

suite_next() {
	case $1 in
	bookworm) echo trixie ;;
	*) return 1 ;;
	esac
}

suite_codename() {
	# shellcheck source=/dev/null
	(. /etc/os-release && echo "${VERSION_CODENAME:-}")
}

suite_open() {
	local mirror suite
	suite_dir=$2 suite_log=$3
	# shellcheck disable=SC2016
	mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' |
		awk -v c="$(suite_codename)" '$1 == c && $2 == "main" { print $3; exit }')
	[ -n "$mirror" ] || { echo 'apt knows no mirror of this system' >"$suite_log"; return 1; }
	mkdir -p "$suite_dir/lists/partial" "$suite_dir/archives/partial"
	chmod 755 "$suite_dir"
	for suite in $1; do
		printf 'deb %s %s main\n' "$mirror" "$suite"
	done >"$suite_dir/sources.list"
	suite_opts=(-o "Dir::Etc::SourceList=$suite_dir/sources.list" -o Dir::Etc::SourceParts=-
		-o "Dir::State::Lists=$suite_dir/lists" -o "Dir::Cache=$suite_dir"
		-o Acquire::Languages=none)
	apt-get -q=2 -o Dpkg::Use-Pty=0 "${suite_opts[@]}" update >"$suite_log" 2>&1
}

suite_find() {
	apt-cache "${suite_opts[@]}" search --names-only "$1" | sed 's/ .*//' | sort -V
}

suite_fetch() {
	(cd "$suite_dir" &&
		apt-get -q=2 -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root "${suite_opts[@]}" \
			download "$@") >"$suite_log" 2>&1
}

# from the last of the suites if it can be: nothing that is installed here counts
suite_unpack() {
	local deb
	: >"$suite_dir/status"
	apt-get -q=2 -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root "${suite_opts[@]}" \
		-o "Dir::State::status=$suite_dir/status" -t "$(awk 'END { print $3 }' "$suite_dir/sources.list")" \
		--no-install-recommends --download-only -y install "$1" >"$suite_log" 2>&1 || return
	for deb in "$suite_dir"/archives/*.deb; do
		dpkg -x "$deb" "$2" >>"$suite_log" 2>&1 || return
	done
}
