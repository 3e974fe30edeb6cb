// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "profile.hpp"

static bool profile_fits(const std::string &who, const struct acq_info &info)
{
	return who == "*" || who == info.serial || who == info.family;
}

SoapySDR::Kwargs profile_args(const std::string &path, bool asked, const struct acq_info &info)
{
	std::ifstream file(path);
	SoapySDR::Kwargs args;
	std::string line, word;
	unsigned int number = 0;
	size_t eq;

	if (!file) {
		if (asked || errno != ENOENT)
			throw std::runtime_error("acqdev: cannot read the profile " + path + ": " +
						 strerror(errno));
		return args;
	}
	while (std::getline(file, line)) {
		std::istringstream words(line.substr(0, line.find('#')));

		number++;
		if (!(words >> word) || !profile_fits(word, info))
			continue;
		while (words >> word) {
			eq = word.find('=');
			if (eq == std::string::npos || !eq)
				throw std::runtime_error("acqdev: " + path + ":" +
							 std::to_string(number) + ": '" + word +
							 "' is not key=value, as in iq=0-1+2-3");
			args[word.substr(0, eq)] = word.substr(eq + 1);
		}
		break;
	}
	return args;
}
