// SPDX-License-Identifier: GPL-2.0-only
/*
 * A made-up /dev/acqdev below the tool: the linker sends its system calls here.
 *
 * The environment variable ACQ_FAKE is the plot, words with commas between:
 *	frames=N	the run's frames, lost ones included (default 100000)
 *	first=N		sample index where the reader begins
 *	gap=AT:LOST:CAUSE	from sample index AT on, LOST frames are lost; ~LOST: estimated
 *	old=1		the driver knows no gaps that stand, and not ACQ_READER_GAP_ONCE
 *	end=HOW		finish (default), gone, eio, hang
 *	piece=N		most bytes of one read
 *	packets=1	the card has packets, of so many bytes
 *	fixed=1		its frames have all channels, always; 2: and it does not say so
 *	eagain=N	every Nth read says EAGAIN; likewise eintr=N
 *	slots=N		of the ring that is mapped (default 8)
 *	run=N state=N	of the run (default 1), of the stream; flip=N: byte N is wrong
 *	open=ERRNO	open fails; likewise info=, start=, config=; holding=1: nobody may hold
 *	layout=FORMAT:CHANNELS
 *	sine=N pace=1	a sine of N frames in 16 bits; a mapped ring fills at the card's rate
 *	output=1	it plays; a gap is an underrun then, and an end other than finish
 *			comes with the frame behind the last one, hang when it is drained
 *	late=1		how long an underrun was is known at the next one, or at the end
 *	played=N	bytes of what hangs or is dropped that have been played
 * ACQ_FAKE_PLAYED gets what is played; ACQ_FAKE_SERIAL is the serial number.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/acqdev.h>

#include "fake.h"
#include "fake_signal.h"
#include "names.h"

#define MAX_GAPS	2000
#define CLOCK		96000000000ULL

static struct {
	int fd, flags;
	uint64_t frames, index, bytes, reads;
	uint64_t piece, packet, eagain, eintr, flip, empty, run, state;
	uint64_t open_error, info_error, start_error, config_error, holding, sine, pace;
	const char *end;
	struct acq_config config;
	struct acq_reader_config reader;
	struct acq_gap gap[MAX_GAPS], met;
	unsigned int gaps;
	bool attached, packets, eop, old, stands;
	struct {
		bool is, late, ended;
		int fd;
		uint64_t accepted, played, dropped;
		uint64_t dry;		/* frames of the underrun that is open */
		uint64_t lost[8];
	} out;
	unsigned int fixed;
	double began;			/* CLOCK_MONOTONIC at sample index 0, at the card's rate */
	struct ring {
		int fd;
		struct acq_meta *meta;
		struct acq_block *table;
		unsigned char *data;
		size_t bytes;
		uint64_t slots, made, held;	/* made: sample index; held: block */
	} ring;
} fake = {
	.fd = -1, .run = 1, .state = ~0ULL,
	.frames = 100000,
	.piece = ~0ULL,
	.flip = ~0ULL,
	.ring.slots = 8,
	.end = "finish",
	.config = {
		.format = ACQ_FORMAT_S16,
		.rate_millihz = 48000000,
		.channel_mask = 0xf,
		.pattern = ACQ_PATTERN_PRBS,
		.block_bytes = 65536,
		.ring_bytes = 16 << 20,
		.irq_frames = 4096,
		.irq_us = 1000,
		.frame_bytes = 8,
		.block_used = 65536,
	},
};

static void set_layout(unsigned int format, unsigned int channels)
{
	fake.config.format = format;
	fake.config.channel_mask = ~0ULL >> (64 - channels);
	fake.config.frame_bytes = channels * format_width(format);
}

static const struct {
	const char *word;
	uint64_t *value;
} plot_numbers[] = {
	{ "frames", &fake.frames }, { "first", &fake.index }, { "piece", &fake.piece },
	{ "eagain", &fake.eagain }, { "eintr", &fake.eintr }, { "flip", &fake.flip },
	{ "slots", &fake.ring.slots }, { "played", &fake.out.played }, { "run", &fake.run },
	{ "state", &fake.state }, { "holding", &fake.holding },
	{ "open", &fake.open_error }, { "info", &fake.info_error },
	{ "start", &fake.start_error }, { "config", &fake.config_error },
	{ "sine", &fake.sine }, { "pace", &fake.pace },
};

static void plot_word(char *word)
{
	char *value = strchr(word, '=');
	unsigned long long at, lost;
	unsigned int n, cause;
	char format[8], about[2] = "";

	*value++ = '\0';
	for (n = 0; n < sizeof(plot_numbers) / sizeof(plot_numbers[0]); n++) {
		if (!strcmp(word, plot_numbers[n].word)) {
			*plot_numbers[n].value = strtoull(value, NULL, 0);
			return;
		}
	}
	if (!strcmp(word, "packets"))
		fake.packets = true;
	else if (!strcmp(word, "output"))
		fake.out.is = true;
	else if (!strcmp(word, "late"))
		fake.out.late = true;
	else if (!strcmp(word, "end"))
		fake.end = value;
	else if (!strcmp(word, "gap") && fake.gaps < MAX_GAPS &&
		 (sscanf(value, "%llu:%llu:%u", &at, &lost, &cause) == 3 ||
		  sscanf(value, "%llu:%1[~]%llu:%u", &at, about, &lost, &cause) == 4))
		fake.gap[fake.gaps++] = (struct acq_gap){
			.index = at, .lost = lost, .cause = cause,
			.flags = *about ? ACQ_GAP_ESTIMATED : 0,
		};
	else if (!strcmp(word, "fixed"))
		fake.fixed = atoi(value);
	else if (!strcmp(word, "old"))
		fake.old = true;
	else if (!strcmp(word, "layout") &&
		 sscanf(value, "%7[a-z0-9]:%u", format, &n) == 2)
		set_layout(name_value(&format_names, format), n);
	else
		abort();
}

static void plot(void)
{
	const char *text = getenv("ACQ_FAKE");
	char *copy, *word, *save;

	fake.gaps = 0;
	copy = strdup(text ? text : "");
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		plot_word(word);
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (strncmp(path, "/dev/acqdev", 11))
		return __real_open(path, flags, mode);
	plot();
	if (fake.open_error) {
		errno = fake.open_error;
		return -1;
	}
	if (strcmp(path, "/dev/acqdev")) {
		errno = ENOENT;
		return -1;
	}
	fake.flags = flags;
	fake.attached = false;
	fake.fd = eventfd(1, EFD_CLOEXEC);
	return fake.fd;
}

static int get_info(struct acq_info *info)
{
	memset(info, 0, sizeof(*info));
	info->caps = ACQ_CAP_DMA | ACQ_CAP_COUNT | ACQ_CAP_RAMP | ACQ_CAP_PRBS |
		     ACQ_CAP_TRIGGER_SOFTWARE | (fake.packets ? ACQ_CAP_PACKETS : 0) |
		     (fake.fixed == 1 ? ACQ_CAP_FIXED_CHANNELS : 0) |
		     (fake.out.is ? ACQ_CAP_OUTPUT : 0);
	strcpy(info->family, "fake");
	strcpy(info->card, "0000:00:00.0");
	snprintf(info->serial, sizeof(info->serial), "%s", getenv("ACQ_FAKE_SERIAL") ?: "0123");
	info->revision = 7;
	info->hw_version = 0x10002;
	info->channels = 4;
	info->formats = 1U << ACQ_FORMAT_S16 | 1U << ACQ_FORMAT_S32 | 1U << ACQ_FORMAT_U8;
	info->rate_min_millihz = 1000;
	info->rate_max_millihz = 2000000000;
	info->fifo_bytes = 65536;
	info->block_min = 4096;
	info->block_max = 4 << 20;
	info->blocks_max = 1024;
	info->ring_max = 1ULL << 30;
	info->timestamp_hz = 100000000;
	return fake.info_error;
}

static int set_config(struct acq_config *config, bool try)
{
	if (fake.config_error)
		return fake.config_error;
	if (config->frame_bytes || config->block_used || config->flags)
		return EINVAL;
	if (fake.fixed == 1)
		config->channel_mask = 0xf;
	if (fake.fixed && config->channel_mask != 0xf)
		return EINVAL;
	if (config->format == ACQ_FORMAT_U32 || config->pretrigger || config->channel_mask & ~0xf ||
	    !config->rate_millihz || config->rate_millihz > CLOCK)
		return EINVAL;
	/* a card whose clock of 96 MHz has whole dividers, and blocks of powers of two */
	config->rate_millihz = CLOCK / (CLOCK / config->rate_millihz);
	while (config->block_bytes & (config->block_bytes - 1))
		config->block_bytes += config->block_bytes & -config->block_bytes;
	config->frame_bytes = __builtin_popcountll(config->channel_mask) *
			      format_width(config->format);
	config->block_used = config->block_bytes - config->block_bytes % config->frame_bytes;
	if (!try)
		fake.config = *config;
	return 0;
}

static int get_status(struct acq_status *status)
{
	memset(status, 0, sizeof(*status));
	status->state = fake.state != ~0ULL ? fake.state :
			fake.attached ? ACQ_STATE_RUNNING : ACQ_STATE_IDLE;
	status->flags = (fake.attached ? ACQ_STATUS_ATTACHED : 0) | (fake.eop ? ACQ_STATUS_EOP : 0);
	status->position = fake.bytes;
	status->index = fake.index;
	status->frames = fake.index;
	status->interrupts = 17;
	status->wakeups = 13;
	status->irq_us = 2500;
	status->irq_frames = 120;
	if (fake.out.is) {
		status->accepted = fake.out.accepted;
		status->dropped = fake.out.dropped;
		status->head = fake.out.ended ? fake.out.accepted - fake.out.dropped :
					       fake.out.played;
	}
	status->error = !strcmp(fake.end, "eio") ? -ETIMEDOUT : 0;
	return 0;
}

/* The first gap that begins at or behind @index. */
static struct acq_gap *gap_ahead(uint64_t index)
{
	unsigned int i;

	for (i = 0; i < fake.gaps; i++)
		if (fake.gap[i].index >= index && fake.gap[i].lost)
			return &fake.gap[i];
	return NULL;
}

static void fill(void *buf, uint64_t index, size_t frames, uint64_t position)
{
	size_t frame = fake.config.frame_bytes;

	if (fake.sine)
		fake_signal_sine(buf, index, frames, frame / sizeof(int16_t), fake.sine);
	else
		fake_signal_pattern(&fake.config, buf, index, frames);
	if (fake.flip >= position && fake.flip < position + frames * frame)
		((unsigned char *)buf)[fake.flip - position] ^= 0x10;
}

/* The ring that a mapping shows */
static int get_map(struct acq_map *map)
{
	struct ring *r = &fake.ring;
	size_t block = fake.config.block_bytes, front = 4096 + ((r->slots * 64 + 4095) & ~4095UL);
	struct timespec now;

	fake.attached = true;
	if (!r->meta) {
		r->bytes = front + r->slots * block;
		r->fd = memfd_create("ring", MFD_CLOEXEC);
		if (r->fd < 0 || ftruncate(r->fd, r->bytes))
			return ENOMEM;
		r->meta = __real_mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
		r->table = (void *)r->meta + 4096;
		r->data = (void *)r->meta + front;
		r->made = fake.index;
		clock_gettime(CLOCK_MONOTONIC, &now);
		fake.began = now.tv_sec + now.tv_nsec / 1e9;
		fake.began -= fake_signal_seconds(&fake.config, fake.index);
		*r->meta = (struct acq_meta) {
			.meta_bytes = sizeof(struct acq_meta),
			.block_struct_bytes = sizeof(struct acq_block),
			.table_offset = 4096, .data_offset = front, .data_bytes = r->slots * block,
			.slots = r->slots, .block_bytes = block,
			.block_used = block - block % fake.config.frame_bytes,
			.frame_bytes = fake.config.frame_bytes, .run = fake.run,
			.base_index = fake.index,
		};
	}
	*map = (struct acq_map) {
		.run = fake.run, .bytes = r->bytes, .data_offset = front,
		.data_bytes = r->slots * block,
	};
	return 0;
}

void *__wrap_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	if (fd != fake.fd || fd < 0)
		return __real_mmap(addr, length, prot, flags, fd, offset);
	if (prot != PROT_READ || (flags & ~MAP_FIXED) != MAP_SHARED || length > fake.ring.bytes) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	return __real_mmap(addr, length, prot, flags, fake.ring.fd, offset);
}

/* The card adds up to @most frames to its block. False: there is no room, or no more to come. */
static bool produce(uint64_t most)
{
	struct ring *r = &fake.ring;
	struct acq_meta *meta = r->meta;
	struct acq_block *block = &r->table[meta->done % r->slots];
	struct acq_gap *gap = gap_ahead(r->made);
	uint32_t frame = meta->frame_bytes, used;
	bool open = meta->head && block->number == meta->done &&
		    !(block->flags & ACQ_BLOCK_COMPLETE);
	uint64_t now = fake.pace ? fake_signal_due(&fake.config, fake.began, r->made) : ~0ULL;

	if (!now || (gap && gap->index == r->made && gap->lost > now))
		return false;
	most = most < now ? most : now;
	if (gap && gap->index == r->made) {
		r->made += gap->lost;
		if (open) {
			block->flags |= ACQ_BLOCK_COMPLETE;
			block = &r->table[++meta->done % r->slots];
			open = false;
		}
	} else {
		gap = NULL;
	}
	if (r->made >= fake.frames) {
		meta->end_lost = gap ? gap->lost : meta->end_lost;
		meta->end_cause = gap ? gap->cause : meta->end_cause;
		meta->end_flags = gap ? gap->flags : meta->end_flags;
		meta->end = strcmp(fake.end, "hang") ? ACQ_END_FINISHED : ACQ_END_NOT;
		return false;
	}
	if (!open && meta->done - r->held >= r->slots) {
		r->made -= gap ? gap->lost : 0;
		return false;
	}
	if (!open) {
		*block = (struct acq_block) {
			.position = meta->head, .index = r->made, .lost = gap ? gap->lost : 0,
			.cause = gap ? gap->cause : 0, .number = meta->done,
			.flags = gap && gap->flags ? ACQ_BLOCK_ESTIMATED : 0,
			.card_time = r->made * 10,
			.time_ns = 1e9 * (fake.began + fake_signal_seconds(&fake.config, r->made)),
		};
		meta->gap_end = gap ? meta->head + 1 : meta->gap_end;
	}
	gap = gap_ahead(r->made);
	used = block->bytes;
	most = most < (meta->block_used - used) / frame ? most : (meta->block_used - used) / frame;
	if (gap && gap->index - r->made < most)
		most = gap->index - r->made;
	if (fake.frames - r->made < most)
		most = fake.frames - r->made;
	fill(r->data + meta->done % r->slots * meta->block_bytes + used, r->made, most, meta->head);
	r->made += most;
	block->bytes += most * frame;
	if (block->bytes == meta->block_used) {
		block->flags |= ACQ_BLOCK_COMPLETE;
		meta->done++;
	}
	__atomic_store_n(&meta->head, meta->head + most * frame, __ATOMIC_RELEASE);
	return true;
}

static int at_end(uint64_t timeout_ns)
{
	struct timespec pause = { .tv_sec = 5 };

	if (!strcmp(fake.end, "gone"))
		return ENODEV;
	if (!strcmp(fake.end, "eio"))
		return EIO;
	if (strcmp(fake.end, "hang"))
		return 0;
	if (timeout_ns < 5000000000ULL) {
		pause.tv_sec = timeout_ns / 1000000000;
		pause.tv_nsec = timeout_ns % 1000000000;
	}
	nanosleep(&pause, NULL);
	return EINTR;
}

static int advance(struct acq_advance *a)
{
	struct ring *r = &fake.ring;
	struct acq_meta *meta = r->meta;
	bool wait = a->flags & ACQ_ADVANCE_WAIT;

	fake.reads++;
	if (a->run != fake.run || a->flags & ~ACQ_ADVANCE_WAIT || a->position > meta->head)
		return EINVAL;
	if (fake.eintr && fake.reads % fake.eintr == 0)
		return EINTR;
	if (a->position > fake.bytes)
		fake.bytes = a->position;
	while (r->held < meta->done && r->table[r->held % r->slots].position +
	       r->table[r->held % r->slots].bytes <= fake.bytes)
		r->held++;
	a->flags = 0;
	if (wait && !(fake.eagain && fake.reads % fake.eagain == 0)) {
		if (fake.piece != ~0ULL)
			produce(fake.piece / meta->frame_bytes);
		else
			while (produce(~0ULL))
				;
	}
	a->position = fake.bytes;
	a->head = meta->head;
	a->block = r->held;
	a->offset = r->held <= meta->done && meta->head ?
		    fake.bytes - r->table[r->held % r->slots].position : 0;
	if (r->made < fake.frames || fake.bytes < meta->head || !wait)
		return 0;
	if (meta->end_lost) {
		a->flags = ACQ_ADVANCE_GAP;
		a->index = r->made;
		meta->end_lost = 0;
		return 0;
	}
	a->flags = ACQ_ADVANCE_END;
	return at_end(a->timeout_ns);
}

/* What is queued goes. */
static int drop(void)
{
	if (!fake.out.is)
		return ENOTTY;
	if (!fake.out.ended && fake.out.played < fake.out.accepted)
		fake.out.dropped = fake.out.accepted - fake.out.played;
	__atomic_store_n(&fake.out.ended, true, __ATOMIC_RELEASE);
	return 0;
}

static int set_reader(const struct acq_reader_config *reader)
{
	bool monitor = reader->flags & ACQ_READER_MONITOR;
	bool writes = fake.out.is && (fake.flags & O_ACCMODE) == O_RDWR;

	if (fake.attached || (fake.holding && !monitor))
		return EBUSY;
	if (fake.old && reader->flags & ACQ_READER_GAP_ONCE)
		return EINVAL;
	if ((fake.out.is && monitor == writes) || (reader->start_bytes && !writes))
		return EINVAL;
	fake.reader = *reader;
	return 0;
}

static int get_stats(struct acq_reader_stats *stats)
{
	*stats = (struct acq_reader_stats){
		.bytes = fake.bytes, .reads = fake.reads - fake.empty, .empty = fake.empty,
	};
	memcpy(stats->lost, fake.out.lost, sizeof(stats->lost));
	return 0;
}

static int call(unsigned long request, void *arg)
{
	bool writable = (fake.flags & O_ACCMODE) == O_RDWR;

	switch (request) {
	case ACQ_IOC_INFO:
		return get_info(arg);
	case ACQ_IOC_GET_CONFIG:
		*(struct acq_config *)arg = fake.config;
		return 0;
	case ACQ_IOC_TRY_CONFIG:
		return set_config(arg, true);
	case ACQ_IOC_SET_CONFIG:
		return writable ? set_config(arg, false) : EBADF;
	case ACQ_IOC_START:
		return writable ? fake.start_error : EBADF;
	case ACQ_IOC_STOP:
	case ACQ_IOC_TRIGGER:
		return writable ? 0 : EBADF;
	case ACQ_IOC_STATUS:
		return get_status(arg);
	case ACQ_IOC_GAP:
		*(struct acq_gap *)arg = fake.met;
		fake.stands = false;
		return 0;
	case ACQ_IOC_GET_READER:
		*(struct acq_reader_config *)arg = fake.reader;
		return 0;
	case ACQ_IOC_READER_STATS:
		return get_stats(arg);
	case ACQ_IOC_MAP:
		return get_map(arg);
	case ACQ_IOC_ADVANCE:
		return advance(arg);
	case ACQ_IOC_SET_READER:
		return set_reader(arg);
	case ACQ_IOC_DROP:
		return writable ? drop() : EBADF;
	}
	return ENOTTY;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;
	int err;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd != fake.fd)
		return __real_ioctl(fd, request, arg);
	err = call(request, arg);
	if (!err)
		return 0;
	errno = err;
	return -1;
}

static ssize_t fail(int err)
{
	errno = err;
	return -1;
}

ssize_t __wrap_read(int fd, void *buf, size_t count)
{
	size_t frame = fake.config.frame_bytes;
	struct acq_gap *gap;
	uint64_t most, piece;
	int err;

	if (fd != fake.fd)
		return __real_read(fd, buf, count);
	fake.attached = true;
	fake.reads++;
	if (count < frame)
		return fail(EINVAL);
	if (fake.eintr && fake.reads % fake.eintr == 0)
		return fail(EINTR);
	if (fake.eagain && fcntl(fd, F_GETFL) & O_NONBLOCK && fake.reads % fake.eagain == 0) {
		eventfd_write(fd, 1); /* the edge that an edge-triggered waiter needs */
		fake.empty++;
		return fail(EAGAIN);
	}
	/* as the mapping shows it: there is more */
	if (fake.ring.meta && fake.index < fake.frames)
		fake.ring.meta->head = fake.bytes + frame;
	if (fake.stands)
		return fail(EPIPE);
	gap = gap_ahead(fake.index);
	if (gap && gap->index == fake.index) {
		fake.stands = !(fake.reader.flags & ACQ_READER_GAP_ONCE);
		fake.met = *gap;
		fake.met.position = fake.bytes;
		fake.met.count++;
		fake.index += gap->lost;
		fake.packet = 0;
		return fail(EPIPE);
	}
	most = (gap && gap->index < fake.frames ? gap->index : fake.frames) - fake.index;
	if (fake.index >= fake.frames) {
		err = at_end(~0ULL);
		return err ? fail(err) : 0;
	}
	/* a piece is a packet, if there are any */
	piece = fake.packets ? fake.piece - fake.packet : fake.piece;
	count = count < piece ? count : piece;
	if (count / frame < most)
		most = count / frame;
	fake.packet = (fake.packet + most * frame) % fake.piece;
	fake.eop = fake.packets && !fake.packet;
	fill(buf, fake.index, most, fake.bytes);
	fake.index += most;
	fake.bytes += most * frame;
	return most * frame;
}

/* The underrun that is open is over. */
static void end_underrun(void)
{
	if (!fake.out.dry)
		return;
	fake.met.lost = fake.out.dry;
	fake.met.flags &= ~ACQ_GAP_OPEN;
	fake.out.lost[fake.met.cause] += fake.out.dry;
	fake.out.dry = 0;
}

/* Is there an underrun here, which nobody has been told of? */
static bool meet_underrun(void)
{
	struct acq_gap *gap = gap_ahead(fake.index);

	if (!gap || gap->index != fake.index)
		return false;
	end_underrun();
	gap->position = fake.out.accepted;
	gap->count = fake.met.count + 1;
	fake.met = *gap;
	fake.met.lost = 0;
	fake.met.flags |= ACQ_GAP_OPEN;
	fake.out.dry = gap->lost;
	fake.index += gap->lost;
	fake.stands = !(fake.reader.flags & ACQ_READER_GAP_ONCE);
	return true;
}

static void keep_played(const void *buf, size_t bytes)
{
	const char *path = getenv("ACQ_FAKE_PLAYED");

	if (path && !fake.out.fd)
		fake.out.fd = __real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (path && __real_write(fake.out.fd, buf, bytes) != (ssize_t)bytes)
		abort();
}

ssize_t __wrap_write(int fd, const void *buf, size_t count)
{
	size_t frame = fake.config.frame_bytes;
	struct acq_gap *gap;
	uint64_t most;

	if (fd != fake.fd)
		return __real_write(fd, buf, count);
	if (!fake.out.is || (fake.flags & O_ACCMODE) != O_RDWR)
		return fail(EBADF);
	if (count < frame)
		return fail(EINVAL);
	fake.attached = true;
	fake.reads++;
	if (fake.eintr && fake.reads % fake.eintr == 0)
		return fail(EINTR);
	if (fake.stands || meet_underrun())
		return fail(EPIPE);
	most = ~0ULL;
	if (!strcmp(fake.end, "gone") || !strcmp(fake.end, "eio"))
		most = fake.frames - fake.out.accepted / frame;
	if (!most)
		return fail(at_end(~0ULL));
	gap = gap_ahead(fake.index);
	if (gap && gap->index - fake.index < most)
		most = gap->index - fake.index;
	count = count < fake.piece ? count : fake.piece;
	if (count / frame < most)
		most = count / frame;
	if (!fake.out.late)
		end_underrun();
	keep_played(buf, most * frame);
	fake.index += most;
	fake.out.accepted += most * frame;
	return most * frame;
}

int __wrap_fsync(int fd)
{
	if (fd != fake.fd)
		return __real_fsync(fd);
	while (!strcmp(fake.end, "hang") && !__atomic_load_n(&fake.out.ended, __ATOMIC_ACQUIRE))
		usleep(1000);
	if (fake.stands || meet_underrun())
		return fail(EPIPE);
	end_underrun();
	fake.out.ended = true;
	return 0;
}
