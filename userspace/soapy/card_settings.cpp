// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings and sensors of the device.
 */
#include <SoapySDR/Constants.h>

extern "C" {
#include "names.h"
}
#include "card.hpp"
#include "settings.hpp"

/* Not a setting of the card: what is written triggers it. */
#define TRIGGER_NOW "trigger_now"

SoapySDR::ArgInfoList Card::getSettingInfo() const
{
	SoapySDR::ArgInfoList list = settings_info(any().config(), any().info());
	SoapySDR::ArgInfo arg;

	arg.key = TRIGGER_NOW;
	arg.value = "false";
	arg.description = "true: trigger it, with trigger=software";
	arg.type = SoapySDR::ArgInfo::BOOL;
	list.push_back(arg);
	return list;
}

SoapySDR::ArgInfoList Card::getSettingInfo(const int direction, const size_t) const
{
	/* of a device with one direction they are those of the device */
	if (!find(SOAPY_SDR_RX) || !find(SOAPY_SDR_TX))
		return SoapySDR::ArgInfoList();
	return settings_info(node(direction).config(), node(direction).info());
}

void Card::writeSetting(const std::string &key, const std::string &value)
{
	if (key != TRIGGER_NOW)
		writeSetting(find(SOAPY_SDR_RX) ? SOAPY_SDR_RX : SOAPY_SDR_TX, 0, key, value);
	else if (SoapySDR::StringToSetting<bool>(value))
		any().trigger();
}

std::string Card::readSetting(const std::string &key) const
{
	return key == TRIGGER_NOW ? "false" : settings_read(any().config(), key);
}

void Card::writeSetting(const int direction, const size_t, const std::string &key,
			const std::string &value)
{
	Node &which = node(direction);
	struct acq_config config = which.config();
	std::string before = settings_read(config, key);

	settings_write(config, key, value);
	/* programs write all that they have kept: no run is to end for what stands already */
	if (settings_read(config, key) != before)
		configure(which, config);
}

std::string Card::readSetting(const int direction, const size_t, const std::string &key) const
{
	return settings_read(node(direction).config(), key);
}

static const struct card_sensor {
	const char *key, *units, *description;
	SoapySDR::ArgInfo::Type type;
} card_sensors[] = {
	{ "state", "", "idle, armed, running, ...", SoapySDR::ArgInfo::STRING },
	{ "lost", "frames", "lost by this device's streams since one was activated",
	  SoapySDR::ArgInfo::INT },
	{ "gaps", "", "in how many places", SoapySDR::ArgInfo::INT },
	{ "lost_total", "frames", "lost since the device was opened", SoapySDR::ArgInfo::INT },
	{ "gaps_total", "", "in how many places", SoapySDR::ArgInfo::INT },
	{ "last_gap", "", "the newest one: index, lost, cause", SoapySDR::ArgInfo::STRING },
	{ "card_lost", "frames", "lost in the card's run, whoever reads", SoapySDR::ArgInfo::INT },
	{ "ring_fill", "%", "of the ring, not read yet by the slowest stream of this device",
	  SoapySDR::ArgInfo::FLOAT },
	{ "index", "frames", "that the card has sampled in this run, lost ones included",
	  SoapySDR::ArgInfo::INT },
	{ "card_time", "", "the card's timestamp counter at its newest report",
	  SoapySDR::ArgInfo::INT },
	{ "clock", "Hz", "of that counter; 0: the card has none", SoapySDR::ArgInfo::INT },
};

std::vector<std::string> Card::listSensors() const
{
	std::vector<std::string> list;

	for (const struct card_sensor &sensor : card_sensors)
		list.push_back(sensor.key);
	return list;
}

SoapySDR::ArgInfo Card::getSensorInfo(const std::string &key) const
{
	SoapySDR::ArgInfo arg;

	for (const struct card_sensor &sensor : card_sensors) {
		if (sensor.key != key)
			continue;
		arg.key = sensor.key;
		arg.units = sensor.units;
		arg.description = sensor.description;
		arg.type = sensor.type;
		arg.value = readSensor(key);
	}
	return arg;
}

std::string Card::readSensor(const std::string &key) const
{
	struct acq_status status = any().status();
	struct Tally::counts counts = _tally.counts();

	if (key == "state")
		return name_of(&state_names, status.state);
	if (key == "lost")
		return std::to_string(counts.lost);
	if (key == "gaps")
		return std::to_string(counts.gaps);
	if (key == "lost_total")
		return std::to_string(counts.lost_total);
	if (key == "gaps_total")
		return std::to_string(counts.gaps_total);
	if (key == "last_gap")
		return counts.last.empty() ? "none" : counts.last;
	if (key == "card_lost")
		return std::to_string(status.lost);
	if (key == "index")
		return std::to_string(status.frames);
	if (key == "card_time")
		return std::to_string(status.timestamp);
	if (key == "clock")
		return std::to_string(any().info().timestamp_hz);
	if (key == "ring_fill") {
		std::lock_guard<std::mutex> guard(_lock);
		double ring = any().config().ring_bytes, fill = 0;

		for (const Stream *stream : _streams) {
			uint64_t position = stream->position();

			if (&stream->node() == &any() && stream->active() && ring &&
			    position < status.head)
				fill = std::max(fill, 100 * (status.head - position) / ring);
		}
		return std::to_string(fill);
	}
	throw std::runtime_error("acqdev: there is no sensor '" + key + "'");
}
