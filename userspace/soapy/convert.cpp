// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <cmath>
#include <cstring>

#include <acq.h>

#include "convert.hpp"

/* How a sample is kept: as type T, plus @bias where it has no sign */
template <typename T, int64_t bias>
struct integer {
	typedef T type;
	static constexpr int bits = 8 * sizeof(T);

	static int32_t load(T v) { return int32_t(uint32_t(int64_t(v) - bias) << (32 - bits)); }
	static T store(int32_t v) { return T((v >> (32 - bits)) + bias); }
};

typedef integer<int8_t, 0> s8;
typedef integer<uint8_t, 0x80> u8;
typedef integer<int16_t, 0> s16;
typedef integer<uint16_t, 0x8000> u16;
typedef integer<int32_t, 0> s32;
typedef integer<uint32_t, 0x80000000> u32;

struct f32 {
	typedef float type;
};

template <class From, class To>
static typename To::type convert_one(typename From::type v)
{
	if constexpr (std::is_same_v<To, f32>) {
		return float(From::load(v)) * 0x1p-31f;
	} else if constexpr (std::is_same_v<From, f32>) {
		/* rounded in the bits that there are; full scale itself is one too much */
		constexpr double scale = double(1ULL << (To::bits - 1));
		double code = std::nearbyint(std::isnan(v) ? 0 : v * scale);

		code = std::clamp(code, -scale, scale - 1);
		return To::store(int32_t(uint32_t(int32_t(code)) << (32 - To::bits)));
	} else {
		return To::store(From::load(v));
	}
}

template <class From, class To>
static typename To::type convert_load(const char *from)
{
	typename From::type v;

	memcpy(&v, from, sizeof(v));
	return convert_one<From, To>(v);
}

template <class From, class To, bool complex>
static void convert_from_frames(const void *from, void *to, size_t num, const struct place &place)
{
	typename To::type *out = static_cast<typename To::type *>(to);
	const char *in = static_cast<const char *>(from);

	for (; num; num--, in += place.frame) {
		*out++ = convert_load<From, To>(in + place.i);
		if constexpr (complex)
			*out++ = place.real ? 0 : convert_load<From, To>(in + place.q);
	}
}

template <class From, class To, bool complex>
static void convert_to_frames(const void *from, void *to, size_t num, const struct place &place)
{
	const typename From::type *in = static_cast<const typename From::type *>(from);
	char *out = static_cast<char *>(to);
	typename To::type v;

	for (; num; num--, out += place.frame) {
		v = convert_one<From, To>(*in++);
		memcpy(out + place.i, &v, sizeof(v));
		if constexpr (complex) {
			v = convert_one<From, To>(*in++);
			if (!place.real)
				memcpy(out + place.q, &v, sizeof(v));
		}
	}
}

/* One of SoapySDR's formats, and the functions for each of the card's */
struct row {
	const char *name;
	convert_fn receive[6], transmit[6];
};

#define CONVERT_ROW(name, to, complex) {						\
	name,									\
	{ convert_from_frames<s8, to, complex>, convert_from_frames<u8, to, complex>,	\
	  convert_from_frames<s16, to, complex>, convert_from_frames<u16, to, complex>,	\
	  convert_from_frames<s32, to, complex>, convert_from_frames<u32, to, complex> },	\
	{ convert_to_frames<to, s8, complex>, convert_to_frames<to, u8, complex>,	\
	  convert_to_frames<to, s16, complex>, convert_to_frames<to, u16, complex>,	\
	  convert_to_frames<to, s32, complex>, convert_to_frames<to, u32, complex> },	\
}

static const struct row convert_rows[] = {
	CONVERT_ROW("CS8", s8, true), CONVERT_ROW("CS16", s16, true),
	CONVERT_ROW("CS32", s32, true), CONVERT_ROW("CF32", f32, true),
	CONVERT_ROW("S8", s8, false), CONVERT_ROW("S16", s16, false),
	CONVERT_ROW("S32", s32, false), CONVERT_ROW("F32", f32, false),
};

static const struct row *convert_find(unsigned int format, const std::string &name)
{
	for (const struct row &row : convert_rows)
		if (format <= ACQ_FORMAT_U32 && row.name == name)
			return &row;
	return nullptr;
}

convert_fn convert_receive(unsigned int format, const std::string &name)
{
	const struct row *row = convert_find(format, name);

	return row ? row->receive[format] : nullptr;
}

convert_fn convert_transmit(unsigned int format, const std::string &name)
{
	const struct row *row = convert_find(format, name);

	return row ? row->transmit[format] : nullptr;
}

std::string convert_native(unsigned int format, bool real, double &full_scale)
{
	unsigned int bits = format <= ACQ_FORMAT_U8 ? 8 : format <= ACQ_FORMAT_U16 ? 16 : 32;

	full_scale = double(1ULL << (bits - 1));
	return (real ? "S" : "CS") + std::to_string(bits);
}

bool convert_same(unsigned int format, const std::string &name)
{
	return (format == ACQ_FORMAT_S8 && (name == "CS8" || name == "S8")) ||
	       (format == ACQ_FORMAT_S16 && (name == "CS16" || name == "S16")) ||
	       (format == ACQ_FORMAT_S32 && (name == "CS32" || name == "S32"));
}

std::vector<std::string> convert_names(unsigned int format, bool real)
{
	double full_scale;
	std::vector<std::string> names = { convert_native(format, real, full_scale) };

	for (const struct row &row : convert_rows)
		if (row.name != names[0] && (real || row.name[0] == 'C'))
			names.push_back(row.name);
	return names;
}
