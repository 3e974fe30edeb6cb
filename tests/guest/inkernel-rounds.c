// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=7,debug takes=30 limit=900 soak
 * acqtest: losing program=inkernel-rounds-xdma kernels=6.12 takes=30 limit=900 soak
 */
/*
 * Consumers and filters in rounds: each joins under load and is ended by what a seed says, and
 * at times by two things at once: its module goes, the card goes, a filter fails, somebody
 * stops the run. Whatever it is, both modules can be unloaded behind it.
 */
#include "inkernel.h"

#include <sys/wait.h>

#define CONSUMER	"acq_test_consumer"
#define FILTER		"acq_test_filter"
#define JOIN		256
#define PASSIVE		4
#define ROUNDS		(getenv("ACQ_SEED") ? 400U : is_slow() ? 12 : 40)

/* What ends a round */
enum what {
	UNLOAD_CONSUMER,
	UNBIND,
	STOP,
	FAIL,
	LEAVE,
	CLOSE,
	WHAT_NUM,
};

static const char *const what_names[WHAT_NUM] = {
	"the consumer's module", "the card", "a stop", "a failing filter", "the consumer", "a close",
};

static unsigned int dice(unsigned int sides)
{
	return random() % sides;
}

static int join(unsigned int flags)
{
	char text[20];
	int fd = open("/sys/module/" CONSUMER "/parameters/join", O_WRONLY | O_CLOEXEC), ret = 0;

	/* Its module may be on its way out. */
	if (fd < 0)
		return errno;
	snprintf(text, sizeof(text), "%u", flags);
	if (write(fd, text, strlen(text)) < 0)
		ret = errno;
	close(fd);
	return ret;
}

static void now(enum what what, int fd)
{
	switch (what) {
	case UNLOAD_CONSUMER:
		unload(CONSUMER);
		break;
	case UNBIND:
		driver("unbind");
		break;
	case STOP:
		ioctl(fd, ACQ_IOC_STOP);
		break;
	case FAIL:
		set_number(FILTER, "fail_after", 0);
		break;
	case LEAVE:
		join(0);
		break;
	default:
		close(fd);
		break;
	}
}

static void round_of(unsigned int number)
{
	static const char *const chains[] = { "", "probe", "probe,slow", "fail", "probe,fail" };
	struct acq_config config = roomy(0);
	unsigned int ways = JOIN | dice(8);
	enum what what = dice(WHAT_NUM), other = dice(WHAT_NUM);
	/* A child that closes a file closes its own alone. */
	bool both = dice(2) && what != other && other != CLOSE;
	const char *chain = chains[dice(5)];
	long long pieces = dice(4);
	pid_t child;
	int fd, ret;

	printf("# %u: %s%s%s, filters \"%s\", a consumer with %u\n", number, what_names[what],
	       both ? " and " : "", both ? what_names[other] : "", chain, ways - JOIN);
	CHECK_EQ(load(FILTER, "fail_after=4000000000 slow_ms=1"), 0);
	CHECK_EQ(load(CONSUMER, "any_samples=1"), 0);
	set_number(CONSUMER, "slow_us", dice(3) * 1000);
	fd = node(O_RDWR);
	strcpy(config.filter, chain);
	configure(fd, config);
	CHECK_EQ(join(ways), 0);
	if (ways & PASSIVE)
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	/* What there is may be the rest of the run before, or up to where a filter failed. */
	WAIT_FOR(number_of(CONSUMER, "pieces") > pieces || number_of(CONSUMER, "ends"));

	child = both ? fork() : 0;
	CHECK(child >= 0);
	if (both && !child) {
		now(other, fd);
		_exit(0);
	}
	now(what, fd);
	if (both)
		CHECK_EQ(waitpid(child, NULL, 0), child);

	/* Whatever is left of it goes. */
	ret = unload(CONSUMER);
	CHECK(!ret || ret == ENOENT);
	close_all();
	fd = open(NODE, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		ioctl(fd, ACQ_IOC_STOP);
		close(fd);
	}
	if (what == UNBIND || (both && other == UNBIND)) {
		driver("bind");
		WAIT_FOR(access(NODE, F_OK) == 0);
	}
	WAIT_FOR(unload(FILTER) == 0);
}

TEST(rounds)
{
	unsigned int seed = getenv("ACQ_SEED") ? atoi(getenv("ACQ_SEED")) : 1, round;
	int fd;

	need_losses();
	unload(CONSUMER);
	unload(FILTER);
	fd = fresh();
	ioctl(fd, ACQ_IOC_STOP);
	card_address();
	close_all();
	srandom(seed);
	printf("# ACQ_SEED=%u\n", seed);
	mark("acqtest: rounds");
	for (round = 0; round < ROUNDS; round++)
		round_of(round);
	CHECK(!told("acqtest: rounds", "acq_test_consumer: "));
	/* And all is as it was. */
	fd = fresh();
	CHECK_EQ(status_of(fd).readers, 0);
	read_all(fd, buf, 1 << 12);
	CHECK(is_ramp(buf, 1 << 12, 0));
}

HARNESS_MAIN
