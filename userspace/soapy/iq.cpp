// SPDX-License-Identifier: GPL-2.0-only
#include <stdexcept>

#include "iq.hpp"

static std::vector<struct iq> iq_real(unsigned int channels)
{
	std::vector<struct iq> list;
	unsigned int c;

	for (c = 0; c < channels; c++)
		list.push_back({ int(c), -1 });
	return list;
}

static std::vector<struct iq> iq_pairs(unsigned int channels)
{
	std::vector<struct iq> list;
	unsigned int c;

	for (c = 0; c + 1 < channels; c += 2)
		list.push_back({ int(c), int(c + 1) });
	return list;
}

std::vector<struct iq> iq_default(unsigned int channels)
{
	return channels % 2 ? iq_real(channels) : iq_pairs(channels);
}

/* A channel's number from @at on, which is moved behind it. -1: there is none. */
static int iq_number(const std::string &word, size_t &at)
{
	int number = -1;

	for (; at < word.size() && word[at] >= '0' && word[at] <= '9' && number < 1000; at++)
		number = (number < 0 ? 0 : number) * 10 + word[at] - '0';
	return number;
}

static struct iq iq_pair(const std::string &word, unsigned int channels)
{
	struct iq pair = { -1, -1 };
	bool right;
	size_t at = 0;

	pair.i = iq_number(word, at);
	right = pair.i >= 0;
	if (right && at < word.size()) {
		right = word[at++] == '-';
		pair.q = iq_number(word, at);
		right = right && pair.q >= 0 && pair.q != pair.i;
	}
	if (!right || at < word.size())
		throw std::runtime_error("acqdev: '" + word + "' in iq= is neither a channel (0) nor "
					 "a pair of channels (0-1, I first)");
	if (unsigned(pair.i) >= channels || (!pair.real() && unsigned(pair.q) >= channels))
		throw std::runtime_error("acqdev: iq=" + word + ": the card has channels 0 to " +
					 std::to_string(channels - 1));
	return pair;
}

std::vector<struct iq> iq_parse(const std::string &text, unsigned int channels)
{
	std::vector<struct iq> list;
	size_t at = 0, end;

	if (text == "real")
		return iq_real(channels);
	if (text == "pairs")
		return iq_pairs(channels);
	while ((at = text.find_first_not_of("+,; ", at)) != std::string::npos) {
		end = text.find_first_of("+,; ", at);
		list.push_back(iq_pair(text.substr(at, end - at), channels));
		at = end;
	}
	if (list.empty())
		throw std::runtime_error("acqdev: iq= names no channels: iq=0-1+2-3, pairs or real");
	return list;
}

std::string iq_text(const std::vector<struct iq> &list)
{
	std::string text;

	for (const struct iq &pair : list) {
		text += text.empty() ? "" : "+";
		text += std::to_string(pair.i);
		if (!pair.real())
			text += "-" + std::to_string(pair.q);
	}
	return text;
}
