/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device of SoapySDR: a node of a card for each direction that it has.
 */
#ifndef SOAPY_CARD_HPP
#define SOAPY_CARD_HPP

#include <list>
#include <memory>
#include <mutex>

#include <SoapySDR/Device.hpp>

#include "receive.hpp"
#include "transmit.hpp"

class Card : public SoapySDR::Device {
public:
	explicit Card(const SoapySDR::Kwargs &args);
	~Card() override;

	std::string getDriverKey() const override;
	std::string getHardwareKey() const override;
	SoapySDR::Kwargs getHardwareInfo() const override;

	size_t getNumChannels(const int direction) const override;
	SoapySDR::Kwargs getChannelInfo(const int direction, const size_t channel) const override;
	bool getFullDuplex(const int direction, const size_t channel) const override;
	void setFrontendMapping(const int direction, const std::string &mapping) override;
	std::string getFrontendMapping(const int direction) const override;
	std::vector<std::string> listAntennas(const int direction, const size_t channel) const override;
	void setAntenna(const int direction, const size_t channel, const std::string &name) override;
	std::string getAntenna(const int direction, const size_t channel) const override;

	/* card_rate.cpp */
	void setSampleRate(const int direction, const size_t channel, const double rate) override;
	double getSampleRate(const int direction, const size_t channel) const override;
	std::vector<double> listSampleRates(const int direction, const size_t channel) const override;
	SoapySDR::RangeList getSampleRateRange(const int direction, const size_t channel) const override;
	bool hasHardwareTime(const std::string &what) const override;
	long long getHardwareTime(const std::string &what) const override;

	/* card_settings.cpp */
	SoapySDR::ArgInfoList getSettingInfo() const override;
	void writeSetting(const std::string &key, const std::string &value) override;
	std::string readSetting(const std::string &key) const override;
	SoapySDR::ArgInfoList getSettingInfo(const int direction, const size_t channel) const override;
	void writeSetting(const int direction, const size_t channel, const std::string &key,
			  const std::string &value) override;
	std::string readSetting(const int direction, const size_t channel,
				const std::string &key) const override;
	std::vector<std::string> listSensors() const override;
	SoapySDR::ArgInfo getSensorInfo(const std::string &key) const override;
	std::string readSensor(const std::string &key) const override;

	/* card_stream.cpp */
	std::vector<std::string> getStreamFormats(const int direction,
						  const size_t channel) const override;
	std::string getNativeStreamFormat(const int direction, const size_t channel,
					  double &fullScale) const override;
	SoapySDR::ArgInfoList getStreamArgsInfo(const int direction,
						const size_t channel) const override;
	SoapySDR::Stream *setupStream(const int direction, const std::string &format,
				      const std::vector<size_t> &channels,
				      const SoapySDR::Kwargs &args) override;
	void closeStream(SoapySDR::Stream *stream) override;
	size_t getStreamMTU(SoapySDR::Stream *stream) const override;
	int activateStream(SoapySDR::Stream *stream, const int flags, const long long timeNs,
			   const size_t numElems) override;
	int deactivateStream(SoapySDR::Stream *stream, const int flags,
			     const long long timeNs) override;
	int readStream(SoapySDR::Stream *stream, void *const *buffs, const size_t numElems, int &flags,
		       long long &timeNs, const long timeoutUs) override;
	int writeStream(SoapySDR::Stream *stream, const void *const *buffs, const size_t numElems,
			int &flags, const long long timeNs, const long timeoutUs) override;
	int readStreamStatus(SoapySDR::Stream *stream, size_t &chanMask, int &flags,
			     long long &timeNs, const long timeoutUs) override;
	size_t getNumDirectAccessBuffers(SoapySDR::Stream *stream) override;
	int getDirectAccessBufferAddrs(SoapySDR::Stream *stream, const size_t handle,
				       void **buffs) override;
	int acquireReadBuffer(SoapySDR::Stream *stream, size_t &handle, const void **buffs, int &flags,
			      long long &timeNs, const long timeoutUs) override;
	void releaseReadBuffer(SoapySDR::Stream *stream, const size_t handle) override;

private:
	/* nullptr: the card has no such direction */
	Node *find(int direction) const;
	/* These throw. */
	Node &node(int direction) const;
	Node &any() const;
	const struct iq &channel(int direction, size_t channel) const;
	/* Also while streams of this device use the node: they are suspended meanwhile. */
	void configure(Node &node, struct acq_config &config);

	std::unique_ptr<Node> _nodes[2];	/* SOAPY_SDR_TX, SOAPY_SDR_RX */
	mutable Tally _tally;
	mutable std::mutex _lock;		/* of the list, and of configuring */
	std::list<Stream *> _streams;
};

#endif /* SOAPY_CARD_HPP */
