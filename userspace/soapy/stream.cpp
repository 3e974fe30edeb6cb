// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <thread>

#include <SoapySDR/Errors.hpp>
#include <SoapySDR/Formats.hpp>
#include <SoapySDR/Logger.hpp>

extern "C" {
#include "names.h"
}
#include "stream.hpp"

deadline stream_deadline(long timeout_us)
{
	/* a day is for ever, and the sum fits */
	return std::chrono::steady_clock::now() +
	       std::chrono::microseconds(std::clamp(timeout_us, 0L, 86400000000L));
}

int64_t stream_left(deadline end)
{
	int64_t left = std::chrono::nanoseconds(end - std::chrono::steady_clock::now()).count();

	return left > 0 ? left : 0;
}

void stream_sleep(deadline end, int64_t ns)
{
	std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(stream_left(end), ns)));
}

long long stream_time(uint64_t index, uint64_t rate_millihz)
{
	return rate_millihz ? (unsigned __int128)index * 1000000000000ULL / rate_millihz : 0;
}

Stream::Stream(Node &node, Tally &tally, const std::string &format,
	       const std::vector<size_t> &channels) :
	_node(node), _tally(tally), _format(format),
	_element(SoapySDR::formatToSize(format))
{
	/* none named: the first one */
	for (size_t channel : channels.empty() ? std::vector<size_t>{ 0 } : channels) {
		if (channel >= node.channels.size())
			throw std::runtime_error("acqdev: " + node.path() + " has no channel " +
						 std::to_string(channel) + ": see iq=");
		_iq.push_back(node.channels[channel]);
		if (format[0] != 'C' && !_iq.back().real())
			throw std::runtime_error("acqdev: format " + format + " is for real channels; "
						 "channel " + std::to_string(channel) + " is I and Q");
	}
	if (!convert_receive(ACQ_FORMAT_S16, format))
		throw std::runtime_error("acqdev: there is no stream format '" + format +
					 "': CS16, CS8, CS32, CF32 are");
}

uint64_t Stream::mask() const
{
	uint64_t mask = 0;

	for (const struct iq &iq : _iq)
		mask |= iq.mask();
	return mask;
}

void Stream::learn(const struct acq_config &config)
{
	uint64_t all = config.channel_mask ? config.channel_mask : ~0ULL;
	size_t width = format_width(config.format);
	auto offset = [&](int channel) {
		return width * __builtin_popcountll(all & ((1ULL << channel) - 1));
	};

	if (mask() & ~all || !width || !config.frame_bytes)
		throw std::runtime_error("acqdev: " + _node.path() + ": the frames lack a channel of "
					 "the stream, or have a format that is not known: set channels=all");
	_config = config;
	_places.clear();
	for (const struct iq &iq : _iq)
		_places.push_back({ config.frame_bytes, offset(iq.i),
				    iq.real() ? 0 : offset(iq.q), iq.real() });
	_mtu = std::max<size_t>(1, std::min<size_t>(config.block_used, 256 << 10) /
				   config.frame_bytes);
}

int Stream::fail(const std::string &what, int err) const
{
	SoapySDR::log(SOAPY_SDR_ERROR, _node.error(what, err).what());
	return SOAPY_SDR_STREAM_ERROR;
}

Stream::Asking::Asking(Stream &stream) : _stream(stream)
{
	_stream._wanted++;
	_stream._lock.lock();
}

Stream::Asking::~Asking()
{
	_stream._lock.unlock();
	_stream._wanted--;
}

void Stream::yield(std::unique_lock<std::mutex> &lock, deadline end)
{
	while (_wanted && stream_left(end)) {
		lock.unlock();
		stream_sleep(end, 1000000);
		lock.lock();
	}
}
