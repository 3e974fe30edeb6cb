# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154	# who sources this sets model, runs, ends, bugs
#
# Has spin try all interleavings of small runs of a model: none may have an error. Then has
# it try to find each of the faults that the model can be built with: each must be found.
# Arguments are names of faults or numbers of runs.

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

number=0 failed=0
: "${CC:=gcc}"

# search "MODEL'S FLAGS" "COMPILER'S FLAGS" "OPTIONS": what spin finds, in $work/said
search()
{
	# shellcheck disable=SC2086	# lists of words
	spin $1 -a "$model" >said 2>&1 && $CC -w -DMEMLIM=3000 $2 -o pan pan.c >>said 2>&1 &&
		./pan -m200000 -w20 $3 >>said 2>&1
}

# result WELL NAME: one line of KTAP; where it is not well, what spin said
result()
{
	number=$((number + 1))
	if [ "$1" = 1 ]; then
		echo "ok $number $2"
	else
		failed=$((failed + 1))
		echo "not ok $number $2"
		sed 's/^/# /' said | head -n 40
	fi
}

# The search was not cut short, and found nothing.
complete()
{
	grep -q 'errors: 0$' said && ! grep -q 'max search depth too small\|MEMLIM\|not completed' said
}

states()
{
	sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' said
}

wanted()
{
	[ ${#only[@]} = 0 ] || printf '%s\n' "${only[@]}" | grep -qxF -e "$1"
}

# every NAME "COMPILER'S FLAGS" "OPTIONS" RUN...: no interleaving of these runs has an error
every()
{
	local name=$1 flags=$2 options=$3 run well
	shift 3
	for run in "$@"; do
		i=$((i + 1))
		wanted "$i" || continue
		search "$run" "$flags" "$options"
		complete && well=1 || well=0
		result "$well" "$name # $run: $(states) states"
	done
}

only=("$@")
echo "KTAP version 1"
i=0
every every_interleaving "-O1 -DSAFETY" "" "${runs[@]}"
every every_reader_ends "-O1 -DNP" "-l" "${ends[@]}"
for bug in "${bugs[@]}"; do
	name=${bug%% *}
	wanted "$name" || continue
	search "-DBUG=$name ${bug#* }" "-O0 -DSAFETY" ""
	grep -q '^pan:1: assertion violated\|^pan:1: invalid end state' said && well=1 || well=0
	result "$well" "found_$name # $(sed -n 's/^pan:1: //p' said | cut -c1-60)"
done
echo "1..$number"
[ "$failed" = 0 ]
