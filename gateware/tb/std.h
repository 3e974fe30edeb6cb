/* SPDX-License-Identifier: GPL-2.0-only */
/* What all benches include that does not depend on the card: "run" compiles it once */
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "verilated.h"
