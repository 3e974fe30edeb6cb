// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <cerrno>
#include <fcntl.h>

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Logger.hpp>

#include "receive.hpp"

/* of one span; in the ring it is not a buffer's size */
#define SPAN_MAX	(64U << 20)

static bool receive_option(const SoapySDR::Kwargs &args, const std::string &key)
{
	auto at = args.find(key);

	return at != args.end() && SoapySDR::StringToSetting<bool>(at->second);
}

Receive::Receive(Node &node, Tally &tally, const std::string &format,
		 const std::vector<size_t> &channels, const SoapySDR::Kwargs &args) :
	Stream(node, tally, format, channels)
{
	auto watermark = args.find("watermark");

	if (receive_option(args, "monitor"))
		_reader.flags |= ACQ_READER_MONITOR;
	if (receive_option(args, "oldest"))
		_reader.flags |= ACQ_READER_OLDEST;
	if (watermark != args.end())
		_reader.watermark = SoapySDR::StringToSetting<unsigned int>(watermark->second);
}

Receive::~Receive()
{
	close();
}

SoapySDR::ArgInfoList Receive::args_info()
{
	SoapySDR::ArgInfoList list(3);

	list[0].key = "monitor";
	list[0].value = "false";
	list[0].description = "never slow the card or other readers, and be overtaken instead";
	list[0].type = SoapySDR::ArgInfo::BOOL;
	list[1].key = "oldest";
	list[1].value = "false";
	list[1].description = "begin at the oldest sample in the ring";
	list[1].type = SoapySDR::ArgInfo::BOOL;
	list[2].key = "watermark";
	list[2].value = "0";
	list[2].description = "a wait ends when this much is there; 0: a frame";
	list[2].units = "bytes";
	list[2].type = SoapySDR::ArgInfo::INT;
	return list;
}

/* A run has frames of its own. Throws. */
void Receive::learn_run(const struct acq_config &config)
{
	bool alone;

	learn(config);
	_convert = convert_receive(config.format, _format);
	/* the one channel is all there is in a frame, I first */
	alone = _iq.size() == 1 && config.frame_bytes == _element &&
		(_iq[0].real() ? _format[0] != 'C' : _iq[0].i < _iq[0].q);
	/* half of the ring is for the card */
	_buffers = alone && convert_same(config.format, _format) &&
		   !(_reader.flags & ACQ_READER_MONITOR) ?
		   std::clamp<size_t>(config.ring_bytes / 2 / (_mtu * _element), 1, 1024) : 0;
}

/* 0 or one of SoapySDR's errors */
int Receive::open()
{
	struct acq_status status;
	int err;

	try {
		learn_run(_node.config());
		_acq = _node.open(O_RDONLY);
	} catch (const std::exception &e) {
		SoapySDR::log(SOAPY_SDR_ERROR, e.what());
		return SOAPY_SDR_STREAM_ERROR;
	}
	err = acq_set_reader(_acq, &_reader);
	if (!err)
		err = acq_begin(_acq, ACQ_MODE_MMAP, SPAN_MAX, ACQ_HOLD);
	if (err) {
		close();
		return fail("cannot read it", err);
	}
	_run = 0;
	_failed = false;
	_finished = false;
	_position = acq_get_status(_acq, &status) ? 0 : status.position;
	_active = true;
	return 0;
}

void Receive::close()
{
	acq_close(_acq);
	_acq = nullptr;
	_held.clear();
	_closing = false;
	_suspended = false;
	_active = false;
}

int Receive::activate(int flags, size_t num)
{
	Asking lock(*this);
	int ret = 0;

	/* the driver begins now, or with the trigger that is configured */
	if (flags & SOAPY_SDR_HAS_TIME ||
	    (flags & SOAPY_SDR_WAIT_TRIGGER && _node.config().trigger == ACQ_TRIGGER_IMMEDIATE))
		return SOAPY_SDR_NOT_SUPPORTED;
	if (_closing)
		return fail("buffers of the ring have not been released", -EBUSY);
	/* What is suspended is opened when it is resumed. */
	if (!_acq && !_suspended) {
		_tally.begin();
		ret = open();
	}
	_burst = num;
	_left = num;
	return ret;
}

int Receive::deactivate()
{
	Asking lock(*this);

	/* what somebody has of the ring stays until it is released */
	_closing = !_held.empty();
	if (!_closing)
		close();
	return 0;
}

bool Receive::suspend()
{
	Asking lock(*this);

	if (!_acq || _closing)
		return false;
	if (!_held.empty())
		throw std::runtime_error("acqdev: " + _node.path() + ": it cannot be configured while "
					 "buffers of its ring have not been released");
	close();
	_suspended = true;
	return true;
}

void Receive::resume()
{
	Asking lock(*this);

	if (_suspended && !_acq && open())
		_failed = true;
	_suspended = false;
}

int Receive::gap(const struct acq_span &span, int &flags, long long &time)
{
	_tally.gap(_node.path(), span.gap);
	flags |= SOAPY_SDR_HAS_TIME;
	time = stream_time(span.gap.index, _config.rate_millihz);
	return SOAPY_SDR_OVERFLOW;
}

/* Flags and time of samples, and what is left of the burst */
void Receive::took(const struct acq_span &span, int &flags, long long &time)
{
	flags |= SOAPY_SDR_HAS_TIME;
	time = stream_time(span.index, _config.rate_millihz);
	if (_config.count && span.index + span.frames >= _config.count)
		flags |= SOAPY_SDR_END_BURST;
	if (!_burst)
		return;
	_left -= span.frames;
	if (!_left)
		flags |= SOAPY_SDR_END_BURST;
}

/* The first @event of a run, which may be configured otherwise than the one before */
int Receive::new_run(const struct acq_span &span, size_t num, int event)
{
	_run = span.run;
	_finished = false;
	try {
		learn_run(_node.config());
	} catch (const std::exception &e) {
		SoapySDR::log(SOAPY_SDR_ERROR, e.what());
		return -EPROTO;
	}
	return span.frame_bytes == _config.frame_bytes && span.frames <= num ? event : -EPROTO;
}

/* The next @num elements at most: 1, with a @span; else what the caller is to return */
int Receive::next(struct acq_span &span, size_t num, int &flags, long long &time,
		  std::unique_lock<std::mutex> &lock, deadline end)
{
	int event;

	for (;;) {
		yield(lock, end);
		if (_failed || !_acq || _closing || (_burst && !_left)) {
			/* whoever asks again and again is not to do so without a pause */
			stream_sleep(end, WAIT_NS);
			event = -EAGAIN;
		} else {
			num = _burst ? std::min(num, _left) : num;
			event = acq_next(_acq, &span, num * _config.frame_bytes,
					 std::min(stream_left(end), WAIT_NS));
			if (event > 0 && span.run != _run)
				event = new_run(span, num, event);
		}
		if (event == ACQ_EVENT_DATA)
			return 1;
		if (event == ACQ_EVENT_GAP)
			return gap(span, flags, time);
		if (event == ACQ_EVENT_END) {
			if (!_finished)
				SoapySDR::log(SOAPY_SDR_INFO, "acqdev: " + _node.path() +
					      ": the run has ended");
			_finished = true;
			/* another one may begin */
			stream_sleep(end, 10000000);
		} else if (event == -EAGAIN) {
			/* it does not wait while something is held */
			if (!_held.empty())
				stream_sleep(end, 1000000);
		} else if (event != -EINTR) {
			_failed = true;
			return fail("it has ended", event);
		}
		if (!stream_left(end))
			return _failed ? SOAPY_SDR_STREAM_ERROR : SOAPY_SDR_TIMEOUT;
	}
}

int Receive::read(void *const *buffs, size_t num, int &flags, long long &time, long timeout_us)
{
	std::unique_lock<std::mutex> lock(_lock);
	deadline end = stream_deadline(timeout_us);
	struct acq_span span;
	size_t c;
	int ret;

	flags = 0;
	do {
		ret = num ? next(span, num, flags, time, lock, end) : 0;
		if (ret <= 0)
			return ret;
		for (c = 0; c < _places.size(); c++)
			_convert(span.data, buffs[c], span.frames, _places[c]);
		/* a monitor may have been overtaken meanwhile: then this is part of the next gap */
	} while (!acq_valid(_acq));
	took(span, flags, time);
	_position = span.position + span.bytes;
	if (_held.empty())
		acq_release(_acq, _position);
	if (_burst && !_left && _held.empty())
		close();
	return span.frames;
}

bool Receive::free_handle(size_t &handle) const
{
	for (handle = 0; handle < _buffers; handle++)
		if (std::none_of(_held.begin(), _held.end(), [&](const struct held &held) {
			return held.handle == handle;
		}))
			return true;
	return false;
}

int Receive::address(size_t handle, const void **buffs)
{
	Asking lock(*this);

	for (const struct held &held : _held) {
		if (held.handle == handle && !held.released) {
			buffs[0] = held.data;
			return 0;
		}
	}
	return SOAPY_SDR_NOT_SUPPORTED;
}

int Receive::acquire(size_t &handle, const void **buffs, int &flags, long long &time,
		     long timeout_us)
{
	std::unique_lock<std::mutex> lock(_lock);
	deadline end = stream_deadline(timeout_us);
	struct acq_span span;
	int ret;

	flags = 0;
	if (!_buffers)
		return SOAPY_SDR_NOT_SUPPORTED;
	while (!free_handle(handle)) {
		if (!stream_left(end))
			return SOAPY_SDR_TIMEOUT;
		stream_sleep(end, 1000000);
		yield(lock, end);
	}
	ret = next(span, _mtu, flags, time, lock, end);
	if (ret <= 0)
		return ret;
	/* a run that is configured otherwise has begun: these cannot be in the caller's format */
	if (!_buffers) {
		_failed = true;
		return fail("its frames are no longer of this channel alone", -EPROTO);
	}
	took(span, flags, time);
	_position = span.position + span.bytes;
	_held.push_back({ handle, span.position, span.data, false });
	buffs[0] = span.data;
	return span.frames;
}

void Receive::release(size_t handle)
{
	Asking lock(*this);

	for (struct held &held : _held)
		if (held.handle == handle)
			held.released = true;
	while (!_held.empty() && _held.front().released)
		_held.pop_front();
	if (!_acq)
		return;
	acq_release(_acq, _held.empty() ? uint64_t(_position) : _held.front().begin);
	if (_held.empty() && (_closing || (_burst && !_left)))
		close();
}
