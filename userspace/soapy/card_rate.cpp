// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rates and times of the device.
 */
#include <algorithm>
#include <cmath>

#include <SoapySDR/Constants.h>

#include "card.hpp"

static double card_hz(uint64_t millihz)
{
	return millihz / 1e3;
}

void Card::setSampleRate(const int direction, const size_t, const double rate)
{
	Node &which = node(direction);
	struct acq_config config = which.config();

	if (!(rate * 1e3 >= which.info().rate_min_millihz && rate * 1e3 <= which.info().rate_max_millihz))
		throw std::runtime_error("acqdev: " + which.path() + ": no rate of " +
					 std::to_string(rate) + " Hz: it has " +
					 std::to_string(card_hz(which.info().rate_min_millihz)) + " to " +
					 std::to_string(card_hz(which.info().rate_max_millihz)) + " Hz");
	if (uint64_t(std::llround(rate * 1e3)) == config.rate_millihz)
		return;
	config.rate_millihz = std::llround(rate * 1e3);
	configure(which, config);
}

double Card::getSampleRate(const int direction, const size_t) const
{
	return card_hz(node(direction).config().rate_millihz);
}

/* Round ones that the card has exactly, its limits, and the present one */
std::vector<double> Card::listSampleRates(const int direction, const size_t) const
{
	const Node &which = node(direction);
	const struct acq_info &info = which.info();
	struct acq_config config = which.config();
	std::vector<uint64_t> rates = { info.rate_min_millihz, info.rate_max_millihz, config.rate_millihz };
	std::vector<double> list;
	uint64_t ten;

	for (ten = 1000000; ten <= info.rate_max_millihz && ten < 1000000000000000ULL; ten *= 10) {
		for (uint64_t rate : { ten, ten * 12 / 10, ten * 2, ten * 24 / 10, ten * 48 / 10, ten * 5,
			      ten * 96 / 10 }) {
			struct acq_config tried = config;

			tried.rate_millihz = rate;
			if (rate > info.rate_min_millihz && rate < info.rate_max_millihz &&
			    !which.try_config(tried) && tried.rate_millihz == rate)
				rates.push_back(rate);
		}
	}
	std::sort(rates.begin(), rates.end());
	rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
	std::transform(rates.begin(), rates.end(), std::back_inserter(list), card_hz);
	return list;
}

SoapySDR::RangeList Card::getSampleRateRange(const int direction, const size_t) const
{
	const struct acq_info &info = node(direction).info();

	return { SoapySDR::Range(card_hz(info.rate_min_millihz), card_hz(info.rate_max_millihz)) };
}

bool Card::hasHardwareTime(const std::string &what) const
{
	return what.empty() || (what == "card" && any().info().timestamp_hz);
}

/* "": of the newest sample, as streams have it; "card": of the card's own counter */
long long Card::getHardwareTime(const std::string &what) const
{
	struct acq_status status = any().status();

	if (!hasHardwareTime(what))
		throw std::runtime_error("acqdev: there is no time '" + what + "'");
	if (what.empty())
		return stream_time(status.frames, any().config().rate_millihz);
	return (unsigned __int128)status.timestamp * 1000000000 / any().info().timestamp_hz;
}
