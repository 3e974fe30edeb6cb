// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>

#include <SoapySDR/Constants.h>
#include <SoapySDR/Logger.hpp>

#include "card.hpp"
#include "profile.hpp"
#include "settings.hpp"

static const char *const card_directions[] = { "TX", "RX" };	/* as SOAPY_SDR_* number them */

static std::string card_arg(const SoapySDR::Kwargs &args, const std::string &key,
			    const std::string &otherwise)
{
	auto at = args.find(key);

	return at != args.end() && !at->second.empty() ? at->second : otherwise;
}

/* SoapySDR comes here with these, too, if it has found no device that has them. Throws. */
static void card_check(const Node &node, const SoapySDR::Kwargs &args)
{
	const SoapySDR::Kwargs is = {
		{ "serial", node.info().serial },
		{ "family", node.info().family },
		{ "card", node.info().card },
	};

	for (const auto &has : is)
		if (card_arg(args, has.first, has.second) != has.second)
			throw std::runtime_error("acqdev: " + node.path() + " has " + has.first +
						 "=" + has.second + ", not " + args.at(has.first));
}

Card::Card(const SoapySDR::Kwargs &args)
{
	bool asked = args.count("profile");
	int direction;

	for (const char *key : { "device", "rx", "tx" }) {
		std::string name = card_arg(args, key, *key == 'd' ? "acqdev0" : "");

		if (name.empty())
			continue;
		auto node = std::make_unique<Node>(name);
		SoapySDR::Kwargs all = args;

		if (*key == 'd')
			card_check(*node, args);
		direction = node->output() ? SOAPY_SDR_TX : SOAPY_SDR_RX;
		if (_nodes[direction])
			throw std::runtime_error("acqdev: " + node->path() + " is the second " +
						 card_directions[direction] + " of one device");
		for (const auto &arg : profile_args(card_arg(args, "profile", PROFILE_FILE), asked,
						    node->info()))
			all.insert(arg);
		node->channels = all.count("iq") ? iq_parse(all["iq"], node->info().channels) :
						   iq_default(node->info().channels);
		struct acq_config config = node->config();
		bool changed = false;

		for (const auto &arg : all) {
			if (!settings_has(arg.first))
				continue;
			settings_write(config, arg.first, arg.second);
			changed = true;
		}
		if (changed)
			configure(*node, config);
		SoapySDR::log(SOAPY_SDR_INFO, "acqdev: " + node->path() + " is " +
			      card_directions[direction] + ", its channels " +
			      iq_text(node->channels) + (all.count("iq") ? "" : " (iq= changes that)"));
		_nodes[direction] = std::move(node);
	}
}

Card::~Card()
{
	/* streams that nobody has closed would read for ever */
	for (Stream *stream : _streams)
		delete stream;
}

Node *Card::find(int direction) const
{
	return direction == SOAPY_SDR_TX || direction == SOAPY_SDR_RX ? _nodes[direction].get() :
									nullptr;
}

Node &Card::node(int direction) const
{
	Node *node = find(direction);

	if (!node)
		throw std::runtime_error("acqdev: the device has no such direction: an output of the "
					 "card is a node of its own, see tx=");
	return *node;
}

Node &Card::any() const
{
	return find(SOAPY_SDR_RX) ? *find(SOAPY_SDR_RX) : *find(SOAPY_SDR_TX);
}

const struct iq &Card::channel(int direction, size_t channel) const
{
	const Node &which = node(direction);

	if (channel >= which.channels.size())
		throw std::runtime_error("acqdev: " + which.path() + " has no channel " +
					 std::to_string(channel) + ": see iq=");
	return which.channels[channel];
}

void Card::configure(Node &node, struct acq_config &config)
{
	std::lock_guard<std::mutex> guard(_lock);
	struct acq_config wanted = config;
	std::vector<Stream *> suspended;
	std::string what;
	int err;

	err = node.set_config(config);
	if (err == -EBUSY) {
		for (Stream *stream : _streams) {
			if (&stream->node() != &node)
				continue;
			try {
				if (stream->suspend())
					suspended.push_back(stream);
			} catch (const std::exception &e) {
				what = e.what();
			}
		}
		config = wanted;
		err = suspended.empty() || !what.empty() ? -EBUSY : node.set_config(config);
		for (Stream *stream : suspended)
			stream->resume();
	}
	if (!what.empty())
		throw std::runtime_error(what);
	if (err)
		throw std::runtime_error("acqdev: " + node.path() + ": cannot configure it: " +
					 settings_blame(wanted, node.info(), err));
}

std::string Card::getDriverKey() const
{
	return "acqdev";
}

std::string Card::getHardwareKey() const
{
	return any().info().family;
}

SoapySDR::Kwargs Card::getHardwareInfo() const
{
	const struct acq_info &info = any().info();
	SoapySDR::Kwargs args;

	args["family"] = info.family;
	args["card"] = info.card;
	args["serial"] = info.serial;
	args["revision"] = std::to_string(info.revision);
	args["register_map"] = std::to_string(info.hw_version >> 16) + "." +
			       std::to_string(info.hw_version & 0xffff);
	for (int direction : { SOAPY_SDR_RX, SOAPY_SDR_TX }) {
		const Node *node = find(direction);

		if (!node)
			continue;
		args[direction == SOAPY_SDR_RX ? "rx" : "tx"] = node->path();
		args[direction == SOAPY_SDR_RX ? "rx_iq" : "tx_iq"] = iq_text(node->channels);
	}
	return args;
}

size_t Card::getNumChannels(const int direction) const
{
	return find(direction) ? find(direction)->channels.size() : 0;
}

SoapySDR::Kwargs Card::getChannelInfo(const int direction, const size_t channel) const
{
	const struct iq &iq = this->channel(direction, channel);
	SoapySDR::Kwargs args;

	args["I"] = std::to_string(iq.i);
	args["Q"] = iq.real() ? "none: zero" : std::to_string(iq.q);
	return args;
}

bool Card::getFullDuplex(const int, const size_t) const
{
	return find(SOAPY_SDR_RX) && find(SOAPY_SDR_TX);
}

void Card::setFrontendMapping(const int direction, const std::string &mapping)
{
	std::lock_guard<std::mutex> guard(_lock);
	Node &which = node(direction);

	/* streams have their channels by now */
	which.channels = mapping.empty() ? iq_default(which.info().channels) :
					   iq_parse(mapping, which.info().channels);
}

std::string Card::getFrontendMapping(const int direction) const
{
	return iq_text(node(direction).channels);
}

std::vector<std::string> Card::listAntennas(const int direction, const size_t) const
{
	return find(direction) ? std::vector<std::string>{ card_directions[direction] } :
				 std::vector<std::string>{};
}

void Card::setAntenna(const int direction, const size_t, const std::string &name)
{
	if (!name.empty() && name != getAntenna(direction, 0))
		throw std::runtime_error("acqdev: there is no antenna '" + name + "'");
}

std::string Card::getAntenna(const int direction, const size_t) const
{
	node(direction);
	return card_directions[direction];
}
