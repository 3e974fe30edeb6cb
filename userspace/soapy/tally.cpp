// SPDX-License-Identifier: GPL-2.0-only
#include <SoapySDR/Logger.hpp>

extern "C" {
#include "names.h"
}
#include "tally.hpp"

void Tally::begin()
{
	std::lock_guard<std::mutex> guard(_lock);

	_counts.lost = 0;
	_counts.gaps = 0;
	_counts.last.clear();
}

void Tally::gap(const std::string &path, const struct acq_gap &gap)
{
	std::lock_guard<std::mutex> guard(_lock);
	auto now = std::chrono::steady_clock::now();
	std::string text;

	_counts.gaps++;
	_counts.gaps_total++;
	_counts.lost += gap.lost;
	_counts.lost_total += gap.lost;
	_counts.last = "index=" + std::to_string(gap.index) + " lost=" + std::to_string(gap.lost) +
		       " cause=" + name_of(&cause_names, gap.cause) +
		       (gap.flags & ACQ_GAP_ESTIMATED ? " estimated" : "");
	/* the log is for people: a line a second, whatever there is */
	if (_counts.gaps_total > 1 && now - _logged < std::chrono::seconds(1)) {
		_silent++;
		return;
	}
	text = "acqdev: " + path + ": " + (gap.flags & ACQ_GAP_ESTIMATED ? "about " : "") +
	       std::to_string(gap.lost) + " frames lost at index " + std::to_string(gap.index) +
	       ": " + cause_text(gap.cause);
	if (_silent)
		text += "; " + std::to_string(_silent) + " gaps before it were not printed";
	text += "; since it was opened " + std::to_string(_counts.lost_total) + " in " +
		std::to_string(_counts.gaps_total) + " gaps";
	SoapySDR::log(SOAPY_SDR_WARNING, text);
	_silent = 0;
	_logged = now;
}

struct Tally::counts Tally::counts() const
{
	std::lock_guard<std::mutex> guard(_lock);

	return _counts;
}
