/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What streams of both directions have: channels of a node, in one format of SoapySDR. Each is a
 * file of its own, and so an independent reader (or the writer) of the same frames.
 */
#ifndef SOAPY_STREAM_HPP
#define SOAPY_STREAM_HPP

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include <SoapySDR/Types.hpp>

#include "convert.hpp"
#include "node.hpp"
#include "tally.hpp"

typedef std::chrono::steady_clock::time_point deadline;

deadline stream_deadline(long timeout_us);
/* What is left, in nanoseconds; 0: it is over */
int64_t stream_left(deadline end);
/* Sleeps, but not beyond @end. */
void stream_sleep(deadline end, int64_t ns);

/* The card's time of a sample index: nanoseconds since sample 0 of the run */
long long stream_time(uint64_t index, uint64_t rate_millihz);

class Stream {
public:
	Stream(Node &node, Tally &tally, const std::string &format,
	       const std::vector<size_t> &channels);
	virtual ~Stream() = default;

	virtual int activate(int flags, size_t num) = 0;
	virtual int deactivate() = 0;
	/* For a moment, so that the node can be configured. False: it is not active. Throws. */
	virtual bool suspend() = 0;
	virtual void resume() = 0;

	Node &node() const { return _node; }
	uint64_t mask() const;		/* of the card's channels */
	size_t mtu() const { return _mtu; }
	bool active() const { return _active; }
	uint64_t position() const { return _position; }

protected:
	/* Where the channels are in the frames of @config. Throws if one is not in them. */
	void learn(const struct acq_config &config);
	/* Logs, for a call that cannot throw. Returns STREAM_ERROR. */
	int fail(const std::string &what, int err) const;

	Node &_node;
	Tally &_tally;
	const std::string _format;
	const size_t _element;			/* bytes */
	std::vector<struct iq> _iq;
	std::vector<struct place> _places;
	struct acq_config _config = {};
	std::atomic<size_t> _mtu = 1;
	std::atomic<bool> _active = false;
	std::atomic<uint64_t> _position = 0;	/* in the bytes of the run: what is before has been used */

	/*
	 * Who reads may sleep with the lock: another thread asks for it here, and it lets go
	 * within WAIT_NS.
	 */
	std::mutex _lock;
	std::atomic<unsigned int> _wanted = 0;
	static constexpr int64_t WAIT_NS = 50000000;

	class Asking {
	public:
		explicit Asking(Stream &stream);
		~Asking();
	private:
		Stream &_stream;
	};
	/* The reader's side: lets go if somebody asks. */
	void yield(std::unique_lock<std::mutex> &lock, deadline end);
};

#endif /* SOAPY_STREAM_HPP */
