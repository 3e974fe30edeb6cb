/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers into a message, little endian. Each returns what is behind it.
 */
#ifndef SCOPE_PACK_H
#define SCOPE_PACK_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline unsigned char *pack_i16(unsigned char *to, int16_t value)
{
	uint16_t v = htole16((uint16_t)value);

	memcpy(to, &v, sizeof(v));
	return to + sizeof(v);
}

static inline unsigned char *pack_u32(unsigned char *to, uint32_t value)
{
	uint32_t v = htole32(value);

	memcpy(to, &v, sizeof(v));
	return to + sizeof(v);
}

static inline unsigned char *pack_f32(unsigned char *to, float value)
{
	uint32_t v;

	memcpy(&v, &value, sizeof(v));
	return pack_u32(to, v);
}

static inline unsigned char *pack_f64(unsigned char *to, double value)
{
	uint64_t v;

	memcpy(&v, &value, sizeof(v));
	v = htole64(v);
	memcpy(to, &v, sizeof(v));
	return to + sizeof(v);
}

#endif /* SCOPE_PACK_H */
