/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which channels of a card are I and Q of which channel of SoapySDR.
 */
#ifndef SOAPY_IQ_HPP
#define SOAPY_IQ_HPP

#include <cstdint>
#include <string>
#include <vector>

struct iq {
	int i, q;	/* numbers of the card's channels; q -1: a real channel */

	bool real() const { return q < 0; }
	uint64_t mask() const { return 1ULL << i | (real() ? 0 : 1ULL << q); }
};

/*
 * "0-1+2-3": two pairs, "1-0": Q first, "0+1": two real channels, "pairs", "real". Between pairs
 * "+", ",", ";" or a space. Throws std::runtime_error with what is wrong.
 */
std::vector<struct iq> iq_parse(const std::string &text, unsigned int channels);

/* Pairs of neighbours; of an odd number of channels each is a real one. */
std::vector<struct iq> iq_default(unsigned int channels);

std::string iq_text(const std::vector<struct iq> &list);

#endif /* SOAPY_IQ_HPP */
