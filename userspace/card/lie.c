// SPDX-License-Identifier: GPL-2.0-only
/* Lies that the card tells by itself. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"
#include "lie.h"

/* A read takes no longer: QEMU gives up a card that does not answer for 5 s. */
#define SLOW_MS_LEAST	100u
#define SLOW_MS_MOST	2500u
#define ONES_MOST	8u

static const struct {
	const char *name;
	const char *what;
	unsigned int of;
	unsigned int chance;	/* one occasion in so many */
	unsigned int most;	/* so many in all; 0: no end */
	bool wild;		/* not of "all" */
} lies[LIE_NUM] = {
	[LIE_ONES] = {
		"ones", "registers read all ones for a moment", FAULT_OF_ALL, 12, 0, false
	},
	[LIE_DEAD] = {
		"dead", "at some time registers read all ones for good", FAULT_OF_ALL, 50, 1, false
	},
	[LIE_BITS] = {
		"bits", "registers read something else", FAULT_OF_ALL, 12, 0, false
	},
	[LIE_SLOW] = {
		"slow", "three reads take up to 2.5 seconds", FAULT_OF_ALL, 12, 3, false
	},
	[LIE_IDENTITY] = {
		"identity", "what the card is changes", FAULT_OF_ALL, 12, 0, false
	},
	[LIE_LEVEL] = {
		"level", "FIFO_LEVEL reads something else", FAULT_OF_R1, 16, 0, false
	},
	[LIE_FULL] = {
		"full", "the FIFO never empties", FAULT_OF_R1, 1, 0, false
	},
	[LIE_LOGIC] = {
		"logic", "the user BAR reads something else", FAULT_OF_XDMA, 16, 0, false
	},
	[LIE_CONFIG] = {
		"config", "the configuration space reads something else", FAULT_OF_ALL, 8, 0, false
	},
	[LIE_SPURIOUS] = {
		"spurious", "interrupts without a cause", FAULT_OF_ALL, 16, 0, false
	},
	[LIE_MISSING] = {
		"missing", "interrupts are not sent", FAULT_OF_ALL, 4, 0, false
	},
	[LIE_STORM] = {
		"storm", "three storms of up to 2000 interrupts", FAULT_OF_ALL, 64, 3, false
	},
	[LIE_UNWRITTEN] = {
		"unwritten", "blocks that are complete and were not written", FAULT_OF_MODELS, 8, 0,
		false
	},
	[LIE_PROGRESS] = {
		"progress", "progress jumps, goes back, is more than was given", FAULT_OF_R1, 16, 0,
		false
	},
	[LIE_PAGE] = {
		"page", "the status page is noise", FAULT_OF_R1, 16, 0, false
	},
	[LIE_RECORD] = {
		"record", "records of blocks are wrong", FAULT_OF_R1, 16, 0, false
	},
	[LIE_WRITEBACK] = {
		"writeback", "writebacks are wrong", FAULT_OF_XDMA, 16, 0, false
	},
	[LIE_COUNT] = {
		"count", "the count of descriptors jumps and goes back",
		FAULT_OF_XDMA | FAULT_OF_LITEPCIE, 16, 0, false
	},
	[LIE_LATE] = {
		"late", "DMA to blocks that it had, after it was stopped", FAULT_OF_MODELS, 1, 64,
		true
	},
	[LIE_STRAY] = {
		"stray", "DMA beside its blocks", FAULT_OF_MODELS, 4, 64, true
	},
};

/* splitmix64 */
static uint64_t lie_next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Ordering them */

static bool lie_find(const struct lies *l, const char *list, uint32_t *on)
{
	*on = 0;
	for (;;) {
		size_t length = strcspn(list, ",");
		bool all = length == 3 && !strncmp(list, "all", 3), found = all;

		for (int i = 0; i < LIE_NUM; i++) {
			bool named = strlen(lies[i].name) == length &&
				     !strncmp(lies[i].name, list, length);

			if (lies[i].of & l->of && (named || (all && !lies[i].wild))) {
				*on |= LIE_BIT(i);
				found = true;
			}
		}
		if (!found)
			return false;
		if (!list[length])
			return true;
		list += length + 1;
	}
}

int lie_order(struct lies *l, const char *seed, const char *kinds)
{
	uint64_t number;
	uint32_t on;
	char *end;

	if (!strcmp(seed, "off") && !kinds) {
		lie_stop(l);
		return 0;
	}
	errno = 0;
	number = strtoull(seed, &end, 10);
	if (errno || *seed < '0' || *seed > '9' || (*end && (*end != ':' || kinds)))
		return -EINVAL;
	if (*end)
		kinds = end + 1;
	if (!lie_find(l, kinds ? kinds : "all", &on))
		return -EINVAL;
	l->seed = number;
	l->on = on;
	l->ones_left = 0;
	l->logged = 0;
	for (int i = 0; i < LIE_NUM; i++) {
		l->random[i] = number * LIE_NUM + (uint64_t)i;
		l->asked[i] = 0;
		l->told[i] = 0;
	}
	return 0;
}

void lie_stop(struct lies *l)
{
	l->on = 0;
	l->ones_left = 0;
}

/* Telling them */

bool lie_is_on(const struct lies *l, enum lie which)
{
	return l->on & LIE_BIT(which);
}

bool lie_take(struct lies *l, enum lie which, uint64_t *dice)
{
	uint64_t random;

	if (!lie_is_on(l, which))
		return false;
	l->asked[which]++;
	if (lies[which].most && l->told[which] == lies[which].most)
		return false;
	random = lie_next(&l->random[which]);
	*dice = lie_next(&l->random[which]);
	if (random % lies[which].chance)
		return false;
	l->told[which]++;
	return true;
}

void lie_note(struct lies *l, enum lie which, const char *format, ...)
{
	char *line = l->log[l->logged++ % LIE_LOG];
	va_list args;
	int n;

	n = snprintf(line, LIE_TEXT, "%s#%" PRIu64 " ", lies[which].name, l->asked[which]);
	va_start(args, format);
	if (n >= 0 && n < LIE_TEXT)
		vsnprintf(line + n, LIE_TEXT - (size_t)n, format, args);
	va_end(args);
	fprintf(stderr, "acq-card: lie %s\n", line);
}

uint64_t lie_long(uint64_t dice, uint64_t value)
{
	uint64_t detail = dice >> 3;

	switch (dice & 7) {
	case 0:
		return UINT64_MAX;
	case 1:
		return 0;
	case 2:
		return value + 1 + detail % 64;
	case 3:
		return value - 1 - detail % 64;
	case 4:
		return value ^ UINT64_C(1) << detail % 64;
	case 5:
		return value * 2;
	case 6:
		return value + (detail & 0xffffff);
	default:
		return lie_next(&dice);
	}
}

uint32_t lie_word(uint64_t dice, uint32_t value)
{
	uint64_t both = (uint64_t)value << 32 | value, lie = lie_long(dice, both);

	/* a bit of either half may be another one */
	return (uint32_t)lie != value ? (uint32_t)lie : (uint32_t)(lie >> 32);
}

void lie_fill(uint64_t dice, void *buf, size_t bytes)
{
	uint8_t *to = buf;

	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(lie_next(&dice) >> 56);
}

void lie_tag(void *buf, size_t bytes)
{
	uint8_t *to = buf;

	for (size_t i = 0; i < bytes; i++) {
		uint32_t word = LIE_TAG | (i / 4 & 0xffff);

		to[i] = (uint8_t)(word >> 8 * (i % 4));
	}
}

static void lie_sleep(struct lies *l, unsigned int bar, uint64_t offset, uint64_t dice)
{
	unsigned int ms = SLOW_MS_LEAST + (unsigned int)(dice % (SLOW_MS_MOST - SLOW_MS_LEAST));
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	lie_note(l, LIE_SLOW, "%u:%" PRIx64 " takes %u ms", bar, offset, ms);
	nanosleep(&t, NULL);
}

static void lie_about(struct lies *l, enum lie which, unsigned int bar, uint64_t offset, void *buf,
		      size_t count, uint64_t dice)
{
	uint8_t *bytes = buf;
	uint32_t value = 0, lie;

	for (size_t i = 0; i < 4 && i < count; i++)
		value |= (uint32_t)bytes[i] << 8 * i;
	lie = lie_word(dice, value);
	for (size_t i = 0; i < 4 && i < count; i++)
		bytes[i] = (uint8_t)(lie >> 8 * i);
	lie_note(l, which, "%u:%" PRIx64 " %08x not %08x", bar, offset, lie, value);
}

void lie_read(struct lies *l, uint32_t may, unsigned int bar, uint64_t offset, void *buf,
	      size_t count)
{
	static const enum lie about[] = {
		LIE_BITS, LIE_IDENTITY, LIE_LEVEL, LIE_LOGIC, LIE_COUNT, LIE_CONFIG,
	};
	uint64_t dice;

	may &= l->on;
	if (may & LIE_BIT(LIE_SLOW) && lie_take(l, LIE_SLOW, &dice))
		lie_sleep(l, bar, offset, dice);
	for (size_t i = 0; i < sizeof(about) / sizeof(*about); i++) {
		if (may & LIE_BIT(about[i]) && lie_take(l, about[i], &dice))
			lie_about(l, about[i], bar, offset, buf, count, dice);
	}
	if (may & LIE_BIT(LIE_DEAD)) {
		if (lie_take(l, LIE_DEAD, &dice))
			lie_note(l, LIE_DEAD, "from %u:%" PRIx64 " on", bar, offset);
		if (l->told[LIE_DEAD])
			memset(buf, 0xff, count);
	}
	if (may & LIE_BIT(LIE_ONES)) {
		if (!l->ones_left && lie_take(l, LIE_ONES, &dice)) {
			l->ones_left = 1 + (uint32_t)(dice % ONES_MOST);
			lie_note(l, LIE_ONES, "%u:%" PRIx64 " and %u more", bar, offset,
				 l->ones_left - 1);
		}
		if (l->ones_left) {
			l->ones_left--;
			memset(buf, 0xff, count);
		}
	}
}

/* Printing them */

void lie_print(const struct lies *l, FILE *out)
{
	fprintf(out, "seed=%" PRIu64 " told=", l->seed);
	if (!l->on)
		fputs("none", out);
	for (int i = 0, n = 0; i < LIE_NUM; i++) {
		if (l->on & LIE_BIT(i))
			fprintf(out, "%s%s:%" PRIu64 "/%" PRIu64, n++ ? "," : "", lies[i].name,
				l->told[i], l->asked[i]);
	}
}

void lie_print_log(const struct lies *l, FILE *out)
{
	uint64_t first = l->logged > LIE_LOG ? l->logged - LIE_LOG : 0;

	for (uint64_t i = first; i < l->logged; i++)
		fprintf(out, "%s%s", i > first ? "; " : "", l->log[i % LIE_LOG]);
}

void lie_help(const struct lies *l, FILE *out)
{
	for (int i = 0, n = 0; i < LIE_NUM; i++) {
		if (lies[i].of & l->of)
			fprintf(out, "%s%s (%s)", n++ ? ", " : "", lies[i].name, lies[i].what);
	}
}
