// SPDX-License-Identifier: GPL-2.0-only
/*
 * What SoapySDR finds in the module: which devices there are, and how one is made.
 */
#include <fcntl.h>

#include <SoapySDR/Registry.hpp>

#include "card.hpp"

static bool factory_fits(const SoapySDR::Kwargs &found, const SoapySDR::Kwargs &args)
{
	for (const char *key : { "serial", "family", "card", "direction" })
		if (args.count(key) && args.at(key) != found.at(key))
			return false;
	return true;
}

static SoapySDR::KwargsList factory_find(const SoapySDR::Kwargs &args)
{
	std::vector<std::string> names = node_names();
	SoapySDR::KwargsList list;
	SoapySDR::Kwargs found;
	struct acq_info info;
	struct acq *acq;

	if (args.count("device"))
		names = { args.at("device") };
	for (const std::string &name : names) {
		if (acq_open(&acq, name.c_str(), O_RDONLY))
			continue;
		if (!acq_get_info(acq, &info)) {
			found["device"] = node_name(info);
			found["family"] = info.family;
			found["card"] = info.card;
			found["serial"] = info.serial;
			found["direction"] = info.caps & ACQ_CAP_OUTPUT ? "tx" : "rx";
			found["label"] = found["device"] + ": " + info.family + " " + info.card + ", " +
					 std::to_string(info.channels) +
					 (found["direction"] == "tx" ? " outputs" : " inputs");
			if (factory_fits(found, args))
				list.push_back(found);
		}
		acq_close(acq);
	}
	return list;
}

static SoapySDR::Device *factory_make(const SoapySDR::Kwargs &args)
{
	return new Card(args);
}

static SoapySDR::Registry factory("acqdev", &factory_find, &factory_make, SOAPY_SDR_ABI_VERSION);
