/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of device arguments by card, for programs that cannot be given any. Each line:
 * a serial number, a family or "*", then arguments: "0123 iq=0-1+2-3 format=s16". The first
 * line that fits counts.
 */
#ifndef SOAPY_PROFILE_HPP
#define SOAPY_PROFILE_HPP

#include <string>

#include <SoapySDR/Types.hpp>
#include <acq.h>

#define PROFILE_FILE "/etc/acqdev/soapy.conf"

/* The arguments for a card. Throws if the file is wrong, or if one that was @asked for is not there. */
SoapySDR::Kwargs profile_args(const std::string &path, bool asked, const struct acq_info &info);

#endif /* SOAPY_PROFILE_HPP */
