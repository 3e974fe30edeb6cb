/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receiving: frames in the ring as the driver's reader gets them, into somebody's buffers or
 * where they are.
 */
#ifndef SOAPY_RECEIVE_HPP
#define SOAPY_RECEIVE_HPP

#include <deque>

#include "stream.hpp"

class Receive : public Stream {
public:
	Receive(Node &node, Tally &tally, const std::string &format,
		const std::vector<size_t> &channels, const SoapySDR::Kwargs &args);
	~Receive() override;

	int activate(int flags, size_t num) override;
	int deactivate() override;
	bool suspend() override;
	void resume() override;

	int read(void *const *buffs, size_t num, int &flags, long long &time, long timeout_us);

	/* In the ring. 0 buffers: frames have more in them than this channel, or in another format. */
	size_t buffers() const { return _buffers; }
	int address(size_t handle, const void **buffs);
	int acquire(size_t &handle, const void **buffs, int &flags, long long &time,
		    long timeout_us);
	void release(size_t handle);

	static SoapySDR::ArgInfoList args_info();

private:
	/* What somebody has of the ring, in the order of the stream */
	struct held {
		size_t handle;
		uint64_t begin;		/* position */
		const void *data;
		bool released;
	};

	int open();
	void close();
	void learn_run(const struct acq_config &config);
	int new_run(const struct acq_span &span, size_t num, int event);
	int next(struct acq_span &span, size_t num, int &flags, long long &time,
		 std::unique_lock<std::mutex> &lock, deadline end);
	int gap(const struct acq_span &span, int &flags, long long &time);
	void took(const struct acq_span &span, int &flags, long long &time);
	bool free_handle(size_t &handle) const;

	struct acq_reader_config _reader = {};
	struct acq *_acq = nullptr;	/* nullptr: not active */
	bool _suspended = false;
	bool _closing = false;		/* as soon as nothing is held */
	bool _failed = false;
	bool _finished = false;		/* the run's end has been logged */
	convert_fn _convert = nullptr;
	uint64_t _run = 0;
	bool _burst = false;
	size_t _left = 0;		/* elements of the burst */
	std::atomic<size_t> _buffers = 0;
	std::deque<struct held> _held;
};

#endif /* SOAPY_RECEIVE_HPP */
