/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of a Reader of LitePCIe share: what it has put out, by a hash. */
#ifndef LITEPCIE_H
#define LITEPCIE_H

#include "guest.h"

/* What the card has put out so far; all that it will put out goes on from there. */
static inline unsigned long long card_hash(void)
{
	const char *at = strstr(card("stats"), " reader0_hash=");
	unsigned long long hash;

	CHECK(at);
	hash = strtoull(at + 14, NULL, 16);
	return card_stat("reader0_out") ? hash : DIGEST_NONE;
}

static inline void noise(char *to, unsigned int seed, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		to[i] = rand_r(&seed) >> 8;
}

#endif /* LITEPCIE_H */
