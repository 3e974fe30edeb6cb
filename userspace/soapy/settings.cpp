// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>
#include <stdexcept>

extern "C" {
#include "config.h"
#include "names.h"
#include "text.h"
}
#include "settings.hpp"

static const struct config_key *settings_find(const std::string &key)
{
	for (const struct config_key &k : config_keys)
		if (k.name == key)
			return &k;
	return nullptr;
}

bool settings_has(const std::string &key)
{
	return settings_find(key);
}

std::string settings_read(const struct acq_config &config, const std::string &key)
{
	const struct config_key *k = settings_find(key);
	char text[TEXT_MAX];

	if (!k)
		throw std::runtime_error("acqdev: there is no setting '" + key + "'");
	k->print(&config, text);
	return text;
}

void settings_write(struct acq_config &config, const std::string &key, const std::string &value)
{
	struct config_asked asked = {};
	char why[512];

	if (!config_set(&config, &asked, (key + "=" + value).c_str(), why, sizeof(why)))
		throw std::runtime_error(std::string("acqdev: ") + why);
}

/* The names of those that the card has, where there are no others */
static std::vector<std::string> settings_options(const std::string &key, const struct acq_info &info)
{
	std::vector<std::string> options;
	unsigned int i;

	if (key == "format") {
		for (i = 0; i < format_names.num; i++)
			if (info.formats >> i & 1)
				options.push_back(format_names.name[i]);
	} else if (key == "pattern") {
		for (i = 0; i < pattern_names.num; i++)
			if (i == ACQ_PATTERN_INPUT ||
			    info.caps & (i == ACQ_PATTERN_RAMP ? ACQ_CAP_RAMP : ACQ_CAP_PRBS))
				options.push_back(pattern_names.name[i]);
	}
	return options;
}

SoapySDR::ArgInfoList settings_info(const struct acq_config &config, const struct acq_info &info)
{
	SoapySDR::ArgInfoList list;

	for (const struct config_key &k : config_keys) {
		SoapySDR::ArgInfo arg;

		arg.key = k.name;
		arg.value = settings_read(config, k.name);
		arg.description = k.help;
		arg.type = SoapySDR::ArgInfo::STRING;
		arg.options = settings_options(k.name, info);
		list.push_back(arg);
	}
	return list;
}

std::string settings_blame(const struct acq_config &config, const struct acq_info &info, int err)
{
	char why[512];

	if (err == -EINVAL && config_blame(&config, &info, why, sizeof(why)))
		return why;
	if (err == -EBUSY)
		return "another program uses it";
	return acq_errstr(err);
}
