// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp own last kmod=aer_inject takes=35 limit=600 kernels=6.12,debug soak
 * acqtest: ramp own last kmod=aer_inject program=aer-fifo takes=25 limit=600 kernels=7 soak long
 * acqtest: losing own last kmod=aer_inject program=aer-xdma takes=30 limit=600 kernels=7 soak
 * acqtest: litepcie own last kmod=aer_inject program=aer-litepcie takes=30 limit=600 \
 *	kernels=7 soak long
 */
/*
 * Errors of PCI Express, on the port and on the card: a run goes on in every mode of
 * reading, with one gap. A card that does not come back has failed, and says why; a
 * reset of its device brings it back.
 */
#include "events.h"
#include "lib.h"

#include <pthread.h>
#include <time.h>

#define RESET		"/sys/class/misc/acqdev/device/reset"
#define POWER		"/sys/class/misc/acqdev/device/power/"

/* Frames that each reader has before an error and behind it; with XDMA they come in blocks */
#define FRAMES		(over_xdma() ? 8192 : 500)

/* What a reader has met; the card's time axis begins anew with each gap of this kind. */
struct account {
	struct acq *acq;
	const char *name;
	uint64_t index, begin, received, lost;
	unsigned int gaps;
	uint32_t cause;
	bool over;
	int end;
};

static struct account accounts[ACQ_MODE_NUM + 1];
static unsigned int readers;
static pid_t blocked;

static void host(const char *format, ...)
{
	char command[200], shell[300];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(shell, sizeof(shell), ". /lib.sh && must host %s", command);
	CHECK_EQ(system(shell), 0);
}

static void port_error(bool fatal)
{
	host("hmp pcie_aer_inject_error rp0 %s", fatal ? "DLP" : "COMP_TIME");
}

/*
 * As the card itself reports it: what the kernel's aer_inject takes. From then on that
 * stands between the kernel and the port's registers: no port_error() comes through.
 */
static void card_error(bool fatal)
{
	struct {
		uint8_t bus, device, function, pad;
		uint32_t uncorrectable, correctable, header[4], domain;
	} error = {
		/* malformed TLP, completion timeout */
		.uncorrectable = fatal ? 0x40000 : 0x4000,
	};
	int fd = open("/dev/aer_inject", O_WRONLY | O_CLOEXEC);
	char *at;
	ssize_t n;

	CHECK(fd >= 0);
	error.domain = strtoul(card_address(), &at, 16);
	error.bus = strtoul(at + 1, &at, 16);
	error.device = strtoul(at + 1, &at, 16);
	error.function = strtoul(at + 1, &at, 16);
	/* Refused while the one before is there still */
	WAIT_FOR((n = write(fd, &error, sizeof(error))) == sizeof(error) || errno != EBUSY);
	CHECK_EQ(n, sizeof(error));
	close(fd);
}

static void function_is_reset(void)
{
	write_file(RESET, "1");
}

/* One more reader of the run that waits for its trigger */
static void account_begin(enum acq_mode mode, uint32_t flags, const char *name)
{
	struct account *a = &accounts[readers];
	struct acq_reader_config reader = { .flags = flags };
	int err;

	*a = (struct account){ .name = name };
	CHECK_EQ(acq_open(&a->acq, NULL, O_RDONLY), 0);
	readers++;
	if (flags)
		CHECK_EQ(acq_set_reader(a->acq, &reader), 0);
	err = acq_begin(a->acq, mode, 0, 0);
	/* Multishot reads are newer than some kernels. */
	if (err == -EOPNOTSUPP) {
		acq_close(a->acq);
		readers--;
		return;
	}
	CHECK_EQ(err, 0);
}

/* Take an event, if there is one. */
static void account_take(struct account *a)
{
	struct acq_span span;
	int ret = acq_next(a->acq, &span, 0, 1000000);

	if (ret == -EAGAIN || ret == -EINTR)
		return;
	if (ret == ACQ_EVENT_DATA) {
		CHECK_EQ(span.index, a->index);
		CHECK_EQ(span.position, a->received * FRAME);
		CHECK(is_ramp(span.data, span.bytes, span.index - a->begin));
		a->index += span.frames;
		a->received += span.frames;
	} else if (ret == ACQ_EVENT_GAP) {
		CHECK_EQ(span.gap.index, a->index);
		a->index += span.gap.lost;
		a->begin = a->index;
		a->lost += span.gap.lost;
		a->cause = span.gap.cause;
		a->gaps++;
	} else {
		a->over = true;
		a->end = ret;
	}
}

/* Has each reader met so many gaps, and got so many frames? */
static bool accounts_have(unsigned int gaps, uint64_t received)
{
	unsigned int i;

	for (i = 0; i < readers; i++) {
		if (accounts[i].gaps < gaps || accounts[i].received < received)
			return false;
	}
	return true;
}

static bool accounts_over(void)
{
	unsigned int i;

	for (i = 0; i < readers; i++) {
		if (!accounts[i].over)
			return false;
	}
	return true;
}

static void accounts_take(void)
{
	unsigned int i;

	for (i = 0; i < readers; i++) {
		if (!accounts[i].over)
			account_take(&accounts[i]);
	}
}

#define TAKE_UNTIL(condition)						\
	do {								\
		int take_turns = 5000;					\
									\
		while (!(condition) && take_turns--)			\
			accounts_take();				\
		CHECK(take_turns > 0);					\
	} while (0)

/* Slow enough, and the ring large enough, that nobody loses anything by being late */
static struct acq_config slow_config(void)
{
	struct acq_config config = plain_config();

	config.rate_millihz = over_xdma() ? 100000000 : 2000000;
	config.ring_bytes = 4 << 20;
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	return config;
}

static void end_accounts(void)
{
	while (readers)
		acq_close(accounts[--readers].acq);
	if (blocked > 0) {
		kill(blocked, SIGKILL);
		waitpid(blocked, NULL, 0);
	}
	blocked = 0;
}

/* A reader of each kind, and the tool, which sits in a read() that waits */
static int begin_accounts(void)
{
	int fd, i;

	end_accounts();
	fd = fresh_lib();
	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < ACQ_MODE_NUM; i++)
		account_begin(i, 0, acq_mode_name(i));
	account_begin(ACQ_MODE_READ, ACQ_READER_MONITOR, "monitor");
	blocked = fork();
	CHECK(blocked >= 0);
	if (!blocked) {
		execl("/bin/acq", "acq", "read", "-q", "--verify", "ramp", "-o", "/dev/null", NULL);
		_exit(127);
	}
	WAIT_FOR(status_of(fd).readers == readers + 1);
	trigger(fd);
	WAIT_FOR(status_of(fd).head > 0);
	for (i = 0; i < (int)readers; i++)
		accounts[i].index = first_index(fd);
	TAKE_UNTIL(accounts_have(0, FRAMES));
	return fd;
}

static int blocked_ends(void)
{
	int status;

	CHECK_EQ(waitpid(blocked, &status, 0), blocked);
	blocked = 0;
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void survive(void (*error)(bool), bool fatal, int times)
{
	int fd = begin_accounts(), i;
	struct acq_status status;
	uint64_t received;
	unsigned int n;

	for (i = 1; i <= times; i++) {
		error(fatal);
		TAKE_UNTIL(accounts_have(i, 0));
		received = accounts[0].received;
		TAKE_UNTIL(accounts_have(i, received + FRAMES));
	}
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	TAKE_UNTIL(accounts_over());
	CHECK_EQ(blocked_ends(), 0);
	status = status_of(fd);
	printf("# %llu frames, %llu lost in %llu gaps, for each of %u readers\n",
	       (unsigned long long)status.frames, (unsigned long long)status.lost,
	       (unsigned long long)status.gaps, readers);
	for (n = 0; n < readers; n++) {
		const struct account *a = &accounts[n];

		if (a->gaps != (unsigned int)times || a->received + a->lost != status.frames)
			printf("# %s: %llu received, %llu lost in %u gaps\n", a->name,
			       (unsigned long long)a->received, (unsigned long long)a->lost,
			       a->gaps);
		CHECK_EQ(a->gaps, times);
		CHECK_EQ(a->cause, ACQ_CAUSE_RESET);
		CHECK_EQ(a->received + a->lost, status.frames);
		CHECK_EQ(a->lost, status.lost);
		CHECK_EQ(a->end, ACQ_EVENT_END);
	}
	CHECK(!strcmp(failure(), "none"));
}

/* A run of its own */
static void expect_ramp(void)
{
	static char buf[4000];
	int fd = node(O_RDWR);

	configure(fd, plain_config());
	read_all(fd, buf, sizeof(buf));
	CHECK(is_ramp(buf, sizeof(buf), 0));
}

/* What resumes it must hold nothing that the handlers of errors wait for: lockdep sees. */
TEST(a_card_that_has_slept_survives_too)
{
	write_file(POWER "autosuspend_delay_ms", "0");
	write_file(POWER "control", "auto");
	WAIT_FOR(system("grep -q suspended " POWER "runtime_status") == 0);
	survive(port_error, false, 1);
	write_file(POWER "control", "on");
	write_file(POWER "autosuspend_delay_ms", "2000");
}

TEST(an_error_on_the_port_is_a_gap)
{
	survive(port_error, false, 3);
}

TEST(a_fatal_one_is_a_gap)
{
	survive(port_error, true, 2);
}

static void come_back(int fd)
{
	/* The card answers again, but nobody has said so to the kernel. */
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), -1);
	CHECK_EQ(errno, EIO);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	function_is_reset();
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(status_of(fd).error, 0);
	CHECK(!strcmp(failure(), "none"));
	expect_ramp();
}

/* Older kernels wait a minute for a card that does not come back from the reset of its bus. */
static void need_haste(void)
{
	const char *kernel = getenv("ACQ_KERNEL");

	if (kernel && !strcmp(kernel, "6.1"))
		SKIP("this kernel waits for a minute");
}

TEST(a_card_that_does_not_come_back_has_failed)
{
	struct acq_status status;
	struct acq_gap gap;
	unsigned int n;
	int fd, s;

	need_haste();
	fd = begin_accounts();
	s = listen_to_events();
	card("fault reset-gone 1");
	port_error(true);
	expect_failure(s, "pci", -EIO);
	TAKE_UNTIL(accounts_over());
	CHECK(blocked_ends() != 0);
	status = status_of(fd);
	CHECK_EQ(status.state, ACQ_STATE_FAILED);
	CHECK_EQ(status.error, -EIO);
	CHECK_EQ(status.failure, ACQ_FAILURE_PCI);
	CHECK(!strcmp(failure(), "pci"));
	CHECK_EQ(system("acq info | grep 'failed: PCI Express has lost the card'"), 0);
	for (n = 0; n < readers; n++) {
		CHECK_EQ(accounts[n].end, -EIO);
		/* That says itself that something is missing: how much can be asked for. */
		CHECK_EQ(acq_get_gap(accounts[n].acq, &gap), 0);
		CHECK_EQ(gap.cause, ACQ_CAUSE_RESET);
		CHECK_EQ(gap.lost, status.lost);
		CHECK_EQ(accounts[n].received + gap.lost, status.frames);
	}
	come_back(fd);
}

TEST(an_error_of_the_card_is_a_gap)
{
	survive(card_error, false, 1);
}

TEST(a_fatal_one_of_the_card_is_a_gap)
{
	survive(card_error, true, 1);
}

static unsigned int random_state;

static void *reset_at_some_time(void *result)
{
	int fd = open(RESET, O_WRONLY | O_CLOEXEC);

	usleep(rand_r(&random_state) % 50000);
	*(ssize_t *)result = write(fd, "1", 1);
	close(fd);
	return NULL;
}

/* An error while the card is being reset, or about to be: until both are behind us */
static void reset_amid_an_error(bool fatal)
{
	pthread_t thread;
	ssize_t result;

	CHECK_EQ(pthread_create(&thread, NULL, reset_at_some_time, &result), 0);
	card_error(fatal);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(result, 1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/*
 * What came and what is lost: of the time behind the last gap the card itself says how
 * much there was. Before that, what the card did not sample because it was being reset is
 * lost, too, by the clock: a tenth of a second each time is left to a late machine.
 */
TEST(errors_amid_resets_add_up)
{
	unsigned int rounds = getenv("ACQ_SEED") ? 300 : is_slow() ? 6 : 20, i, n, fatal = 0;
	double rate = slow_config().rate_millihz / 1000.0, begin, least, most;
	uint64_t received, before;
	struct acq_status status;
	int fd;

	random_state = seed_of(9);
	fd = begin_accounts();
	before = status_of(fd).frames;
	begin = seconds();
	for (i = 1; i <= rounds; i++) {
		bool all = rand_r(&random_state) % 4 == 0;

		n = accounts[0].gaps;
		received = accounts[0].received;
		reset_amid_an_error(all);
		fatal += all;
		TAKE_UNTIL(accounts_have(n + 1, received + FRAMES));
	}
	/* The last error may be found only now. */
	do {
		status = status_of(fd);
		nap(1000);
	} while (status_of(fd).gaps != status.gaps || status_of(fd).state != ACQ_STATE_RUNNING);
	least = (seconds() - begin) * rate;
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	most = (seconds() - begin) * rate;
	TAKE_UNTIL(accounts_over());
	CHECK_EQ(blocked_ends(), 0);
	status = status_of(fd);
	printf("# %u rounds, %u of them fatal: %llu frames, %llu lost in %llu gaps, for each of %u readers; by the clock %.0f\n",
	       rounds, fatal, (unsigned long long)status.frames, (unsigned long long)status.lost,
	       (unsigned long long)status.gaps, readers, before + most);
	CHECK(status.gaps >= rounds);
	CHECK(status.frames - before >= least - rounds * rate / 10);
	CHECK(status.frames - before <= most + rounds * rate / 10);
	for (n = 0; n < readers; n++) {
		const struct account *a = &accounts[n];

		CHECK_EQ(a->end, ACQ_EVENT_END);
		CHECK_EQ(a->cause, ACQ_CAUSE_RESET);
		CHECK_EQ(a->gaps, status.gaps);
		CHECK_EQ(a->lost, status.lost);
		CHECK_EQ(a->received + a->lost, status.frames);
		check_run(a->index - a->begin, 0);
	}
	CHECK(!strcmp(failure(), "none"));
}

TEST(an_idle_card_survives_too)
{
	static char buf[4000];
	int fd;
	ssize_t n;

	fresh_lib();
	card_error(true);
	card_error(false);
	fd = node(O_RDWR);
	/* The kernel may come to it later: then it is a gap, and what follows comes. */
	while ((n = read(fd, buf, sizeof(buf))) < 0 && errno == EPIPE)
		CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	CHECK(n > 0);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
}

/* How many errors has the kernel been through, well or not? */
static int recoveries(void)
{
	FILE *f = popen("dmesg | grep -c 'device recovery '", "r");
	int count = -1;

	CHECK(f);
	CHECK_EQ(fscanf(f, "%d", &count), 1);
	pclose(f);
	return count;
}

/* The reset of its bus brings it to D0. PCI's core still believes it to be in D3hot. */
TEST(one_that_cannot_be_woken_comes_back_with_its_bus)
{
	int before = recoveries(), fd;

	fd = fresh_lib();
	write_file(POWER "autosuspend_delay_ms", "0");
	write_file(POWER "control", "auto");
	WAIT_FOR(system("grep -q suspended " POWER "runtime_status") == 0);
	write_file(getenv("ACQ_ALLOW"), "Unable to change power state\n");
	card("fault stuck-d3");
	card_error(true);
	WAIT_FOR(recoveries() > before);
	card("clear");
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK(!strcmp(failure(), "none"));
	expect_ramp();
	write_file(POWER "control", "on");
	write_file(POWER "autosuspend_delay_ms", "2000");
}

TEST(an_idle_one_has_failed_too)
{
	int fd, s;

	need_haste();
	fd = fresh_lib();
	s = listen_to_events();
	card("fault reset-gone 1");
	card_error(true);
	expect_failure(s, "pci", -EIO);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	/* A reset that does not bring it back does no harm. */
	write_file(RESET "_method", "bus");
	CHECK(system("echo 1 2>/dev/null >" RESET) != 0);
	write_file(RESET "_method", "default");
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	CHECK(!strcmp(failure(), "pci"));
	come_back(fd);
}

/* The last test: it takes the device away. */
TEST(unbinding_amid_it)
{
	char remove[100];

	end_accounts();
	CHECK_EQ(ioctl(fresh_lib(), ACQ_IOC_START), 0);
	card("fault reset-gone 1");
	card_error(true);
	driver("unbind");
	close_all();
	card("clear");
	snprintf(remove, sizeof(remove), "/sys/bus/pci/devices/%s/remove", card_address());
	write_file(remove, "1");
	write_file("/sys/bus/pci/rescan", "1");
	WAIT_FOR(!access(NODE, F_OK));
	expect_ramp();
}

HARNESS_MAIN
