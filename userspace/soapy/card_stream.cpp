// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams of the device.
 */
#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.hpp>

#include "card.hpp"

static Stream *card_stream(SoapySDR::Stream *stream)
{
	return reinterpret_cast<Stream *>(stream);
}

/* nullptr: it is one of the other direction */
static Receive *card_receive(SoapySDR::Stream *stream)
{
	return dynamic_cast<Receive *>(card_stream(stream));
}

static Transmit *card_transmit(SoapySDR::Stream *stream)
{
	return dynamic_cast<Transmit *>(card_stream(stream));
}

std::vector<std::string> Card::getStreamFormats(const int direction, const size_t channel) const
{
	return convert_names(node(direction).config().format,
			     this->channel(direction, channel).real());
}

std::string Card::getNativeStreamFormat(const int direction, const size_t channel,
					double &fullScale) const
{
	/* complex also where Q is zero: few programs ask for anything else */
	this->channel(direction, channel);
	return convert_native(node(direction).config().format, false, fullScale);
}

SoapySDR::ArgInfoList Card::getStreamArgsInfo(const int direction, const size_t) const
{
	return direction == SOAPY_SDR_RX ? Receive::args_info() : SoapySDR::ArgInfoList();
}

SoapySDR::Stream *Card::setupStream(const int direction, const std::string &format,
				    const std::vector<size_t> &channels,
				    const SoapySDR::Kwargs &args)
{
	Node &which = node(direction);
	struct acq_config config = which.config();
	std::unique_ptr<Stream> stream;

	if (direction == SOAPY_SDR_RX)
		stream = std::make_unique<Receive>(which, _tally, format, channels, args);
	else
		stream = std::make_unique<Transmit>(which, _tally, format, channels);
	if (config.channel_mask && stream->mask() & ~config.channel_mask) {
		config.channel_mask |= stream->mask();
		configure(which, config);
	}
	std::lock_guard<std::mutex> guard(_lock);

	_streams.push_back(stream.get());
	return reinterpret_cast<SoapySDR::Stream *>(stream.release());
}

void Card::closeStream(SoapySDR::Stream *stream)
{
	{
		std::lock_guard<std::mutex> guard(_lock);

		_streams.remove(card_stream(stream));
	}
	delete card_stream(stream);
}

size_t Card::getStreamMTU(SoapySDR::Stream *stream) const
{
	return card_stream(stream)->mtu();
}

int Card::activateStream(SoapySDR::Stream *stream, const int flags, const long long,
			 const size_t numElems)
{
	return card_stream(stream)->activate(flags, numElems);
}

int Card::deactivateStream(SoapySDR::Stream *stream, const int flags, const long long)
{
	return flags & SOAPY_SDR_HAS_TIME ? SOAPY_SDR_NOT_SUPPORTED :
					    card_stream(stream)->deactivate();
}

int Card::readStream(SoapySDR::Stream *stream, void *const *buffs, const size_t numElems, int &flags,
		     long long &timeNs, const long timeoutUs)
{
	Receive *receive = card_receive(stream);

	return receive ? receive->read(buffs, numElems, flags, timeNs, timeoutUs) :
			 SOAPY_SDR_NOT_SUPPORTED;
}

int Card::writeStream(SoapySDR::Stream *stream, const void *const *buffs, const size_t numElems,
		      int &flags, const long long, const long timeoutUs)
{
	Transmit *transmit = card_transmit(stream);

	return transmit ? transmit->write(buffs, numElems, flags, timeoutUs) :
			  SOAPY_SDR_NOT_SUPPORTED;
}

int Card::readStreamStatus(SoapySDR::Stream *stream, size_t &chanMask, int &flags,
			   long long &timeNs, const long timeoutUs)
{
	Transmit *transmit = card_transmit(stream);

	chanMask = 0;
	return transmit ? transmit->status(flags, timeNs, timeoutUs) : SOAPY_SDR_NOT_SUPPORTED;
}

size_t Card::getNumDirectAccessBuffers(SoapySDR::Stream *stream)
{
	Receive *receive = card_receive(stream);

	return receive ? receive->buffers() : 0;
}

int Card::getDirectAccessBufferAddrs(SoapySDR::Stream *stream, const size_t handle, void **buffs)
{
	Receive *receive = card_receive(stream);

	return receive ? receive->address(handle, const_cast<const void **>(buffs)) :
			 SOAPY_SDR_NOT_SUPPORTED;
}

int Card::acquireReadBuffer(SoapySDR::Stream *stream, size_t &handle, const void **buffs, int &flags,
			    long long &timeNs, const long timeoutUs)
{
	Receive *receive = card_receive(stream);

	return receive ? receive->acquire(handle, buffs, flags, timeNs, timeoutUs) :
			 SOAPY_SDR_NOT_SUPPORTED;
}

void Card::releaseReadBuffer(SoapySDR::Stream *stream, const size_t handle)
{
	Receive *receive = card_receive(stream);

	if (receive)
		receive->release(handle);
}
