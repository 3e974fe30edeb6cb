# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of acq in bash. What there is to complete the tool itself says, from its own
# tables (acq --options), so that nothing here can go stale.

# _acq_offer PREFIX WORD...: those words that continue PREFIX
_acq_offer()
{
	local prefix=$1 word start=

	shift
	# readline replaces what is behind the last of its word breaks only
	case $COMP_WORDBREAKS in *=*) [[ $prefix != *=* ]] || start=${prefix%"${prefix##*=}"} ;; esac
	for word; do
		[[ $word == "$prefix"* ]] || continue
		[[ $word != *= ]] || compopt -o nospace 2>/dev/null
		COMPREPLY+=("${word#"$start"}")
	done
}

# _acq_devices: what DEV may be
_acq_devices()
{
	local path

	for path in /dev/acq/by-id/* /dev/acqdev*; do
		[ ! -e "$path" ] || echo "${path##*/}"
	done
}

# _acq_files PREFIX: file names; readline quotes them
_acq_files()
{
	local file

	compopt -o filenames 2>/dev/null
	while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$1")
}

_acq()
{
	local acq=$1 line=${COMP_LINE:0:COMP_POINT} command cur before option argument
	local words offer=()

	COMPREPLY=()
	read -ra words <<<"$line"
	cur=${line##*[[:space:]]}
	[ ${#words[@]} -gt 1 ] || [ -z "$cur" ] || return 0
	[ -z "$cur" ] || unset 'words[-1]'
	command=${words[1]-}
	before=${words[-1]}
	if [ -z "$command" ]; then
		while IFS=$'\t' read -r option _; do offer+=("$option"); done < <("$acq" --options 2>/dev/null)
		_acq_offer "$cur" "${offer[@]}" help --help --version
		return
	fi
	if [ "$command" = help ]; then
		while IFS=$'\t' read -r option _; do offer+=("$option"); done < <("$acq" --options 2>/dev/null)
		_acq_offer "$cur" "${offer[@]}"
		return
	fi
	while IFS=$'\t' read -r option argument; do
		[ "$option" != "$before" ] || [ "$argument" != required ] || command="$command $option"
		offer+=("$option")
		[ "$argument" != optional ] || offer+=("$option=")
	done < <("$acq" --options "$command" 2>/dev/null)
	case $command:$cur in
	*' --config:'*) mapfile -t offer < <("$acq" --options settings 2>/dev/null) ;;
	*' '*:*) offer=() && _acq_files "$cur" ;;
	*:--*=*) offer=() && _acq_files "${cur#*=}" ;;
	*:-*) ;;
	config:*)
		mapfile -t offer < <("$acq" --options settings 2>/dev/null)
		while read -r option; do offer+=("$option"); done < <(_acq_devices)
		;;
	*)
		mapfile -t offer < <(_acq_devices)
		_acq_files "$cur"
		;;
	esac
	[ ${#offer[@]} = 0 ] || _acq_offer "$cur" "${offer[@]}"
}

complete -F _acq acq
