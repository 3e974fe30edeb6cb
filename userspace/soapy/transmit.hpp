/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transmitting: elements of all channels of an output into frames, in pieces for which there
 * is room.
 */
#ifndef SOAPY_TRANSMIT_HPP
#define SOAPY_TRANSMIT_HPP

#include <deque>

#include "stream.hpp"

class Transmit : public Stream {
public:
	Transmit(Node &node, Tally &tally, const std::string &format,
		 const std::vector<size_t> &channels);
	~Transmit() override;

	int activate(int flags, size_t num) override;
	int deactivate() override;
	bool suspend() override;
	void resume() override;

	int write(const void *const *buffs, size_t num, int &flags, long timeout_us);
	int status(int &flags, long long &time, long timeout_us);

private:
	int open();
	void close();
	int put(const void *const *buffs, size_t done, size_t num, size_t &taken, deadline end);
	void dry(const struct acq_span &span);
	void end_burst();

	struct acq *_acq = nullptr;
	bool _suspended = false;
	convert_fn _convert = nullptr;
	size_t _piece = 1;			/* frames: the watermark, of which there is room at once */
	std::vector<char> _buffer;
	uint64_t _written = 0;			/* bytes of the run */
	uint64_t _ended = ~0ULL;		/* there a burst has ended: to run dry is no underrun */
	std::mutex _status_lock;
	std::deque<long long> _underruns;	/* their times, not reported yet */
};

#endif /* SOAPY_TRANSMIT_HPP */
