// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Logger.hpp>

#include "transmit.hpp"

#define UNDERRUNS_MAX	1000	/* that are kept for who does not ask for them */

Transmit::Transmit(Node &node, Tally &tally, const std::string &format,
		   const std::vector<size_t> &channels) :
	Stream(node, tally, format, channels)
{
}

Transmit::~Transmit()
{
	close();
}

/* 0 or one of SoapySDR's errors */
int Transmit::open()
{
	struct acq_reader_config reader = {};
	int err;

	try {
		learn(_node.config());
		_acq = _node.open(O_RDWR);
	} catch (const std::exception &e) {
		SoapySDR::log(SOAPY_SDR_ERROR, e.what());
		return SOAPY_SDR_STREAM_ERROR;
	}
	_convert = convert_transmit(_config.format, _format);
	_piece = std::max<size_t>(1, std::min<size_t>(_config.ring_bytes / 8, 16384) /
				     _config.frame_bytes);
	/* channels that nobody writes are zero */
	_buffer.assign(_piece * _config.frame_bytes, 0);
	reader.watermark = _buffer.size();
	err = acq_set_reader(_acq, &reader);
	if (err) {
		close();
		return fail("cannot play to it", err);
	}
	_written = 0;
	_ended = ~0ULL;
	_position = 0;
	_active = true;
	return 0;
}

/* Closing plays what has been written. */
void Transmit::close()
{
	struct acq_span span;

	if (_acq && _written)
		while (acq_drain(_acq, &span) == ACQ_EVENT_GAP)
			;
	acq_close(_acq);
	_acq = nullptr;
	_active = false;
	_suspended = false;
}

int Transmit::activate(int flags, size_t num)
{
	Asking lock(*this);

	if (flags & (SOAPY_SDR_HAS_TIME | SOAPY_SDR_WAIT_TRIGGER) || num)
		return SOAPY_SDR_NOT_SUPPORTED;
	if (_acq)
		return 0;
	_tally.begin();
	return open();
}

int Transmit::deactivate()
{
	Asking lock(*this);

	close();
	return 0;
}

bool Transmit::suspend()
{
	Asking lock(*this);

	if (!_acq)
		return false;
	close();
	_suspended = true;
	return true;
}

void Transmit::resume()
{
	Asking lock(*this);

	if (_suspended)
		open();
	_suspended = false;
}

/* The card has put out something else. At the end of a burst that is no wonder. */
void Transmit::dry(const struct acq_span &span)
{
	std::lock_guard<std::mutex> guard(_status_lock);

	if (span.gap.position == _ended)
		return;
	_tally.gap(_node.path(), span.gap);
	_underruns.push_back(stream_time(span.gap.index, _config.rate_millihz));
	if (_underruns.size() > UNDERRUNS_MAX)
		_underruns.pop_front();
}

/* A piece of the @num elements from @done on. 0, or one of SoapySDR's errors; @taken in any case */
int Transmit::put(const void *const *buffs, size_t done, size_t num, size_t &taken, deadline end)
{
	struct pollfd fd = { .fd = acq_fd(_acq), .events = POLLOUT, .revents = 0 };
	struct acq_span span;
	size_t c, bytes;
	int event;

	taken = 0;
	event = poll(&fd, 1, int((std::min(stream_left(end), WAIT_NS) + 999999) / 1000000));
	if (event <= 0)
		return event < 0 && errno != EINTR ? fail("cannot wait for it", -errno) : 0;
	num = std::min(num, _piece);
	for (c = 0; c < _places.size(); c++)
		_convert(static_cast<const char *>(buffs[c]) + done * _element, _buffer.data(), num,
			 _places[c]);
	for (bytes = 0; bytes < num * _config.frame_bytes;) {
		event = acq_write(_acq, &span, _buffer.data() + bytes,
				  num * _config.frame_bytes - bytes);
		bytes += span.bytes;
		if (event == ACQ_EVENT_GAP)
			dry(span);
		else if (event < 0 && event != -EINTR)
			break;
	}
	_written += bytes;
	_position = _written;
	taken = bytes / _config.frame_bytes;
	return event < 0 && event != -EINTR ? fail("cannot play", event) : 0;
}

/* What has been written is played, also if it is less than the driver would begin with. */
void Transmit::end_burst()
{
	int err = acq_start(_acq);

	_ended = _written;
	if (err && err != -EBUSY && err != -EALREADY)
		fail("cannot start it", err);
}

int Transmit::write(const void *const *buffs, size_t num, int &flags, long timeout_us)
{
	std::unique_lock<std::mutex> lock(_lock);
	deadline end = stream_deadline(timeout_us);
	bool last = flags & SOAPY_SDR_END_BURST;
	size_t done = 0, taken;
	int ret = 0;

	if (flags & SOAPY_SDR_HAS_TIME)
		return SOAPY_SDR_NOT_SUPPORTED;
	flags = 0;
	do {
		yield(lock, end);
		if (!_acq) {
			stream_sleep(end, WAIT_NS);
			continue;
		}
		ret = done < num ? put(buffs, done, num - done, taken, end) : 0;
		done += done < num ? taken : 0;
	} while (!ret && done < num && stream_left(end));
	if (_acq && last && done == num)
		end_burst();
	if (done || !num)
		return done;
	return ret ? ret : SOAPY_SDR_TIMEOUT;
}

int Transmit::status(int &flags, long long &time, long timeout_us)
{
	deadline end = stream_deadline(timeout_us);

	do {
		{
			std::lock_guard<std::mutex> guard(_status_lock);

			if (!_underruns.empty()) {
				flags = SOAPY_SDR_HAS_TIME;
				time = _underruns.front();
				_underruns.pop_front();
				return SOAPY_SDR_UNDERFLOW;
			}
		}
		stream_sleep(end, 5000000);
	} while (stream_left(end));
	return SOAPY_SDR_TIMEOUT;
}
