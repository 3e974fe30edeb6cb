/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples of a card's frames to and from elements of SoapySDR: of wider integers the upper bits
 * count, full scale is 1.0.
 */
#ifndef SOAPY_CONVERT_HPP
#define SOAPY_CONVERT_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/* Where a channel is in a frame, in bytes */
struct place {
	size_t frame;		/* bytes of a frame */
	size_t i, q;
	bool real;		/* q is none: zero */
};

/* @num elements at @to from frames at @from, or frames at @to from elements at @from */
typedef void (*convert_fn)(const void *from, void *to, size_t num, const struct place &place);

/* @format: an enum acq_format; @name: "CS16". nullptr: there is no such conversion. */
convert_fn convert_receive(unsigned int format, const std::string &name);
convert_fn convert_transmit(unsigned int format, const std::string &name);

/* "CS16" or "S16" for the card's s16 or u16, and full scale in it */
std::string convert_native(unsigned int format, bool real, double &full_scale);

/* Do samples of that format lie in the frame as elements @name do? */
bool convert_same(unsigned int format, const std::string &name);

/* All names, for channels of that kind; the first is the native one. */
std::vector<std::string> convert_names(unsigned int format, bool real);

#endif /* SOAPY_CONVERT_HPP */
