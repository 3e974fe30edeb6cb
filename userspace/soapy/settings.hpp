/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The settings of "acq config", by the same names and with the same values.
 */
#ifndef SOAPY_SETTINGS_HPP
#define SOAPY_SETTINGS_HPP

#include <string>

#include <SoapySDR/Types.hpp>
#include <acq.h>

bool settings_has(const std::string &key);
std::string settings_read(const struct acq_config &config, const std::string &key);
/* Throws with what is wrong. */
void settings_write(struct acq_config &config, const std::string &key, const std::string &value);
SoapySDR::ArgInfoList settings_info(const struct acq_config &config, const struct acq_info &info);

/* Why the card refuses @config, or what @err says */
std::string settings_blame(const struct acq_config &config, const struct acq_info &info, int err);

#endif /* SOAPY_SETTINGS_HPP */
