/* SPDX-License-Identifier: GPL-2.0-only */
/* What all benches include that does not depend on the card: "run" compiles it once */
#ifndef STD_H
#define STD_H

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "verilated.h"

/* splitmix64: the standard library's random numbers took a third of all the time */
struct Dice {
	uint64_t state;

	explicit Dice(uint64_t seed) : state(seed) {}

	uint64_t operator()()
	{
		uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		return z ^ z >> 31;
	}

	bool chance(double p)
	{
		return (double)((*this)() >> 11) * 0x1p-53 < p;
	}
};

#endif /* STD_H */
