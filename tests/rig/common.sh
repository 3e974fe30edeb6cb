# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# shellcheck disable=SC2034	# used by those that source it
#
# Shared by the scripts of the test rig; sourced, not run.

RIG=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$RIG/../.." && pwd)
CACHE=${ACQDEV_CACHE:-/var/cache/acqdev}
BUILD=${BUILD:-$TOP/build}
TREE=$CACHE/tree
REACH=$CACHE/reach	# a copy of it with the heavy programs of packages-reach
LOG=$CACHE/log

case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
case $CACHE in
/*) ;;
*)
	echo "rig: ACQDEV_CACHE must be an absolute path, not '$CACHE'" >&2
	exit 2
	;;
esac

say()
{
	echo "rig: $*" >&2
}

# die WHAT [WHAT-TO-DO]
die()
{
	echo "rig: error: $1" >&2
	[ -z "${2:-}" ] || echo "rig: $2" >&2
	exit 1
}

need_root()
{
	[ "$(id -u)" = 0 ] || die "this needs root (mounts and chroot)" "run it as root"
}

# logged NAME CMD...: run CMD with its output in $LOG/NAME.log; on failure show the end of it
logged()
{
	local name=$1 rc=0

	shift
	mkdir -p "$LOG"
	"$@" >"$LOG/$name.log" 2>&1 </dev/null || rc=$?
	if [ "$rc" != 0 ]; then
		tail -n 20 "$LOG/$name.log" >&2
		say "error: $1 failed with status $rc; all of its output: $LOG/$name.log"
	fi
	return "$rc"
}

# The kernel ids known to the rig, in the order they are listed. "next" is there only when the archive has
# headers of a kernel newer than the newest image; it cannot be booted.
KERNEL_IDS="6.1 6.12 7 rt next debug arm64 arm64-16k"
# What modules are compiled against, but nothing is booted with
BUILD_IDS=s390x
# What only "make kcsan" asks for
EXTRA_IDS=kcsan

# config_of ID: the configuration of a kernel that is built here. That of kcsan is the debug kernel's, but for
# the options of its own file.
config_of()
{
	# comments and empty lines do not make another kernel
	case $1 in
	debug) cat "$RIG/debug.config" ;;
	kcsan)
		awk 'function name(line) { sub(/^# /, "", line); sub(/[= ].*/, "", line); return line }
			NR == FNR && /^(# )?CONFIG_/ { own[name($0)] = 1 }
			NR == FNR || !(name($0) in own)' "$RIG/kcsan.config" "$RIG/debug.config"
		;;
	esac | sed -e '/^# CONFIG_/!{/^#/d}' -e '/^[[:space:]]*$/d'
}

# built_hash ID: names the directory of such a kernel. Its parts: the configuration and the source's version.
built_hash()
{
	local ver

	ver=$(cat "$CACHE/tree.linux-source" 2>/dev/null) || return 1
	{
		echo "$ver"
		config_of "$1"
		cat "$RIG/$1.patch" 2>/dev/null || true
	} | sha256sum | cut -c1-12
}

# kernel_make ID: what make is told beside KDIR to build a module for that kernel
kernel_make()
{
	case $1 in
	arm64*) echo "ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-" ;;
	# there is no kernel whose symbols it could know
	s390x) echo "ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- CC=s390x-linux-gnu-gcc-14 KBUILD_MODPOST_WARN=1" ;;
	esac
}

# kernel_s390x FIELD: as kernel_field
kernel_s390x()
{
	[ -e "$CACHE/s390x/stamp" ] || return 1
	case $1 in
	release) cat "$CACHE/s390x/build/include/config/kernel.release" ;;
	kdir) echo "$CACHE/s390x/build" ;;
	make) kernel_make s390x ;;
	*) return 1 ;;
	esac
}

# kernel_arm64 ID FIELD: as kernel_field. They are of the same release as 6.12, whose tools of kbuild they share.
kernel_arm64()
{
	local rel

	rel=$(kernel_field 6.12 release) || return 1
	rel=${rel%-amd64}-$1
	[ "$2" = release ] || [ -e "$CACHE/arm64/$rel/done" ] || return 1
	case $2 in
	release) echo "$rel" ;;
	image) echo "$CACHE/arm64/$rel/vmlinuz" ;;
	modules) echo "$CACHE/arm64/$rel/modules" ;;
	kdir) echo "/usr/src/linux-headers-$rel" ;;
	make) kernel_make "$1" ;;
	*) return 1 ;;
	esac
}

# kernel_field ID FIELD: release, image, kdir, modules or make of one kernel; fails if it is not there
kernel_field()
{
	local id=$1 field=$2 dir rel hash

	case $id in
	arm64*)
		kernel_arm64 "$id" "$field"
		return
		;;
	s390x)
		kernel_s390x "$field"
		return
		;;
	esac
	[ "$field" != make ] || return 0
	if [ "$id" = debug ] || [ "$id" = kcsan ]; then
		hash=$(built_hash "$id") || return 1
		dir=$CACHE/$id-$hash
		[ -e "$dir/done" ] || return 1
		case $field in
		release) cat "$dir/release" ;;
		image) echo "$dir/bzImage" ;;
		kdir) echo "$dir/build" ;;
		modules) echo "$dir/modules" ;;
		*) return 1 ;;
		esac
		return
	fi
	rel=$(awk -v id="$id" '$1 == id { print $2 }' "$CACHE/tree.kernels" 2>/dev/null)
	[ -n "$rel" ] || return 1
	case $field in
	release) echo "$rel" ;;
	image) [ -e "$CACHE/kernels/$rel/done" ] && echo "$CACHE/kernels/$rel/vmlinuz" ;;
	modules) [ -e "$CACHE/kernels/$rel/done" ] && echo "$CACHE/kernels/$rel/modules" ;;
	kdir) echo "/usr/src/linux-headers-$rel" ;;
	*) return 1 ;;
	esac
}
