// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,arm64-16k,debug
 * acqtest: ramp iommu kernels=6.12,arm64
 * acqtest: ramp bounce kernels=6.12
 * acqtest: ramp program=map-fifo takes=20 kernels=6.12 args="layout_is_what_it_says \
 *	every_sample_comes_to_the_end a_gap_is_in_the_block_table \
 *	a_monitor_sees_what_was_overwritten the_next_run_has_a_ring_of_its_own it_outlives_the_card"
 * acqtest: losing program=map-xdma kernels=7
 * acqtest: litepcie program=map-litepcie kernels=7
 * acqtest: sound program=map-ac97 kernels=7 \
 *	args="layout_is_what_it_says every_sample_comes_to_the_end \
 *	a_dmabuf_shows_the_slots it_outlives_the_card"
 */
/* The mapped ring: what it shows, how a reader goes on in it, how long it lives. */
#include "guest.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define FOREVER		(~0ULL)

static char buf[1 << 20];

struct view {
	int fd;
	struct acq_map map;
	const struct acq_meta *meta;
	const struct acq_block *table;
	const char *data;
	struct acq_advance at;	/* the answer to the last step() */
};

static void unview(struct view *view)
{
	if (view->meta)
		munmap((void *)view->meta, view->map.bytes);
	view->meta = NULL;
}

static void view_map(struct view *view, int fd)
{
	void *map;

	view->fd = fd;
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &view->map), 0);
	map = mmap(NULL, view->map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	view->meta = map;
	view->table = map + view->meta->table_offset;
	view->data = map + view->meta->data_offset;
	view->at = (struct acq_advance){ .run = view->map.run };
}

/* Done with all before @position; wait for more if @timeout_ns is not 0. */
static int step(struct view *view, uint64_t position, uint64_t timeout_ns)
{
	struct acq_advance *at = &view->at;

	at->position = position;
	at->flags = timeout_ns ? ACQ_ADVANCE_WAIT : 0;
	at->timeout_ns = timeout_ns;
	return ioctl(view->fd, ACQ_IOC_ADVANCE, at);
}

/* Check what is readable against the ramp; returns the position behind it. */
static uint64_t check_readable(struct view *view)
{
	const struct acq_meta *meta = view->meta;
	uint64_t head = __atomic_load_n(&meta->head, __ATOMIC_ACQUIRE);
	uint64_t position = view->at.position, number = view->at.block;
	uint32_t offset = view->at.offset;

	while (position < head) {
		const struct acq_block *block = &view->table[number % meta->slots];
		uint32_t bytes = block->bytes;

		CHECK_EQ(block->number, number);
		CHECK_EQ(block->position + offset, position);
		if (bytes > head - block->position)
			bytes = head - block->position;
		CHECK(is_ramp(view->data + number % meta->slots * meta->block_bytes + offset,
			      bytes - offset, block->index + offset / FRAME));
		position += bytes - offset;
		offset = 0;
		number++;
	}
	return position;
}

static struct acq_reader_stats stats_of(int fd)
{
	struct acq_reader_stats stats;

	CHECK_EQ(ioctl(fd, ACQ_IOC_READER_STATS, &stats), 0);
	return stats;
}

TEST(there_is_nothing_to_map_before_there_is_a_ring)
{
	int fd = fresh();

	CHECK(mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENODATA);
}

TEST(layout_is_what_it_says)
{
	struct acq_config config = plain_config();
	const struct acq_meta *meta;
	struct view view;
	void *part;

	view_map(&view, fresh());
	meta = view.meta;
	CHECK_EQ(meta->meta_bytes, sizeof(*meta));
	CHECK_EQ(meta->block_struct_bytes, sizeof(struct acq_block));
	CHECK_EQ(meta->data_offset, view.map.data_offset);
	CHECK_EQ(meta->data_bytes, config.ring_bytes);
	CHECK_EQ(meta->data_offset + meta->data_bytes, view.map.bytes);
	CHECK_EQ(meta->block_bytes, config.block_bytes);
	CHECK_EQ(meta->block_used, config.block_bytes);
	CHECK_EQ(meta->frame_bytes, FRAME);
	CHECK_EQ(meta->run, status_of(view.fd).run);
	CHECK_EQ(meta->state, ACQ_STATE_RUNNING);
	CHECK_EQ(meta->end, ACQ_END_NOT);
	/* A part of it, from anywhere */
	part = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, view.fd, meta->data_offset);
	CHECK(part != MAP_FAILED);
	munmap(part, PAGE_BYTES);
	unview(&view);
}

TEST(nothing_but_reading_is_allowed)
{
	struct view view;
	size_t bytes;
	int fd;

	view_map(&view, fresh());
	fd = view.fd;
	bytes = view.map.bytes;
	CHECK(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	CHECK(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	CHECK(mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	CHECK(mmap(NULL, bytes + PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, PAGE_BYTES) == MAP_FAILED);
	CHECK_ERR(mprotect((void *)view.meta, PAGE_BYTES, PROT_READ | PROT_WRITE), EACCES);
	CHECK_ERR(mprotect((void *)view.meta, PAGE_BYTES, PROT_READ | PROT_EXEC), EACCES);
	unview(&view);
}

TEST(every_sample_comes_to_the_end)
{
	struct acq_config config = plain_config();
	struct view view;
	uint64_t used = 0;
	int fd = fresh();

	config.count = 500000 / (over_fifo() ? 10 : 1);
	config.ring_bytes *= 4;
	configure(fd, config);
	card("speed %d", over_fifo() ? 1 : 5);
	view_map(&view, fd);
	for (;;) {
		CHECK_EQ(step(&view, used, FOREVER), 0);
		CHECK_EQ(view.at.position, used);
		CHECK_EQ(view.at.index, used / FRAME);
		CHECK(!(view.at.flags & ACQ_ADVANCE_GAP));
		if (view.at.flags & ACQ_ADVANCE_END)
			break;
		used = check_readable(&view);
	}
	CHECK_EQ(used, config.count * FRAME);
	CHECK_EQ(view.meta->end, ACQ_END_FINISHED);
	CHECK_EQ(stats_of(fd).bytes, used);
	unview(&view);
}

TEST(reads_and_steps_share_a_position)
{
	struct view view;
	int fd = fresh();

	view_map(&view, fd);
	read_all(fd, buf, 10000);
	CHECK(is_ramp(buf, 10000, 0));
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	CHECK_EQ(view.at.position, 10000);
	CHECK(check_readable(&view) > 10000);
	CHECK_EQ(step(&view, 10004, 0), 0);
	read_all(fd, buf, 400);
	CHECK(is_ramp(buf, 400, 2501));
	CHECK_EQ(step(&view, 5000, 0), 0);	/* never back */
	CHECK_EQ(view.at.position, 10404);
	CHECK_ERR(step(&view, 10406, 0), EINVAL);	/* in a frame */
	CHECK_ERR(step(&view, view.meta->head + (1 << 20), 0), EINVAL);
	CHECK_EQ(step(&view, 0, 0), 0);
	CHECK_EQ(view.at.position, 10404);
	view.at.run++;	/* of another run: where that was means nothing here */
	CHECK_EQ(step(&view, 20000000, 0), 0);
	CHECK_EQ(view.at.position, 10404);
	CHECK_EQ(view.at.run, view.map.run);
	unview(&view);
}

TEST(bad_steps_are_refused)
{
	struct acq_advance at = {};
	int fd = fresh(), writer;

	at.flags = ACQ_ADVANCE_GAP;
	CHECK_ERR(ioctl(fd, ACQ_IOC_ADVANCE, &at), EINVAL);
	at.flags = 0;
	at.reserved[1] = 1;
	CHECK_ERR(ioctl(fd, ACQ_IOC_ADVANCE, &at), EINVAL);
	CHECK_ERR(ioctl(fd, ACQ_IOC_ADVANCE, (void *)8), EFAULT);
	writer = node(O_WRONLY);
	CHECK_ERR(ioctl(writer, ACQ_IOC_ADVANCE, &at), EBADF);
	CHECK_ERR(ioctl(writer, ACQ_IOC_MAP, buf), EBADF);
	/* None of these has made the stream start. */
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
}

TEST(poll_follows_the_steps)
{
	struct acq_reader_config reader = { .watermark = 20000 };
	struct view view;
	int fd = fresh();

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	view_map(&view, fd);
	CHECK(poll_wait(fd) & POLLIN);
	CHECK_EQ(step(&view, 0, 0), 0);
	CHECK(view.at.head >= 20000);
	card("stall on");
	/* What is sampled still arrives; then nothing new does. */
	do {
		CHECK_EQ(step(&view, view.meta->head, 0), 0);
		nap(50);
	} while (view.meta->head != view.at.position);
	CHECK_EQ(poll_now(fd), 0);
	card("stall off");
	CHECK(poll_wait(fd) & POLLIN);
	CHECK(view.meta->head - view.at.position >= 20000 || view.meta->gaps);
	unview(&view);
}

TEST(a_wait_ends_in_time_or_by_a_signal)
{
	struct acq_config config = plain_config();
	struct view view;
	int fd = fresh(), status;
	pid_t child;

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	view_map(&view, fd);
	CHECK_EQ(view.meta->state, STATE_ARMED(fd));
	CHECK_EQ(step(&view, 0, 20000000), 0);
	CHECK_EQ(view.at.position, view.at.head);
	child = fork();
	if (!child) {
		signal(SIGTERM, SIG_DFL);
		step(&view, 0, FOREVER);
		_exit(1);
	}
	nap(100);
	kill(child, SIGTERM);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status));
	trigger(fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	CHECK(view.at.head > 0);
	unview(&view);
	/* A file that does not block does not wait here either. */
	fd = node(O_RDONLY | O_NONBLOCK);
	view_map(&view, fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	unview(&view);
}

TEST(what_a_holder_has_not_passed_stays)
{
	struct acq_gap gap;
	struct view view;
	int fd = fresh();
	uint64_t used;

	need_losses();
	view_map(&view, fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	/* Slowly, so that nothing is lost before the ring is full. */
	WAIT_FOR(view.meta->head + view.meta->block_bytes >= view.meta->data_bytes);
	card("speed %d", FAST);
	overrun(5000);
	card("speed 1");
	/* The whole ring is there, from the first sample on. */
	CHECK_EQ(view.meta->oldest, 0);
	used = check_readable(&view);
	CHECK(used >= view.meta->data_bytes - view.meta->block_bytes);
	CHECK(!(view.at.flags & ACQ_ADVANCE_GAP));
	do {
		CHECK_EQ(step(&view, used, FOREVER), 0);
		used = check_readable(&view);
	} while (!(view.at.flags & ACQ_ADVANCE_GAP));
	CHECK_EQ(ioctl(fd, ACQ_IOC_GAP, &gap), 0);
	CHECK_EQ(gap.cause, ACQ_CAUSE_RING_FULL);
	CHECK_EQ(gap.lost, lost_of(card_stat("dropped"), 1));
	CHECK_EQ(gap.lost, view.meta->lost);
	CHECK_EQ(view.meta->gaps, 1);
	CHECK_EQ(view.at.gaps, 1);
	CHECK_EQ(view.at.index, gap.index + gap.lost + (view.at.position - gap.position) / FRAME);
	CHECK_EQ(stats_of(fd).lost[ACQ_CAUSE_RING_FULL], gap.lost);
	unview(&view);
}

TEST(a_gap_is_in_the_block_table)
{
	uint64_t used = 0, number;
	const struct acq_block *block;
	struct view view;
	int fd = fresh();
	bool found = false;

	need_losses();
	view_map(&view, fd);
	read_all(fd, buf, 2000);
	card("overflow 777");
	WAIT_FOR(view.meta->gap_end);
	for (number = view.meta->oldest; number <= view.meta->done; number++) {
		block = &view.table[number % view.meta->slots];
		if (block->number != number || !block->lost)
			continue;
		found = true;
		CHECK_EQ(block->lost, view.meta->lost);
		CHECK(block->lost >= 777);
		CHECK_EQ(block->cause, ACQ_CAUSE_CARD_FIFO);
		CHECK_EQ(block->index, block->position / FRAME + block->lost);
		CHECK_EQ(block->position, view.meta->gap_end - 1);
		used = block->position;
	}
	CHECK(found);
	CHECK_EQ(step(&view, used, 0), 0);
	CHECK(view.at.flags & ACQ_ADVANCE_GAP);
	CHECK_EQ(view.at.position, used);
	CHECK_EQ(view.at.index, used / FRAME + view.meta->lost);
	unview(&view);
}

TEST(one_step_tells_all_gaps_on_its_way)
{
	uint64_t used, number, newest = 0, told = 0, lost = 0;
	struct acq_reader_stats stats;
	struct acq_gap gap;
	struct view view;
	int fd = fresh(), i;

	need_losses();
	view_map(&view, fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	for (i = 0; i < 4; i++) {
		used = view.meta->gaps;
		card("overflow %d", 100 + i);
		WAIT_FOR(view.meta->gaps > used);
	}
	used = view.meta->head;
	CHECK_EQ(view.meta->oldest, 0);
	for (number = 0; number < view.meta->slots; number++) {
		const struct acq_block *block = &view.table[number];

		if (block->position >= used || !block->lost)
			continue;
		newest = block->position;
		lost += block->lost;
		told++;
	}
	CHECK(told >= 4);
	CHECK_EQ(step(&view, used, 0), 0);
	CHECK(view.at.flags & ACQ_ADVANCE_GAP);
	CHECK_EQ(view.at.position, used);
	CHECK_EQ(view.at.gaps, told);
	CHECK_EQ(view.at.index, used / FRAME + lost);
	CHECK_EQ(ioctl(fd, ACQ_IOC_GAP, &gap), 0);
	CHECK_EQ(gap.count, told);
	CHECK_EQ(gap.position, newest);
	stats = stats_of(fd);
	CHECK_EQ(stats.gaps, told);
	CHECK_EQ(stats.lost[ACQ_CAUSE_CARD_FIFO], lost);
	CHECK_EQ(stats.bytes, used);
	unview(&view);
}

TEST(a_monitor_sees_what_was_overwritten)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_MONITOR };
	struct acq_config config = plain_config();
	struct view view;
	struct acq_gap gap;
	int fd = fresh(), other, i;
	uint64_t lost;

	/* Much buffer for its rate: the other must not lose for slowness. */
	config.ring_bytes *= over_fifo() ? 1 : 2;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	view_map(&view, fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	other = node(O_RDONLY);
	card("speed %d", over_fifo() ? FAST : 4);
	for (i = 0; i < 3; i++)
		read_all(other, buf, view.meta->data_bytes);
	card("speed 1");
	/* A recorder beside it lost nothing. */
	CHECK_EQ(gap_of(other).count, 0);
	CHECK(view.meta->oldest > view.at.block);
	CHECK(view.meta->oldest_position > view.at.position);
	lost = view.at.position / FRAME;
	CHECK_EQ(step(&view, 0, 0), 0);
	CHECK(view.at.flags & ACQ_ADVANCE_GAP);
	CHECK_EQ(ioctl(fd, ACQ_IOC_GAP, &gap), 0);
	CHECK_EQ(gap.cause, ACQ_CAUSE_OVERTAKEN);
	CHECK_EQ(gap.index, lost);
	CHECK_EQ(view.at.index, gap.index + gap.lost);
	CHECK_EQ(view.at.position, view.at.index * FRAME);
	CHECK(view.at.block >= view.meta->oldest);
	card("stall on");
	check_readable(&view);
	unview(&view);
}

TEST(a_fork_has_it_too)
{
	struct view view;
	int status, fd = fresh(), go[2];
	pid_t child;
	char c;

	view_map(&view, fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	CHECK_EQ(pipe(go), 0);
	child = fork();
	if (!child) {
		uint64_t first = view.at.head;

		/* The parent has let go of everything by then. */
		close(go[1]);
		close_all();
		_exit(read(go[0], &c, 1) != 0 || first == 0 ||
		      !is_ramp(view.data, first < 4096 ? first : 4096, 0));
	}
	close(go[0]);
	unview(&view);
	close_all();
	/* The child holds the only reference on the pages now. */
	nap(100);
	close(go[1]);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

TEST(it_can_be_moved_split_and_dropped)
{
	struct view view;
	size_t page = PAGE_BYTES;
	int fd = fresh();
	char *data, *moved, *twin;
	uint64_t used;

	view_map(&view, fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	WAIT_FOR(view.meta->head >= 4 * page);
	card("stall on");
	data = mmap(NULL, 4 * page, PROT_READ, MAP_SHARED, fd, view.map.data_offset);
	CHECK(data != MAP_FAILED);
	CHECK(is_ramp(data, 4 * page, 0));
	/* Not larger: there is no more */
	CHECK(mremap(data, 4 * page, 8 * page, MREMAP_MAYMOVE) == MAP_FAILED);
	moved = mmap(NULL, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(moved != MAP_FAILED);
	CHECK(mremap(data, 4 * page, 4 * page, MREMAP_MAYMOVE | MREMAP_FIXED, moved) == moved);
	CHECK(is_ramp(moved, 4 * page, 0));
	/* A second view of the same, whose pages come when they are touched */
	twin = mremap(moved, 0, 4 * page, MREMAP_MAYMOVE);
	CHECK(twin == MAP_FAILED || is_ramp(twin, 4 * page, 0));
	CHECK_EQ(munmap(moved + page, page), 0);
	CHECK(is_ramp(moved, page, 0));
	CHECK(is_ramp(moved + 2 * page, 2 * page, 2 * page / FRAME));
	CHECK_EQ(madvise(moved + 2 * page, 2 * page, MADV_DONTNEED), 0);
	CHECK(is_ramp(moved + 2 * page, 2 * page, 2 * page / FRAME));
	CHECK_EQ(munmap(moved, page), 0);
	CHECK_EQ(munmap(moved + 2 * page, 2 * page), 0);
	if (twin != MAP_FAILED) {
		CHECK(is_ramp(twin, 4 * page, 0));
		CHECK_EQ(munmap(twin, 4 * page), 0);
	}
	used = check_readable(&view);
	CHECK_EQ(step(&view, used, 0), 0);
	unview(&view);
}

TEST(the_next_run_has_a_ring_of_its_own)
{
	struct acq_config config = plain_config();
	struct view first, second;
	int fd = fresh();

	config.count = 1000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	view_map(&first, fd);
	WAIT_FOR(first.meta->end == ACQ_END_FINISHED);
	config.count = 0;
	config.block_bytes = 2 * PAGE_BYTES;
	configure(fd, config);
	CHECK_EQ(step(&first, 4000, 0), 0);
	CHECK(first.at.flags & ACQ_ADVANCE_END);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(step(&first, 4000, FOREVER), 0);
	CHECK_EQ(first.at.run, first.map.run + 1);
	CHECK_EQ(first.at.position, 0);
	/* The old one shows what it did. */
	CHECK_EQ(first.meta->run, first.map.run);
	CHECK_EQ(first.meta->head, 4000);
	CHECK(is_ramp(first.data, 4000, 0));
	view_map(&second, fd);
	CHECK_EQ(second.meta->run, first.at.run);
	CHECK_EQ(second.meta->block_bytes, 2 * PAGE_BYTES);
	CHECK_EQ(step(&second, 0, FOREVER), 0);
	CHECK(check_readable(&second) > 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	unview(&first);
	unview(&second);
}

static int export(int fd, uint32_t first, uint32_t count, size_t *bytes)
{
	struct acq_export export = { .flags = O_CLOEXEC, .first = first, .count = count };

	CHECK_EQ(ioctl(fd, ACQ_IOC_EXPORT, &export), 0);
	*bytes = export.bytes;
	return export.fd;
}

TEST(a_dmabuf_shows_the_slots)
{
	struct view view;
	int fd = fresh(), buffer;
	size_t bytes;
	char *data;

	view_map(&view, fd);
	buffer = export(fd, 0, 0, &bytes);
	CHECK_EQ(bytes, view.meta->data_bytes);
	CHECK_EQ(lseek(buffer, 0, SEEK_END), bytes);
	data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, buffer, 0);
	CHECK(data != MAP_FAILED);
	CHECK(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer, 0) == MAP_FAILED);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	WAIT_FOR(view.meta->head > 20000);
	CHECK(is_ramp(data, 20000, 0));
	munmap(data, bytes);
	close(buffer);

	/* A part: slots 2 and 3 */
	buffer = export(fd, 2, 2, &bytes);
	CHECK_EQ(bytes, 2 * view.meta->block_bytes);
	WAIT_FOR(view.meta->head >= 2 * bytes);
	data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, buffer, 0);
	CHECK(data != MAP_FAILED);
	CHECK(is_ramp(data, bytes, bytes / FRAME));
	munmap(data, bytes);
	close(buffer);
	unview(&view);
}

TEST(bad_exports_are_refused)
{
	struct acq_export export = {};
	struct view view;
	int fd = fresh();

	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, &export), ENODATA);
	view_map(&view, fd);
	export.flags = O_RDWR;
	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, &export), EINVAL);
	export.flags = 0;
	export.reserved = 1;
	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, &export), EINVAL);
	export.reserved = 0;
	export.first = view.meta->slots;
	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, &export), EINVAL);
	export.first = 1;
	export.count = view.meta->slots;
	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, &export), EINVAL);
	export.count = ~0U;
	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, &export), EINVAL);
	CHECK_ERR(ioctl(fd, ACQ_IOC_EXPORT, (void *)8), EFAULT);
	unview(&view);
}

TEST(an_exported_ring_is_not_recycled)
{
	struct acq_config config = plain_config();
	int fd = fresh(), buffer, keep;
	struct view view;
	size_t bytes;
	char *data;

	config.ring_bytes = 64 << 10;
	config.count = 2000;
	configure(fd, config);
	view_map(&view, fd);
	WAIT_FOR(view.meta->end == ACQ_END_FINISHED);
	buffer = export(fd, 0, 0, &bytes);
	unview(&view);
	/* With the node open the stream keeps its last run, for the next one's sake. */
	keep = open(NODE, O_RDONLY | O_CLOEXEC);
	CHECK(keep >= 0);
	close_all();
	fd = node(O_RDWR);
	/* More than a ring: if it were this one, another part of the ramp would be in it. */
	config.count = 0;
	configure(fd, config);
	read_all(fd, buf, 100000);
	data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, buffer, 0);
	CHECK(data != MAP_FAILED);
	CHECK(is_ramp(data, 8000, 0));
	close(buffer);
	CHECK(is_ramp(data, 8000, 0));
	munmap(data, bytes);
	close(keep);
}

/* Tests that failed may have left some. Each keeps the number of the node in use. */
static void unmap_everything(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from, to;
	char line[400];

	CHECK(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, NODE) && sscanf(line, "%lx-%lx", &from, &to) == 2)
			munmap((void *)from, to - from);
	}
	fclose(maps);
}

TEST(it_outlives_the_card)
{
	struct view view;
	int fd = fresh();
	uint64_t used;

	card_address();
	unmap_everything();
	view_map(&view, fd);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	WAIT_FOR(view.meta->head > 20000);
	driver("unbind");
	CHECK_EQ(view.meta->end, ACQ_END_GONE);
	CHECK_EQ(view.meta->state, ACQ_STATE_GONE);
	CHECK_EQ(step(&view, 0, FOREVER), 0);
	used = check_readable(&view);
	CHECK(used > 20000);
	/* Drained, then the end, with the place in it all the same */
	CHECK_ERR(step(&view, used, FOREVER), ENODEV);
	CHECK_EQ(view.at.position, used);
	CHECK_EQ(poll_now(fd), POLLIN | POLLERR | POLLHUP);
	close_all();
	CHECK(is_ramp(view.data, 20000, 0));
	/* The mapping keeps the file open, and with it the number of the node. */
	unview(&view);
	driver("bind");
	WAIT_FOR(access(NODE, R_OK) == 0);
}

HARNESS_MAIN
