// SPDX-License-Identifier: GPL-2.0-only
/* axis_cdc.v: two clocks of any ratio, which drift; what goes in comes out, in order, or was refused. */
#include <cstdint>
#include <cstdio>
#include <deque>
#include <random>

#include "verilated.h"
#include "Vcard.h"

static bool run(unsigned int seed, double ratio, double ready, bool *refused)
{
	VerilatedContext context;
	Vcard card{&context};
	std::mt19937 dice(seed);
	std::uniform_real_distribution<> any(0, 1);
	std::deque<uint16_t> inside;
	uint16_t next = (uint16_t)seed;
	double s_at = 0, m_at = any(dice);
	unsigned int out = 0;

	card.rst = 1;
	for (unsigned int n = 0; n < 40000; n++) {
		bool s = s_at <= m_at;

		/* of both clocks the reset is asynchronous: it falls in the midst of something, now and then */
		if (n % 5000 == 100) {
			card.rst = n / 5000 % 2 ? any(dice) < 0.5 : 0;
			card.eval();
			if (card.rst)
				inside.clear();
			if (n / 5000 % 2)
				card.rst = 0;
		}
		if (s) {
			card.s_axis_tvalid = any(dice) < 0.8;
			card.s_axis_tdata = next;
			card.eval();
			if (card.s_axis_tvalid && card.s_axis_tready)
				inside.push_back(next++);
			else if (card.s_axis_tvalid && inside.size() >= 16)
				*refused = true;
			card.s_clk = 1;
			card.eval();
			card.s_clk = 0;
			s_at += ratio * (0.95 + 0.1 * any(dice));
		} else {
			card.m_axis_tready = any(dice) < ready;
			card.eval();
			if (card.m_axis_tvalid && card.m_axis_tready) {
				if (inside.empty() || inside.front() != card.m_axis_tdata) {
					printf("seed %u, ratio %f: %u after %u words, of %zu\n", seed, ratio, card.m_axis_tdata, out, inside.size());
					return false;
				}
				inside.pop_front();
				out++;
			}
			card.m_clk = 1;
			card.eval();
			card.m_clk = 0;
			m_at += 0.95 + 0.1 * any(dice);
		}
		card.eval();
		if (inside.size() > 16) {
			printf("seed %u, ratio %f: %zu words inside\n", seed, ratio, inside.size());
			return false;
		}
	}
	return out > 1000;
}

int main()
{
	unsigned int failed = 0, passed = 0;
	bool refused = false;

	for (double ratio : {12.5, 2.0, 1.0, 0.9, 0.3})
		for (double ready : {1.0, 0.3}) {
			bool ok = true;

			for (unsigned int seed = 1; seed <= 3; seed++)
				ok = ok && run(seed, ratio, ready, &refused);
			printf("%s ratio %.1f ready %.1f\n", ok ? "ok  " : "FAIL", ratio, ready);
			(ok ? passed : failed)++;
		}
	if (!refused)
		printf("FAIL it was never full\n");
	printf("%u passed, %u failed\n", passed, failed + !refused);
	return failed || !refused;
}
