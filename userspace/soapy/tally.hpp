/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the streams of a device have lost, for its sensors and the log.
 */
#ifndef SOAPY_TALLY_HPP
#define SOAPY_TALLY_HPP

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include <acq.h>

class Tally {
public:
	/* A stream begins: what is counted since then begins anew. */
	void begin();
	/* A stream of the node @path has met a gap. */
	void gap(const std::string &path, const struct acq_gap &gap);

	struct counts {
		uint64_t lost, gaps, lost_total, gaps_total;
		std::string last;
	};
	struct counts counts() const;

private:
	mutable std::mutex _lock;
	struct counts _counts = {};
	uint64_t _silent = 0;		/* gaps that the log does not have yet */
	std::chrono::steady_clock::time_point _logged = {};
};

#endif /* SOAPY_TALLY_HPP */
