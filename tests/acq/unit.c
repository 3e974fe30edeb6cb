// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the tool's pure parts. KTAP on stdout.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <acq.h>

#include "config.h"
#include "names.h"
#include "sigmf_name.h"
#include "text.h"
#include "utc.h"
#include "verify.h"
#include "wav.h"

/* The layout is compiled into programs. */
_Static_assert(sizeof(struct acq_meta) == 224 && sizeof(struct acq_block) == 64 &&
	       sizeof(struct acq_map) == 64 && sizeof(struct acq_advance) == 80 &&
	       sizeof(struct acq_gap) == 64 && sizeof(struct acq_span) == 176, "sizes");
_Static_assert(offsetof(struct acq_meta, head) == 128 && offsetof(struct acq_meta, end) == 196 &&
	       offsetof(struct acq_block, bytes) == 48, "offsets");

static unsigned int bad;
static unsigned int checks;

#define CHECK(cond)								\
	do {									\
		checks++;							\
		if (!(cond)) {							\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
			bad++;							\
		}								\
	} while (0)

/* @want ~0: must be refused, and leave the value alone */
static void parses(bool (*parse)(const char *s, uint64_t *out), const char *s, uint64_t want)
{
	uint64_t v = ~0ULL;
	bool ok = parse(s, &v);

	checks++;
	if (v != want || ok != (want != ~0ULL)) {
		printf("# '%s': %d, %llu instead of %llu\n", s, ok, (unsigned long long)v,
		       (unsigned long long)want);
		bad++;
	}
}

#define REFUSED (~0ULL)

static void test_numbers(void)
{
	int32_t i;

	parses(parse_count, "0", 0);
	parses(parse_count, "1000", 1000);
	parses(parse_count, "1k", 1000);
	parses(parse_count, "1.5k", 1500);
	parses(parse_count, "2.5M", 2500000);
	parses(parse_count, "3T", 3000000000000);
	parses(parse_count, "0x3e8", 1000);
	parses(parse_count, "18446744073709551614", ~1ULL);
	parses(parse_count, "18446744073709551616", REFUSED);
	parses(parse_count, "18446744073709552k", REFUSED);
	parses(parse_count, "99999999999999999999", REFUSED);
	parses(parse_count, "0x10000000000000000", REFUSED);
	parses(parse_count, "1.2345k", REFUSED);
	parses(parse_count, "", REFUSED);
	parses(parse_count, "k", REFUSED);
	parses(parse_count, "-1", REFUSED);
	parses(parse_count, "+1", REFUSED);
	parses(parse_count, " 1", REFUSED);
	parses(parse_count, "1 ", REFUSED);
	parses(parse_count, "1kk", REFUSED);
	parses(parse_count, "1.", REFUSED);
	parses(parse_count, ".5k", REFUSED);
	parses(parse_count, "0x", REFUSED);
	parses(parse_count, "1ki", REFUSED);
	parses(parse_count, "1e6", 1000000);
	parses(parse_count, "1E6", 1000000);
	parses(parse_count, "2.5e3", 2500);
	parses(parse_count, "0e19", 0);
	parses(parse_count, "1.123456789e9", 1123456789);
	parses(parse_count, "1e19", 10000000000000000000ULL);
	parses(parse_count, "0x1e6", 0x1e6);
	parses(parse_count, "2e19", REFUSED);
	parses(parse_count, "1e20", REFUSED);
	parses(parse_count, "1e99999999999999999999", REFUSED);
	parses(parse_count, "1e", REFUSED);
	parses(parse_count, "e6", REFUSED);
	parses(parse_count, "1e+6", REFUSED);
	parses(parse_count, "1e-6", REFUSED);
	parses(parse_count, "1e3k", REFUSED);
	parses(parse_count, "1ke3", REFUSED);
	parses(parse_count, "1.25e1", REFUSED);
	parses(parse_size, "1e9", 1000000000);
	parses(parse_size, "1e9B", 1000000000);
	parses(parse_size, "1e9iB", REFUSED);
	parses(parse_milli, "44.1e3", 44100000);
	parses(parse_milli, "1e6Hz", 1000000000);
	parses(parse_size, "4096", 4096);
	parses(parse_size, "64k", 65536);
	parses(parse_size, "64K", 65536);
	parses(parse_size, "1.5M", 1572864);
	parses(parse_size, "1GiB", 1 << 30);
	parses(parse_size, "1kB", 1024);
	parses(parse_size, "16777215T", 18446742974197923840ULL);
	parses(parse_size, "16777216T", REFUSED);
	parses(parse_size, "1iB", REFUSED);
	parses(parse_size, "0.1k", REFUSED);
	parses(parse_milli, "48k", 48000000);
	parses(parse_milli, "44.1k", 44100000);
	parses(parse_milli, "2M", 2000000000);
	parses(parse_milli, "0.5", 500);
	parses(parse_milli, "10Hz", 10000);
	parses(parse_milli, "1.5MHz", 1500000000);
	parses(parse_milli, "0.0004", 0);
	parses(parse_milli, "0.0005", 1);
	parses(parse_milli, "18446744073709551.614", ~1ULL);
	parses(parse_milli, "18446744073709551616", REFUSED);
	CHECK(parse_int("-5", &i) && i == -5);
	CHECK(parse_int("2147483647", &i) && i == INT32_MAX);
	CHECK(parse_int("-2147483648", &i) && i == INT32_MIN);
	CHECK(!parse_int("2147483648", &i));
	CHECK(!parse_int("-2147483649", &i));
	CHECK(!parse_int("--1", &i));
}

#define NS(seconds) ((uint64_t)((seconds) * 1e9))

static void test_durations(void)
{
	char text[TEXT_MAX];

	parses(parse_duration, "10", NS(10));
	parses(parse_duration, "0", 0);
	parses(parse_duration, "0.3", NS(0.3));
	parses(parse_duration, "1e6", NS(1000000));
	parses(parse_duration, "90s", NS(90));
	parses(parse_duration, "1.5h", NS(5400));
	parses(parse_duration, "1h30m", NS(5400));
	parses(parse_duration, "1h30min", NS(5400));
	parses(parse_duration, "3d", NS(3 * 86400));
	parses(parse_duration, "1w2d3h4m5s6ms7us8ns", 788645006007008ULL);
	parses(parse_duration, "500ms", NS(0.5));
	parses(parse_duration, "5m", NS(300));
	parses(parse_duration, "1m1ms", NS(60) + 1000000);
	parses(parse_duration, "0.4ns", 0);
	parses(parse_duration, "0.5ns", 1);
	parses(parse_duration, "18446744073.709551614", ~1ULL);
	parses(parse_duration, "18446744074", REFUSED);
	parses(parse_duration, "213504d", REFUSED);
	parses(parse_duration, "213503d86400s", REFUSED);
	parses(parse_duration, "18446744073709551615w", REFUSED);
	parses(parse_duration, "1e19w", REFUSED);
	parses(parse_duration, "", REFUSED);
	parses(parse_duration, "s", REFUSED);
	parses(parse_duration, "-1s", REFUSED);
	parses(parse_duration, "1h30", REFUSED);
	parses(parse_duration, "30m1h", REFUSED);
	parses(parse_duration, "1m1m", REFUSED);
	parses(parse_duration, "1m1min", REFUSED);
	parses(parse_duration, "1h 30m", REFUSED);
	parses(parse_duration, "1M", REFUSED);
	parses(parse_duration, "1y", REFUSED);
	parses(parse_duration, "1minute", REFUSED);
	parses(parse_duration, "0x10", REFUSED);
	parses(parse_duration_milli, "1.5", 1500);
	parses(parse_duration_milli, "1ns", 1);
	parses(parse_duration_milli, "1h30", REFUSED);
	CHECK(!strcmp(format_duration(0, text), "0s"));
	CHECK(!strcmp(format_duration(1500000, text), "1500us"));
	CHECK(!strcmp(format_duration(NS(0.5), text), "500ms"));
	CHECK(!strcmp(format_duration(NS(90.5), text), "1m30.5s"));
	CHECK(!strcmp(format_duration(NS(5400), text), "1h30m"));
	CHECK(!strcmp(format_duration(NS(10 * 86400 + 5), text), "10d5s"));
	CHECK(!strcmp(format_human_time(0, text), "0ms"));
	CHECK(!strcmp(format_human_time(0.0449, text), "45ms"));
	CHECK(!strcmp(format_human_time(2.34, text), "2.3s"));
	CHECK(!strcmp(format_human_time(50.9, text), "50s"));
	CHECK(!strcmp(format_human_time(725, text), "12m5s"));
	CHECK(!strcmp(format_human_time(3 * 86400 + 4 * 3600 + 59, text), "3d4h"));
	CHECK(!strcmp(format_human_time(1e300, text), "ever"));
}

static void test_channels(void)
{
	uint64_t mask;

	parses(parse_channels, "all", 0);
	parses(parse_channels, "4", 0xf);
	parses(parse_channels, "63", ~0ULL >> 1);
	CHECK(parse_channels("64", &mask) && mask == ~0ULL);
	parses(parse_channels, "0,2-3", 0xd);
	parses(parse_channels, "0xd", 0xd);
	parses(parse_channels, "5-5", 0x20);
	parses(parse_channels, "63-63", 1ULL << 63);
	parses(parse_channels, "0", REFUSED);
	parses(parse_channels, "65", REFUSED);
	parses(parse_channels, "0x0", REFUSED);
	parses(parse_channels, "64-64", REFUSED);
	parses(parse_channels, "3-2", REFUSED);
	parses(parse_channels, "1,", REFUSED);
	parses(parse_channels, ",1", REFUSED);
	parses(parse_channels, "1-", REFUSED);
	parses(parse_channels, "1--2", REFUSED);
	parses(parse_channels, "", REFUSED);
	parses(parse_channels, "some", REFUSED);
}

/* What is formatted must be read back to the same value. */
static void round_trip(bool (*parse)(const char *s, uint64_t *out),
		       char *(*format)(uint64_t v, char *buf), uint64_t v)
{
	char text[TEXT_MAX];
	uint64_t back = !v;

	checks++;
	if (!parse(format(v, text), &back) || back != v) {
		printf("# %llu -> '%s' -> %llu\n", (unsigned long long)v, text,
		       (unsigned long long)back);
		bad++;
	}
}

static void test_round_trips(void)
{
	static const uint64_t some[] = {
		0, 1, 999, 1000, 1001, 1024, 44100, 44100000, 44100123, 48000000, 999999, 1000000,
		2000000000, 123456789012345, 1ULL << 40, (1ULL << 40) + 1, ~1ULL, ~0ULL,
	};
	uint64_t v = 88172645463325252ULL;
	char text[TEXT_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		round_trip(parse_count, format_count, some[i]);
		round_trip(parse_size, format_size, some[i]);
		round_trip(parse_milli, format_milli, some[i]);
		round_trip(parse_duration, format_duration, some[i]);
		round_trip(parse_channels, format_channels, some[i]);
	}
	for (i = 0; i < 20000; i++) {
		v ^= v << 13;
		v ^= v >> 7;
		v ^= v << 17;
		round_trip(parse_count, format_count, v >> i % 64);
		round_trip(parse_size, format_size, v >> i % 64);
		round_trip(parse_milli, format_milli, v >> i % 64);
		round_trip(parse_duration, format_duration, v >> i % 64);
		round_trip(parse_channels, format_channels, v);
	}
	CHECK(!strcmp(format_milli(44100000, text), "44.1k"));
	CHECK(!strcmp(format_milli(500, text), "0.5"));
	CHECK(!strcmp(format_size(65536, text), "64k"));
	CHECK(!strcmp(format_channels(0xd, text), "0,2-3"));
	CHECK(!strcmp(format_human(0, text), "0.00 "));
	CHECK(!strcmp(format_human(999.7, text), "1.00 k"));
	CHECK(!strcmp(format_human(12345678, text), "12.3 M"));
}

static void test_settings(void)
{
	struct config_asked asked = { };
	struct acq_config c = { }, was;
	char why[512];

	CHECK(config_set(&c, &asked, "rate=44.1k", why, sizeof(why)));
	CHECK(c.rate_millihz == 44100000);
	CHECK(asked.key[0] && !asked.key[1]);
	CHECK(config_set(&c, &asked, "trigger=level:2:-100:falling", why, sizeof(why)));
	CHECK(c.trigger == ACQ_TRIGGER_LEVEL && c.trigger_channel == 2 && c.trigger_level == -100 &&
	      c.trigger_edge == ACQ_EDGE_FALLING);
	CHECK(config_set(&c, &asked, "trigger=level:1:5", why, sizeof(why)) &&
	      c.trigger_edge == ACQ_EDGE_RISING);
	was = c;
	CHECK(!config_set(&c, &asked, "trigger=level:1", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "trigger=level:1:2:sideways", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "trigger=level:1:2:rising:more", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "trigger=software:1", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "trigger=", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "rate=0", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "block=4G", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "rat=1", why, sizeof(why)) && strstr(why, "rate"));
	CHECK(!config_set(&c, &asked, "rate", why, sizeof(why)));
	CHECK(!memcmp(&c, &was, sizeof(c)));
	CHECK(config_set(&c, &asked, "ring=default", why, sizeof(why)) && !c.ring_bytes);
	CHECK(config_set(&c, &asked, "count=endless", why, sizeof(why)) && !c.count);

	CHECK(config_set_list(&c, &asked, "rate=1M,channels=0,2-3,format=s32", why, sizeof(why)));
	CHECK(c.rate_millihz == 1000000000 && c.channel_mask == 0xd && c.format == ACQ_FORMAT_S32);
	CHECK(config_set_list(&c, &asked, "channels=1,3", why, sizeof(why)));
	CHECK(c.channel_mask == 0xa);
	CHECK(config_set_list(&c, &asked, "", why, sizeof(why)));
	CHECK(!config_set_list(&c, &asked, "1,channels=2", why, sizeof(why)));
	CHECK(!config_set_list(&c, &asked, "rate=1k,,format=s16", why, sizeof(why)));

	CHECK(config_set_list(&c, &asked, "filter=swap,offset,rate=2k", why, sizeof(why)));
	CHECK(!strcmp(c.filter, "swap,offset") && c.rate_millihz == 2000000);
	CHECK(config_set(&c, &asked, "filter=none", why, sizeof(why)) && !c.filter[0]);
	CHECK(!config_set(&c, &asked, "filter=", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "filter=Swap", why, sizeof(why)));
	CHECK(!config_set(&c, &asked, "filter=abcdefghijklmnopqrstuvwx", why, sizeof(why)));
}

/* Every setting's text, given back, must make the same configuration. */
static void test_settings_round_trip(void)
{
	struct acq_config c = {
		.format = ACQ_FORMAT_U16, .rate_millihz = 44100123, .channel_mask = 0x15,
		.count = 1000000, .pretrigger = 17, .trigger = ACQ_TRIGGER_LEVEL,
		.trigger_channel = 4, .trigger_level = -77, .trigger_edge = ACQ_EDGE_FALLING,
		.pattern = ACQ_PATTERN_RAMP, .transfer = ACQ_TRANSFER_FIFO, .block_bytes = 8192,
		.ring_bytes = 1 << 20, .irq_frames = 100, .irq_us = 1000, .filter = "swap,offset",
	}, back = { }, zero = { }, zero_back;
	char text[TEXT_MAX], setting[TEXT_MAX + 32], why[512];
	struct config_asked asked;
	unsigned int i;

	zero.rate_millihz = 1000;
	zero_back = c;
	zero_back.trigger_channel = 0;
	zero_back.trigger_level = 0;
	zero_back.trigger_edge = 0;
	for (i = 0; i < CONFIG_KEYS; i++) {
		config_keys[i].print(&c, text);
		snprintf(setting, sizeof(setting), "%s=%s", config_keys[i].name, text);
		CHECK(config_set(&back, &asked, setting, why, sizeof(why)));
		config_keys[i].print(&zero, text);
		snprintf(setting, sizeof(setting), "%s=%s", config_keys[i].name, text);
		CHECK(config_set(&zero_back, &asked, setting, why, sizeof(why)));
	}
	CHECK(!memcmp(&c, &back, sizeof(c)));
	CHECK(!memcmp(&zero, &zero_back, sizeof(zero)));
}

static void count_asked(void *arg, const char *key, const char *wanted, const char *stands,
			bool asked)
{
	(void)key;
	(void)wanted;
	(void)stands;
	*(int *)arg += asked;
}

static void test_changes(void)
{
	struct acq_config wanted = { .rate_millihz = 44100000, .irq_frames = 100 }, stands = wanted;
	struct config_asked asked = { .key = { true } };
	int of_those = 0;

	CHECK(config_changes(&wanted, &stands, &asked, count_asked, &of_those) == 0);
	stands.rate_millihz++;		/* asked for */
	stands.irq_frames = 128;	/* had to follow */
	stands.ring_bytes = 1 << 20;	/* the driver's default */
	stands.frame_bytes = 8;		/* no setting */
	CHECK(config_changes(&wanted, &stands, &asked, count_asked, &of_those) == 2);
	CHECK(of_those == 1);
}

static void test_blame(void)
{
	struct acq_info info = {
		.channels = 4, .formats = 1 << ACQ_FORMAT_S16, .caps = ACQ_CAP_DMA | ACQ_CAP_RAMP,
	};
	struct acq_config good = { .format = ACQ_FORMAT_S16 }, c;
	char why[256];

	CHECK(!config_blame(&good, &info, why, sizeof(why)));
	c = good;
	c.format = ACQ_FORMAT_S32;
	CHECK(config_blame(&c, &info, why, sizeof(why)));
	CHECK(strstr(why, "s32") && strstr(why, "s16"));
	c = good;
	c.channel_mask = 0x10;
	CHECK(config_blame(&c, &info, why, sizeof(why)) && strstr(why, "0-3"));
	c = good;
	c.trigger = ACQ_TRIGGER_EXTERNAL;
	CHECK(config_blame(&c, &info, why, sizeof(why)) && strstr(why, "external"));
	c = good;
	c.pattern = ACQ_PATTERN_PRBS;
	CHECK(config_blame(&c, &info, why, sizeof(why)) && strstr(why, "prbs"));
	c = good;
	c.transfer = ACQ_TRANSFER_FIFO;
	CHECK(config_blame(&c, &info, why, sizeof(why)) && strstr(why, "fifo"));
	c = good;
	c.count = 1;
	CHECK(config_blame(&c, &info, why, sizeof(why)));
	c = good;
	c.trigger = ACQ_TRIGGER_LEVEL;
	c.channel_mask = 1;
	c.trigger_channel = 1;
	info.caps |= ACQ_CAP_TRIGGER_LEVEL;
	CHECK(config_blame(&c, &info, why, sizeof(why)) && strstr(why, "channel 1"));
	c.trigger_channel = 0;
	CHECK(!config_blame(&c, &info, why, sizeof(why)));
}

static void test_paths(void)
{
	char path[64], tiny[8];

	CHECK(!acq_path(NULL, path, sizeof(path)) && !strcmp(path, "/dev/acqdev"));
	CHECK(!acq_path("0", path, sizeof(path)) && !strcmp(path, "/dev/acqdev"));
	CHECK(!acq_path("acqdev0", path, sizeof(path)) && !strcmp(path, "/dev/acqdev"));
	CHECK(!acq_path("acqdev", path, sizeof(path)) && !strcmp(path, "/dev/acqdev"));
	CHECK(!acq_path("12", path, sizeof(path)) && !strcmp(path, "/dev/acqdev12"));
	CHECK(!acq_path("acqdev3", path, sizeof(path)) && !strcmp(path, "/dev/acqdev3"));
	CHECK(!acq_path("./x", path, sizeof(path)) && !strcmp(path, "./x"));
	CHECK(!acq_path("r1-1", path, sizeof(path)) && !strcmp(path, "/dev/acq/by-id/r1-1"));
	CHECK(acq_path("acqdev", tiny, sizeof(tiny)));
}

static void test_names(void)
{
	char text[64], tiny[6];

	CHECK(name_value(&format_names, "s32") == ACQ_FORMAT_S32);
	CHECK(name_value(&format_names, "s64") == -1);
	CHECK(!strcmp(name_of(&state_names, ACQ_STATE_GONE), "gone"));
	CHECK(!strcmp(name_of(&state_names, 99), "unknown"));
	CHECK(!strcmp(name_list(&format_names, 0x5, text, sizeof(text)), "s8 s16"));
	CHECK(strlen(name_list(&format_names, 0x3f, tiny, sizeof(tiny))) < sizeof(tiny));
	CHECK(!strcmp(cause_text(ACQ_CAUSE_CARD_FIFO), "card FIFO overflow"));
	CHECK(!strcmp(cause_text(99), "unknown cause"));
}

static void verify_layout(const char *pattern, enum pattern_kind kind, unsigned int width,
			  unsigned int channels)
{
	static unsigned char data[3 * 5 * 4 * 4000];
	size_t frame = (size_t)width * channels, frames = sizeof(data) / frame, at, i;
	const uint64_t index = 0x123456789aULL;
	struct pattern p;
	struct verify v;

	pattern_seek(&p, kind, width, index * channels);
	pattern_fill(&p, data, frames * channels);
	CHECK(verify_begin(&v, pattern, width, channels));
	verify_seek(&v, index);
	CHECK(verify_piece(&v, data, frames * frame) && v.bytes == frames * frame);
	/* in pieces of any number of frames */
	verify_seek(&v, index);
	for (at = 0, i = 1; at < frames; at += i, i = i * 7 % 997) {
		i = i < frames - at ? i : frames - at;
		CHECK(verify_piece(&v, data + at * frame, i * frame));
	}
	/* behind a gap */
	verify_seek(&v, index + 100);
	CHECK(verify_piece(&v, data + 100 * frame, frame));
	verify_seek(&v, index + 101);
	CHECK(!verify_piece(&v, data + 100 * frame, 64 * frame));
	/* one wrong bit, anywhere */
	for (i = 0; i < 50; i++) {
		at = (i * 104729 + i) % (frames * frame);
		data[at] ^= 1 << i % 8;
		verify_seek(&v, index);
		CHECK(!verify_piece(&v, data, frames * frame));
		CHECK(v.bad.offset == at && v.bad.frame == index + at / frame &&
		      v.bad.channel == at % frame / width);
		CHECK((v.bad.got ^ v.bad.expected) == 1U << (8 * (at % width) + i % 8));
		data[at] ^= 1 << i % 8;
	}
}

static void test_verify(void)
{
	unsigned int width, channels;
	struct verify v;

	for (width = 1; width <= 4; width *= 2) {
		for (channels = 1; channels <= 5; channels++) {
			verify_layout("ramp", PATTERN_RAMP, width, channels);
			verify_layout("prbs", PATTERN_PRBS, width, channels);
		}
	}
	CHECK(!verify_begin(&v, "input", 2, 1));
	CHECK(!verify_begin(&v, "noise", 2, 1));
	CHECK(!verify_begin(&v, "ramp", 0, 1));
	CHECK(!verify_begin(&v, "ramp", 2, 0));
}

/* A head: a chunk that is skipped, the format, the samples */
static const unsigned char wav_head[] = {
	'R', 'I', 'F', 'F', 0xff, 0xff, 0xff, 0xff, 'W', 'A', 'V', 'E',
	'j', 'u', 'n', 'k', 3, 0, 0, 0, 1, 2, 3, 0,
	'f', 'm', 't', ' ', 16, 0, 0, 0,
	1, 0, 2, 0, 0x44, 0xac, 0, 0, 0x10, 0xb1, 2, 0, 4, 0, 16, 0,
	'd', 'a', 't', 'a', 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8,
};

#define WAV_FORMAT	32	/* where the format's body is */
#define WAV_BEGIN	56	/* and the samples */

static enum wav_verdict wav_with(unsigned int at, unsigned int value, struct wav *w)
{
	unsigned char head[sizeof(wav_head)];

	memcpy(head, wav_head, sizeof(head));
	head[at] = value;
	head[at + 1] = value >> 8;
	return wav_parse(head, sizeof(head), w);
}

static void test_wav(void)
{
	static unsigned char large[WAV_HEAD_MAX];
	struct wav w;
	size_t i;

	CHECK(wav_parse(wav_head, sizeof(wav_head), &w) == WAV_FOUND);
	CHECK(w.rate == 44100 && w.channels == 2 && w.format == ACQ_FORMAT_S16 &&
	      w.begin == WAV_BEGIN && w.bytes == 8);
	/* however it comes in pieces, from memory that ends there */
	for (i = 0; i < sizeof(wav_head); i++) {
		unsigned char *part = malloc(i ? i : 1);

		memcpy(part, wav_head, i);
		CHECK(wav_parse(part, i, &w) == (i < WAV_BEGIN ? WAV_MORE : WAV_FOUND));
		free(part);
	}
	CHECK(wav_with(0, 'R' | 'X' << 8, &w) == WAV_NOT);
	CHECK(wav_with(8, 'A' | 'V' << 8, &w) == WAV_NOT);
	CHECK(wav_parse((const unsigned char *)"raw", 3, &w) == WAV_NOT);
	/* of who could not go back to write the length */
	CHECK(wav_with(WAV_BEGIN - 4, 0, &w) == WAV_FOUND && w.bytes == ~0ULL);
	CHECK(wav_with(WAV_FORMAT, 3, &w) == WAV_BAD && strstr(w.fault, "no integers"));
	CHECK(wav_with(WAV_FORMAT + 14, 24, &w) == WAV_BAD && strstr(w.fault, "neither"));
	CHECK(wav_with(WAV_FORMAT + 14, 12, &w) == WAV_BAD);
	CHECK(wav_with(WAV_FORMAT + 14, 0xfff8, &w) == WAV_BAD);
	CHECK(wav_with(WAV_FORMAT + 2, 0, &w) == WAV_BAD);
	CHECK(wav_with(WAV_FORMAT + 12, 6, &w) == WAV_BAD && strstr(w.fault, "damaged"));
	CHECK(wav_with(WAV_FORMAT + 14, 32, &w) == WAV_BAD);
	/* samples before the format; a format of no size; a chunk without an end */
	CHECK(wav_with(24, 'x', &w) == WAV_BAD && strstr(w.fault, "does not say"));
	CHECK(wav_with(WAV_FORMAT - 4, 4, &w) == WAV_BAD);
	CHECK(wav_with(18, 0xffff, &w) == WAV_BAD && strstr(w.fault, "too long"));
	memcpy(large, wav_head, 24);
	CHECK(wav_parse(large, sizeof(large), &w) == WAV_BAD);
}

static void test_times(void)
{
	struct utc_clock clock = { .offset_ns = 1000 };
	int64_t ns = 0;
	char text[UTC_MAX];

	CHECK(!strcmp(utc_text(0, text), "1970-01-01T00:00:00.000000000Z"));
	CHECK(!strcmp(utc_text(-1, text), "1969-12-31T23:59:59.999999999Z"));
	CHECK(!strcmp(utc_text(1796040000123456789, text), "2026-11-30T12:00:00.123456789Z"));
	utc_text(INT64_MAX, text);
	utc_text(INT64_MIN, text);
	CHECK(utc_parse("2026-11-30T12:00:00.123456789Z", &ns) && ns == 1796040000123456789);
	ns = 7;
	CHECK(!utc_parse("9999-11-30T12:00:00Z", &ns) && !utc_parse("0001-01-01T00:00:00Z", &ns));
	CHECK(!utc_parse("2262-04-11T23:47:16.9Z", &ns) && ns == 7);
	CHECK(text_is_utf8("") && text_is_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
	CHECK(!text_is_utf8("\xe4") && !text_is_utf8("\xc0\x80") && !text_is_utf8("\x80"));
	CHECK(!text_is_utf8("\xed\xa0\x80") && !text_is_utf8("\xf4\x90\x80\x80") &&
	      !text_is_utf8("a\xe2\x82"));
	/* the sample itself, one before and one behind it, and one of a year later */
	CHECK(utc_of(&clock, 5000000, 70, 70, 48000000) == 5001000);
	CHECK(utc_of(&clock, 5000000, 70, 118, 48000000) == 6001000);
	CHECK(utc_of(&clock, 5000000, 70, 22, 48000000) == 4001000);
	CHECK(utc_of(&clock, 0, 0, 31536000ULL * 125000000, 125000000000) == 31536000000001000);
	CHECK(utc_of(&clock, 5000000, 70, 118, 0) == 5001000);
	utc_read(&clock);
	CHECK(clock.offset_ns > 0 && clock.within_ns < 1000000000);
}

static void names_recording(const char *arg, const char *want)
{
	char *base = sigmf_name_base(arg);

	CHECK(base && !strcmp(base, want));
	free(base);
}

static void test_recordings(void)
{
	names_recording("a", "a");
	names_recording("x/a.sigmf-data", "x/a");
	names_recording("x/a.sigmf-meta", "x/a");
	names_recording("x/a.sigmf-journal", "x/a");
	names_recording("a.sigmf", "a");
	names_recording("a.raw", "a.raw");
	names_recording("a.sigmf-data.sigmf-data", "a.sigmf-data");
	names_recording(".sigmf-data", ".sigmf-data");
	names_recording("x/.sigmf-data", "x/.sigmf-data");
	CHECK(!strcmp(sigmf_name_last("a"), "a") && !strcmp(sigmf_name_last("/x/a"), "a"));
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "numbers", test_numbers },
	{ "durations", test_durations },
	{ "channels", test_channels },
	{ "numbers round trip", test_round_trips },
	{ "settings", test_settings },
	{ "settings round trip", test_settings_round_trip },
	{ "changes told", test_changes },
	{ "refusals explained", test_blame },
	{ "device arguments", test_paths },
	{ "names", test_names },
	{ "verification", test_verify },
	{ "WAV heads", test_wav },
	{ "times of day", test_times },
	{ "names of recordings", test_recordings },
};

int main(void)
{
	unsigned int i, failed = 0, num = sizeof(tests) / sizeof(tests[0]);

	printf("KTAP version 1\n1..%u\n", num);
	for (i = 0; i < num; i++) {
		bad = 0;
		checks = 0;
		tests[i].run();
		failed += !!bad;
		printf("%sok %u %s # %u checks\n", bad ? "not " : "", i + 1, tests[i].name, checks);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
