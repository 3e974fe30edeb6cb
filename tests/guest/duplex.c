// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing add=$BUILD/tests/latency:/latency kernels=7,debug takes=20
 *
 * An input and an output of one card that begin together: what is played comes back as many
 * samples later in each run; what ends one leaves the other.
 */
#include "guest.h"

#define OUT	"/dev/acqdev1"
#define RATE	48000
#define LATENCY	1		/* of the wire of the simulated card */
#define FRAMES	24000

static uint16_t played[2 * FRAMES], heard[2 * FRAMES];

static int open_to(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(nfds < 64);
	fds[nfds++] = fd;
	return fd;
}

static int link_to(int fd, int other)
{
	return ioctl(fd, ACQ_IOC_LINK, &(struct acq_link_to){ .fd = other });
}

struct pair {
	int in, out;
};

static void all_rings_kb(const char *most)
{
	write_file("/sys/module/acqdev/parameters/ring_total_kb", most);
}

/* Both files, idle, not linked; rings that hold all of a test */
static struct pair fresh_pair(void)
{
	struct acq_config config = {
		.format = ACQ_FORMAT_S16,
		.rate_millihz = RATE * 1000,
		.channel_mask = 3,
		.block_bytes = PAGE_BYTES,
		.ring_bytes = 512 << 10,
	};
	struct pair p;

	close_all();
	card("clear");
	card("out stall off");
	card("out refuse off");
	card("refuse off");
	card("speed 4");
	all_rings_kb("0");
	p.in = open_to(NODE, O_RDWR);
	p.out = open_to(OUT, O_WRONLY);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_STOP), 0);
	CHECK_EQ(ioctl(p.out, ACQ_IOC_DROP), 0);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(ioctl(p.out, ACQ_IOC_SET_CONFIG, &config), 0);
	return p;
}

static struct pair linked_pair(void)
{
	struct pair p = fresh_pair();

	CHECK_EQ(link_to(p.in, p.out), 0);
	return p;
}

/* Frames that are no ramp and nowhere 0 */
static void make(unsigned int seed)
{
	size_t i;

	srandom(seed);
	for (i = 0; i < 2 * FRAMES; i++)
		played[i] = random() | 1;
}

static void play(int fd, size_t frames)
{
	CHECK_EQ(write(fd, played, frames * FRAME), frames * FRAME);
}

/* At which index the first @frames come back that were played; before is silence */
static uint64_t comes_back_at(int fd, size_t frames)
{
	size_t at = 0, have = 0, most = 20 * RATE;

	for (;;) {
		CHECK(at < most);
		read_all(fd, heard, FRAME);
		if (heard[0] || heard[1])
			break;
		at++;
	}
	have = FRAME;
	read_all(fd, (char *)heard + have, frames * FRAME - have);
	CHECK(!memcmp(heard, played, frames * FRAME));
	return at;
}

static bool began_together(int fd)
{
	return status_of(fd).flags & ACQ_STATUS_LINKED;
}

TEST(what_can_be_linked)
{
	struct acq_link_to to = { .fd = -1 };
	struct acq_info info;
	struct pair p = fresh_pair();
	int other, plain;

	info = info_of(p.in);
	CHECK(info.caps & ACQ_CAP_LINK);
	info = info_of(p.out);
	CHECK(info.caps & ACQ_CAP_LINK);

	to.flags = 1;
	CHECK_ERR(ioctl(p.in, ACQ_IOC_LINK, &to), EINVAL);
	to.flags = 0;
	to.reserved[2] = 1;
	CHECK_ERR(ioctl(p.in, ACQ_IOC_LINK, &to), EINVAL);
	CHECK_ERR(link_to(p.in, -1), ENOLINK);
	CHECK_ERR(link_to(p.in, -2), EBADF);
	CHECK_ERR(link_to(p.in, p.in), EINVAL);
	other = open_to("/dev/null", O_RDWR);
	CHECK_ERR(link_to(p.in, other), EINVAL);
	other = open_to(OUT, O_RDONLY);
	CHECK_ERR(link_to(p.in, other), EBADF);
	CHECK_ERR(link_to(other, p.in), EBADF);
	other = open_to("/dev/acqdev3", O_WRONLY);
	CHECK_ERR(link_to(p.in, other), EXDEV);
	plain = open_to("/dev/acqdev2", O_RDWR);
	CHECK_ERR(link_to(plain, other), EOPNOTSUPP);

	CHECK_EQ(link_to(p.out, p.in), 0);
	CHECK_ERR(link_to(p.in, p.out), EALREADY);
	other = open_to(NODE, O_RDWR);
	CHECK_ERR(link_to(other, p.out), EALREADY);
	CHECK_ERR(link_to(other, -1), ENOLINK);
	CHECK_EQ(link_to(p.in, -1), 0);
	CHECK_ERR(link_to(p.out, -1), ENOLINK);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
	CHECK_ERR(link_to(p.in, p.out), EBUSY);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_STOP), 0);
	CHECK_EQ(link_to(p.in, p.out), 0);
}

/* However they are begun, and again and again */
TEST(the_way_round_is_always_as_long)
{
	struct acq_reader_config how = { .start_bytes = 8000 };
	unsigned int rounds = is_slow() ? 20 : 100, i;
	struct pair p;

	for (i = 0; i < rounds; i++) {
		p = linked_pair();
		CHECK_EQ(ioctl(p.out, ACQ_IOC_SET_READER, &how), 0);
		make(i);
		switch (i % 5) {
		case 0:		/* by its threshold */
			play(p.out, 4000);
			break;
		case 1:		/* by START of either */
			play(p.out, 1000);
			CHECK_EQ(ioctl(p.out, ACQ_IOC_START), 0);
			break;
		case 2:
			play(p.out, 1000);
			CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
			break;
		case 3:		/* by the read below */
			play(p.out, 1000);
			break;
		case 4:		/* before anything has been written */
			CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
			nap(5);
			CHECK_EQ(status_of(p.in).frames, 0);
			play(p.out, 1000);
			break;
		}
		CHECK_EQ(comes_back_at(p.in, 1000), LATENCY);
		CHECK(began_together(p.in));
		CHECK(began_together(p.out));
	}
}

TEST(without_a_link_it_is_not)
{
	struct pair p = fresh_pair();

	make(1);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
	WAIT_FOR(status_of(p.in).frames > 200);
	play(p.out, 1000);
	CHECK_EQ(ioctl(p.out, ACQ_IOC_START), 0);
	CHECK(comes_back_at(p.in, 1000) > 100);
	CHECK(!began_together(p.in));
	CHECK(!began_together(p.out));
}

TEST(a_drain_begins_both_and_ends_one)
{
	struct pair p = linked_pair();

	make(2);
	play(p.out, 500);
	CHECK_EQ(fsync(p.out), 0);
	CHECK_EQ(status_of(p.out).state, ACQ_STATE_IDLE);
	CHECK_EQ(comes_back_at(p.in, 500), LATENCY);
	CHECK_EQ(status_of(p.in).state, ACQ_STATE_RUNNING);
	/* One that runs is not begun again: the next ones do not begin together. */
	play(p.out, 500);
	CHECK_EQ(fsync(p.out), 0);
	CHECK(comes_back_at(p.in, 500) > 0);
	CHECK(began_together(p.in));
	CHECK(!began_together(p.out));
	CHECK_ERR(ioctl(p.out, ACQ_IOC_START), EBUSY);
	CHECK_EQ(status_of(p.out).state, ACQ_STATE_IDLE);
}

TEST(the_input_ends_and_the_output_does_not)
{
	struct pair p = linked_pair();
	uint64_t head;

	make(3);
	play(p.out, 20000);
	CHECK_EQ(comes_back_at(p.in, 1000), LATENCY);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_STOP), 0);
	head = status_of(p.out).head;	/* on a late machine it is most */
	WAIT_FOR(status_of(p.out).head > (head < 10000 ? head + 8000 : 18000));
	CHECK_EQ(fsync(p.out), 0);
	CHECK_EQ(status_of(p.out).lost, 0);
}

TEST(one_fails_and_the_other_does_not)
{
	struct pair p = linked_pair();

	make(4);
	card("out stall on");
	play(p.out, 20000);
	WAIT_FOR(status_of(p.in).state == ACQ_STATE_RUNNING);
	/* Nothing begins before the output has its first block. */
	nap(50);
	CHECK_EQ(status_of(p.in).frames, 0);
	card("out fail dma");
	card("out stall off");
	WAIT_FOR(status_of(p.out).state == ACQ_STATE_FAILED);
	/* It goes alone. */
	WAIT_FOR(status_of(p.in).frames > 2000);
	CHECK_ERR(fsync(p.out), EIO);
	/* The next ones begin together. */
	p = linked_pair();
	play(p.out, 10000);
	CHECK_EQ(comes_back_at(p.in, 1000), LATENCY);
	CHECK(began_together(p.out));
}

/* A side whose START the card refuses: the other one waits until it is known not to come. */
TEST(one_does_not_start_and_the_other_does)
{
	struct pair p = linked_pair();
	struct pollfd in = { .events = POLLIN };

	make(8);
	/* The output has the input started. */
	card("refuse on");
	play(p.out, 10000);
	WAIT_FOR(status_of(p.out).head);
	CHECK(!began_together(p.out));
	CHECK_EQ(fsync(p.out), 0);
	CHECK_EQ(status_of(p.out).head, 10000 * FRAME);

	/* The input has the output started, which is tried again, and given up after seconds. */
	p = linked_pair();
	in.fd = p.in;
	play(p.out, 100);
	card("out refuse on");
	CHECK_EQ(poll(&in, 1, 0), 0);
	WAIT_FOR(status_of(p.out).state == ACQ_STATE_FAILED);
	WAIT_FOR(status_of(p.in).frames > 1000);
	CHECK(!began_together(p.in));
	CHECK_ERR(fsync(p.out), EIO);

	/* It starts before it is given up. */
	p = linked_pair();
	in.fd = p.in;
	play(p.out, 1000);
	card("out refuse on");
	CHECK_EQ(poll(&in, 1, 0), 0);
	WAIT_FOR(status_of(p.out).state == ACQ_STATE_SUSPENDED);
	CHECK_EQ(status_of(p.in).frames, 0);
	card("out refuse off");
	CHECK_EQ(comes_back_at(p.in, 1000), LATENCY);
	CHECK(began_together(p.in));
}

TEST(start_begins_none_where_it_cannot_begin_both)
{
	struct pair p = linked_pair();

	card("refuse on");
	CHECK_ERR(ioctl(p.out, ACQ_IOC_START), EIO);
	CHECK_EQ(status_of(p.in).state, ACQ_STATE_FAILED);
	CHECK_EQ(status_of(p.out).state, ACQ_STATE_IDLE);
	card("refuse off");
	card("out refuse on");
	CHECK_ERR(ioctl(p.in, ACQ_IOC_START), EIO);
	CHECK_EQ(status_of(p.in).state, ACQ_STATE_IDLE);
	CHECK_EQ(status_of(p.in).frames, 0);
	CHECK_EQ(status_of(p.out).state, ACQ_STATE_FAILED);
	card("out refuse off");
	make(9);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
	play(p.out, 10000);
	WAIT_FOR(status_of(p.out).head);
	CHECK(began_together(p.out));
	CHECK(began_together(p.in));
}

/* Of a run for which there is no memory nobody hears again. */
TEST(one_has_no_memory_and_the_other_has)
{
	struct pair p = fresh_pair();
	struct acq_config config = config_of(p.in);

	config.ring_bytes = 16 << 20;
	CHECK_EQ(ioctl(p.in, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(link_to(p.in, p.out), 0);
	all_rings_kb("8192");
	make(11);
	play(p.out, 10000);
	WAIT_FOR(status_of(p.out).head);
	CHECK(!began_together(p.out));
	CHECK_EQ(fsync(p.out), 0);
	CHECK_EQ(status_of(p.out).head, 10000 * FRAME);

	CHECK_ERR(ioctl(p.out, ACQ_IOC_START), ENOSPC);
	CHECK_EQ(status_of(p.out).state, ACQ_STATE_IDLE);
	CHECK_ERR(ioctl(p.in, ACQ_IOC_START), ENOSPC);
	CHECK_EQ(status_of(p.out).state, ACQ_STATE_IDLE);
	all_rings_kb("0");
	CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
	play(p.out, 10000);
	CHECK_EQ(comes_back_at(p.in, 1000), LATENCY);
	CHECK(began_together(p.out));
}

TEST(who_reads_first_waits_for_the_output)
{
	struct pair p = linked_pair();
	int status = 0;
	pid_t child;

	make(5);
	child = fork();
	if (!child)
		_exit(read(p.in, heard, FRAME) != FRAME || heard[0] || heard[1]);
	WAIT_FOR(status_of(p.in).state == ACQ_STATE_ARMED);
	nap(20);
	CHECK_EQ(status_of(p.in).frames, 0);
	play(p.out, 20000);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(comes_back_at(p.in, 1000) + 1, LATENCY);
}

/* Who holds goes alone when the link ends, whichever file is closed. */
TEST(the_link_ends_with_either_file)
{
	struct pollfd p = { .events = POLLIN };
	struct pair pair;
	int how;

	for (how = 0; how < 3; how++) {
		pair = linked_pair();
		p.fd = pair.in;
		CHECK_EQ(poll(&p, 1, 0), 0);
		WAIT_FOR(status_of(pair.in).state == ACQ_STATE_ARMED);
		if (how == 0)
			close_node(pair.out);
		else if (how == 1)
			CHECK_EQ(link_to(pair.out, -1), 0);
		else
			CHECK_EQ(link_to(pair.in, -1), 0);
		WAIT_FOR(status_of(pair.in).frames > 1000);
		CHECK(!began_together(pair.in));
	}
	/* Closing the input leaves the writer alone. */
	pair = linked_pair();
	make(6);
	play(pair.out, 100);
	close_node(pair.in);
	play(pair.out, 100);
	CHECK_EQ(fsync(pair.out), 0);
	CHECK(!began_together(pair.out));
	/* One that is stopped while it holds has had nothing. */
	pair = linked_pair();
	p.fd = pair.in;
	CHECK_EQ(poll(&p, 1, 0), 0);
	WAIT_FOR(status_of(pair.in).state == ACQ_STATE_ARMED);
	CHECK_EQ(ioctl(pair.in, ACQ_IOC_STOP), 0);
	CHECK_EQ(read(pair.in, heard, FRAME), 0);
}

static void reset_the_device(void)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", card_address());
	write_file(path, "1");
}

/* Before the output has anything to play: one that holds, or both that have been let go */
TEST(a_reset_while_they_wait)
{
	struct pollfd wait = { .events = POLLIN };
	struct pair p;
	int how;

	for (how = 0; how < 2; how++) {
		p = linked_pair();
		make(7);
		wait.fd = p.in;
		if (how == 0)
			CHECK_EQ(poll(&wait, 1, 0), 0);
		else
			CHECK_EQ(ioctl(p.out, ACQ_IOC_START), 0);
		WAIT_FOR(status_of(p.in).state == (how ? ACQ_STATE_RUNNING : ACQ_STATE_ARMED));
		reset_the_device();
		if (how == 0)
			WAIT_FOR(status_of(p.in).state == ACQ_STATE_ARMED);
		nap(50);
		CHECK_EQ(status_of(p.in).frames, 0);
		play(p.out, 20000);
		CHECK_EQ(comes_back_at(p.in, 1000), LATENCY);
		CHECK_EQ(status_of(p.in).gaps, 0);
		CHECK_EQ(status_of(p.out).gaps, 0);
		CHECK(began_together(p.in));
		CHECK(began_together(p.out));
	}
}

static long long resets_of(const char *name)
{
	char path[100], text[32] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/misc/%s/totals/resets", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	CHECK(n > 0);
	return atoll(text);
}

/* It goes on with its run, and does not begin: nobody is to wait for that. */
TEST(one_comes_back_amid_its_run)
{
	struct pollfd wait = { .events = POLLIN };
	struct pair p = linked_pair();
	long long before;
	uint64_t run;

	make(10);
	card("speed 1");
	play(p.out, 20000);
	WAIT_FOR(status_of(p.out).head > 0);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_STOP), 0);
	/* It does not start, and waits 3.2 seconds before the last try. */
	before = resets_of("acqdev1");
	card("out refuse on");
	card("out reset");
	WAIT_FOR(resets_of("acqdev1") >= before + 5);
	WAIT_FOR(status_of(p.out).state == ACQ_STATE_SUSPENDED);
	card("out refuse off");
	run = status_of(p.in).run;
	/* A reader that has had nothing of the run before begins one. */
	wait.fd = node(O_RDONLY);
	CHECK_EQ(poll(&wait, 1, 0), 0);
	WAIT_FOR(status_of(p.in).run == run + 1);
	WAIT_FOR(status_of(p.out).state == ACQ_STATE_RUNNING);
	WAIT_FOR(status_of(p.in).frames > 1000);
	CHECK(!began_together(p.in));
	CHECK_EQ(ioctl(p.out, ACQ_IOC_DROP), 0);
}

static pid_t in_a_child(int fd, unsigned long request)
{
	pid_t child = fork();

	if (!child)
		_exit(ioctl(fd, request) ? errno : 0);
	nap(150);
	return child;
}

/* While START waits for the input to be stopped, the output begins by its threshold. */
TEST(started_while_the_output_begins)
{
	struct acq_reader_config how = { .start_bytes = 8000 };
	struct pair p = linked_pair();
	pid_t stops, starts;
	uint64_t run;
	int status;

	make(12);
	CHECK_EQ(ioctl(p.out, ACQ_IOC_SET_READER, &how), 0);
	play(p.out, 500);
	CHECK_EQ(fsync(p.out), 0);
	CHECK_EQ(comes_back_at(p.in, 500), LATENCY);
	run = status_of(p.in).run;
	card("fault stop-ignored on");
	stops = in_a_child(p.in, ACQ_IOC_STOP);
	starts = in_a_child(p.in, ACQ_IOC_START);
	play(p.out, 20000);
	CHECK_EQ(waitpid(stops, &status, 0), stops);
	CHECK_EQ(status, 0);
	CHECK_EQ(waitpid(starts, &status, 0), starts);
	CHECK_EQ(status, 0);
	card("clear");
	CHECK_EQ(status_of(p.in).run, run + 1);
	CHECK(began_together(p.in));
	CHECK(began_together(p.out));
	CHECK(status_of(p.in).flags & ACQ_STATUS_STARTED);
}

/* One that waits for the other one: START is for both, a trigger comes too early. */
TEST(what_is_asked_of_one_that_waits)
{
	struct pollfd wait = { .events = POLLIN };
	struct pair p = fresh_pair();
	struct acq_config config = config_of(p.in);

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	CHECK_EQ(ioctl(p.in, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(link_to(p.in, p.out), 0);
	make(13);
	wait.fd = p.in;
	CHECK_EQ(poll(&wait, 1, 0), 0);
	WAIT_FOR(status_of(p.in).state == ACQ_STATE_ARMED);
	CHECK(!(status_of(p.in).flags & ACQ_STATUS_STARTED));
	CHECK_ERR(ioctl(p.in, ACQ_IOC_TRIGGER), EAGAIN);
	play(p.out, 1000);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
	CHECK(status_of(p.in).flags & ACQ_STATUS_STARTED);
	CHECK(status_of(p.out).flags & ACQ_STATUS_STARTED);
	WAIT_FOR(began_together(p.in) && status_of(p.out).head > 0);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_TRIGGER), 0);
	WAIT_FOR(status_of(p.in).frames > 1000);
	CHECK_EQ(ioctl(p.out, ACQ_IOC_DROP), 0);
}

TEST(the_example_measures_it)
{
	char line[100] = "";
	FILE *from;

	close_node(fresh_pair().in);
	close_all();
	from = popen("/latency 2>&1", "r");
	CHECK(from);
	CHECK(fgets(line, sizeof(line), from));
	pclose(from);
	printf("# %s", line);
	CHECK(atoi(line) == LATENCY && strstr(line, "samples"));
}

TEST(unbound_while_linked)
{
	struct pair p;
	int how;

	card_address();
	for (how = 0; how < 3; how++) {
		p = linked_pair();
		make(8);
		if (how == 1)
			CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
		if (how == 2)
			play(p.out, 20000);
		driver("unbind");
		CHECK_ERR(link_to(p.in, p.out), ENODEV);
		while (read(p.in, heard, sizeof(heard)) > 0)
			;
		CHECK_EQ(errno, ENODEV);
		CHECK_ERR(write(p.out, played, FRAME), ENODEV);
		close_all();
		driver("bind");
	}
}

/* Files come and go, are linked and started, by several at a time. */
TEST(nothing_is_held_for_ever)
{
	unsigned int rounds = is_slow() ? 60 : 300, i;
	struct pair p = fresh_pair();
	int status, all = 0;
	pid_t child[4];
	size_t c;

	close_node(p.in);
	for (c = 0; c < 4; c++) {
		child[c] = fork();
		if (child[c])
			continue;
		srandom(seed_of(9) + c);
		for (i = 0; i < rounds; i++) {
			int out = open(OUT, O_WRONLY | O_NONBLOCK);
			int in = open(NODE, O_RDWR | O_NONBLOCK);

			link_to(random() & 1 ? in : out, random() & 1 ? in : out);
			if (random() & 1)
				(void)!write(out, played, 4 * (random() % 9000));
			if (random() & 1)
				ioctl(random() & 1 ? in : out, ACQ_IOC_START);
			if (random() & 1)
				(void)!read(in, heard, FRAME);
			if (!(random() & 3))
				usleep(random() % 3000);
			if (!(random() & 3))
				link_to(random() & 1 ? in : out, -1);
			if (random() & 1)
				ioctl(in, ACQ_IOC_STOP);
			ioctl(out, ACQ_IOC_DROP);
			close(random() & 1 ? in : -1);
			close(out);
			close(in);
		}
		_exit(0);
	}
	for (c = 0; c < 4; c++) {
		CHECK_EQ(waitpid(child[c], &status, 0), child[c]);
		all |= status;
	}
	CHECK_EQ(all, 0);
	p = linked_pair();
	make(9);
	play(p.out, 20000);
	CHECK_EQ(comes_back_at(p.in, 1000), LATENCY);
}

/* A side that does not stop, or does not answer, may use the bus for memory that is others'. */
TEST(beside_one_that_does_not_stop_nothing_begins)
{
	static const char *const faults[] = { "fault reset-stuck on", "fault deaf on" };
	struct pair p;
	int i;

	for (i = 0; i < 2; i++) {
		p = fresh_pair();
		CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
		read_all(p.in, heard, FRAME);
		card(faults[i]);
		CHECK_EQ(ioctl(p.in, ACQ_IOC_STOP), 0);
		card("clear");
		make(11 + i);
		play(p.out, 1000);
		CHECK_EQ(ioctl(p.out, ACQ_IOC_START), 0);
		WAIT_FOR(status_of(p.out).state == ACQ_STATE_SUSPENDED);
		CHECK_EQ(status_of(p.out).head, 0);
		/* Its own start resets it, and the other side begins. */
		CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
		CHECK_EQ(fsync(p.out), 0);
		CHECK_EQ(ioctl(p.in, ACQ_IOC_STOP), 0);
	}
}

/* What a card without power did not answer it does not do any more. */
TEST(behind_a_card_that_was_gone_either_side_begins)
{
	struct pair p = fresh_pair();

	make(12);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
	play(p.out, 20000);
	read_all(p.in, heard, FRAME);
	WAIT_FOR(status_of(p.out).head > 0);
	card("fault gone on");
	WAIT_FOR(status_of(p.in).state == ACQ_STATE_FAILED);
	WAIT_FOR(status_of(p.out).state == ACQ_STATE_FAILED);
	card("clear");
	CHECK_EQ(ioctl(p.in, ACQ_IOC_START), 0);
	read_all(p.in, heard, 1000 * FRAME);
	CHECK_EQ(ioctl(p.in, ACQ_IOC_STOP), 0);
}

HARNESS_MAIN
