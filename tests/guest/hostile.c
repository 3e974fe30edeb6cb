// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: hostile-iommu args="probe dma fifo wild" kernels=debug takes=15 soak
 * acqtest: hostile args="probe dma fifo" kernels=debug takes=15 soak long
 * acqtest: card="$own --irq intx" args="dma fifo" kernels=6.12 takes=120 soak long
 * acqtest: hostile-xdma program=hostile-xdma args="probe credits copied wild" takes=60 \
 *	kernels=debug soak long
 * acqtest: hostile-packets program=hostile-xdma args="probe packets" kernels=debug takes=60 \
 *	soak long
 * acqtest: hostile-litepcie program=hostile-litepcie args="probe headers loop wild" takes=60 \
 *	kernels=debug soak long
 */
/*
 * A card that lies, as numbers of a seed have it: what it costs is the stream. No
 * call stays away, and no byte of anything but samples gets to a reader.
 *
 * A sample is its own index, in 32 bits, so a word says of itself whether the card
 * has written it: it is small, or has the tag of what a lying card makes up. Free memory is
 * full of words that are neither (page_poison=1), and so is what the kernel has
 * there.
 *
 * Where the lies do not concern what is in memory, samples are right besides: each
 * follows the one before it, or a gap lies between them.
 */
#include "xdma.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>

#define SAMPLES_MAX	(1U << 28)
#define TAG		0x5a5a0000U
#define RING		(256 << 10)
#define BLOCK		4096

/* Longer than all that the driver waits for, and than all slow reads of a round */
#define BOUND_S		(is_slow() ? 180 : 90)

/* Samples are right all the same, or there is an error */
#define EXACT	1
/* Not in campaigns alone */
#define OFTEN	2

struct lie {
	const char *kinds;
	unsigned int how;
};

/* What two processes know of a round */
static struct shared {
	volatile bool over;
	volatile uint64_t samples;
	volatile uint64_t zeros;
	volatile uint64_t made_up;
	volatile uint64_t gaps;
	volatile uint64_t errors;
} *shared;

/* tests/run --soak */
static bool is_campaign(void)
{
	return getenv("ACQ_SEED");
}

static uint64_t random_state;

static uint64_t dice(void)
{
	uint64_t x = random_state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Has the card written that? It can write ones where it is asked for a word at a time. */
static bool is_foreign(uint32_t word, bool ones)
{
	return word >= SAMPLES_MAX && (word & 0xffff0000) != TAG && !(ones && word == ~0U);
}

/* Look through words, which follow each other if @exact; @next is the first one, ~0: any. */
static bool look(const uint32_t *words, size_t count, bool ones, bool exact, uint64_t *next)
{
	for (size_t i = 0; i < count; i++) {
		if (is_foreign(words[i], ones)) {
			printf("# word %zu of %zu is %08x: not the card's\n", i, count, words[i]);
			return false;
		}
		if (exact && *next != ~0ULL && words[i] != *next) {
			printf("# word %zu of %zu is %u, not %llu: a splice\n", i, count, words[i],
			       (unsigned long long)*next);
			return false;
		}
		*next = words[i] + 1ULL;
		shared->zeros += !words[i];
		shared->made_up += words[i] >= SAMPLES_MAX;
	}
	shared->samples += count;
	return true;
}

/* All that can be mapped is the card's, read or not. */
static bool look_at_ring(int fd, bool ones)
{
	struct acq_map map;
	uint64_t next = ~0ULL;
	uint8_t *at;
	bool good;

	if (ioctl(fd, ACQ_IOC_MAP, &map))
		return true;
	at = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return true;
	good = look((uint32_t *)(at + map.data_offset), map.data_bytes / 4, ones, false, &next);
	munmap(at, map.bytes);
	return good;
}

/* Reads as a program does: until it is told that it is over, whatever happens. */
static bool reader(uint32_t flags, bool ones, bool exact)
{
	struct acq_reader_config config = { .flags = flags | ACQ_READER_GAP_ONCE };
	static uint32_t words[16384];
	uint64_t next = ~0ULL;
	bool good = true;
	ssize_t n;
	int fd;

	while (!shared->over && good) {
		fd = open(NODE, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			nap(5);
			continue;
		}
		next = ~0ULL;
		if (ioctl(fd, ACQ_IOC_SET_READER, &config)) {
			close(fd);
			continue;
		}
		while (!shared->over && good) {
			n = read(fd, words, sizeof(words));
			if (n > 0) {
				good = n % 4 == 0 && look(words, n / 4, ones, exact, &next);
			} else if (n < 0 && errno == EPIPE) {
				shared->gaps++;
				next = ~0ULL;
			} else {
				shared->errors += n < 0;
				break;
			}
		}
		good = good && look_at_ring(fd, ones);
		close(fd);
		nap(2);
	}
	return good;
}

static pid_t fork_reader(uint32_t flags, bool ones, bool exact)
{
	pid_t pid = fork();
	bool good;

	CHECK(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_all();
	good = reader(flags, ones, exact);
	fflush(stdout);
	_exit(!good);
}

/* A card that lies may be refused, by whatever is asked. */
static void ignore(ssize_t result)
{
	(void)result;
}

static void too_long(int sig)
{
	static const char text[] = "# a call has not come back\nBail out! hang\n";

	(void)sig;
	dprintf(1, "%s", text);
	ignore(system("grep -l '^hostile' /proc/[0-9]*/comm | sed 's/comm$/stack/' | xargs cat"));
	_exit(1);
}

static void try_driver(const char *what)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", PCI_DRIVER, what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	ignore(write(fd, card_address(), strlen(card_address())));
	close(fd);
}

static void try_reset(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", card_address());
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ignore(write(fd, "1", 1));
	close(fd);
}

/* What users do meanwhile */
static void disturb(void)
{
	struct acq_status status;
	int fd, i;

	fd = open(NODE, O_RDWR | O_CLOEXEC);
	switch (dice() % 6) {
	case 0:
		/* Most of all, a start reads registers. */
		for (i = 0; i < 5; i++) {
			ioctl(fd, ACQ_IOC_START);
			nap(dice() % 10);
			ioctl(fd, ACQ_IOC_STOP);
		}
		break;
	case 1:
		for (i = 0; i < 100; i++)
			ioctl(fd, ACQ_IOC_STATUS, &status);
		break;
	case 2:
		try_driver("unbind");
		try_driver("bind");
		break;
	case 3:
		try_reset();
		break;
	default:
		nap(dice() % 200);
		break;
	}
	if (fd >= 0)
		close(fd);
}

static bool is_there(void)
{
	return !access(NODE, F_OK);
}

static struct acq_config hostile_config(uint32_t transfer)
{
	return (struct acq_config){
		.format = ACQ_FORMAT_U32,
		.rate_millihz = transfer == ACQ_TRANSFER_FIFO ? 500000000 : 4000000000,
		.channel_mask = 1,
		.pattern = over_xdma() ? ACQ_PATTERN_INPUT : ACQ_PATTERN_RAMP,
		.transfer = transfer,
		.block_bytes = BLOCK,
		.ring_bytes = RING,
		.irq_us = 1000,
	};
}

/* Kernel messages that are meant to come */
static void allow(const char *pattern)
{
	FILE *f = fopen(getenv("ACQ_ALLOW"), "a");

	CHECK(f);
	fprintf(f, "%s\n", pattern);
	fclose(f);
}

/*
 * A card that tells the truth. What the kernel has written to its configuration space
 * may come from what it read there before, so it is found once more.
 */
static int honest(uint32_t transfer)
{
	struct acq_config config = hostile_config(transfer);
	struct acq_status status;
	int fd;

	close_all();
	card("clear");
	if (over_xdma())
		card("rate 4000000");
	try_driver("unbind");
	driver("bind");
	WAIT_FOR(is_there());
	try_reset();
	fd = node(O_RDWR);
	ioctl(fd, ACQ_IOC_STOP);
	if (over_xdma() && !over_litepcie())
		WAIT_FOR(card_stat("c2h0_busy") == 0);
	/* One that has failed says so until the next run. */
	WAIT_FOR(!ioctl(fd, ACQ_IOC_STATUS, &status) && (status.state == ACQ_STATE_IDLE ||
							 status.state == ACQ_STATE_FAILED));
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

/* It samples as if it had never lied. */
static void is_whole(int fd)
{
	static uint32_t words[RING / 4];
	uint64_t next = 0;

	read_all(fd, words, sizeof(words));
	CHECK(look(words, RING / 4, false, true, &next));
	CHECK_EQ(next, RING / 4);
}

static void round_of(uint64_t seed, const struct lie *lie, uint32_t transfer)
{
	bool ones = transfer == ACQ_TRANSFER_FIFO && !over_xdma();
	int fd = honest(transfer), status[2];
	pid_t holder, monitor;
	char told[300];

	random_state = seed;
	*shared = (struct shared){};
	alarm(BOUND_S);
	card("lie %llu %s", (unsigned long long)seed, lie->kinds);
	close_all();
	holder = fork_reader(0, ones, lie->how & EXACT);
	monitor = fork_reader(ACQ_READER_MONITOR, ones, lie->how & EXACT);
	for (int i = 0; i < (is_campaign() ? 6 : 3); i++)
		disturb();
	shared->over = true;
	/* Whoever waits for samples is woken by the end. */
	do {
		fd = open(NODE, O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			ioctl(fd, ACQ_IOC_STOP);
			close(fd);
		}
		nap(1);
		if (holder && waitpid(holder, &status[0], WNOHANG) == holder)
			holder = 0;
		if (monitor && waitpid(monitor, &status[1], WNOHANG) == monitor)
			monitor = 0;
	} while (holder || monitor);
	snprintf(told, sizeof(told), "%s", card("lies"));
	fd = honest(transfer);
	is_whole(fd);
	close_all();
	alarm(0);
	printf("# %s:%s: %llu samples, %llu made up, %llu gaps, %llu errors\n", lie->kinds, told,
	       (unsigned long long)shared->samples, (unsigned long long)shared->made_up,
	       (unsigned long long)shared->gaps, (unsigned long long)shared->errors);
	CHECK_EQ(status[0], 0);
	CHECK_EQ(status[1], 0);
}

static void prepare(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	CHECK(shared != MAP_FAILED);
	signal(SIGALRM, too_long);
}

/* In a campaign all of them, and from other numbers each time; else some */
static void campaign(const struct lie *lies, size_t count, uint32_t transfer)
{
	static unsigned int rounds;
	uint64_t seed = seed_of(1);

	prepare();
	for (size_t i = 0; i < count; i++) {
		if (is_campaign() || lies[i].how & OFTEN)
			round_of(seed * 1000 + rounds++, &lies[i], transfer);
	}
}

#define CAMPAIGN(transfer, ...)							\
	do {									\
		static const struct lie campaign_lies[] = { __VA_ARGS__ };	\
										\
		campaign(campaign_lies, sizeof(campaign_lies) / sizeof(*campaign_lies),	\
			 transfer);						\
	} while (0)

/* Registers and interrupts: what is in memory is right, except of a FIFO */
static const struct lie aside[] = {
	{ "ones,bits", EXACT | OFTEN }, { "dead", EXACT }, { "slow,missing", EXACT },
	{ "config,identity", EXACT }, { "spurious,storm,missing", EXACT | OFTEN },
};

TEST(dma)
{
	campaign(aside, 5, ACQ_TRANSFER_DMA);
	CAMPAIGN(ACQ_TRANSFER_DMA, { "progress", 0 }, { "page", 0 },
		 { "record", 0 }, { "unwritten", 0 },
		 { "progress,page,record,unwritten", OFTEN }, { "all", 0 });
}

TEST(fifo)
{
	CAMPAIGN(ACQ_TRANSFER_FIFO, { "ones,bits", OFTEN }, { "dead", 0 },
		 { "slow,missing", EXACT }, { "config,identity", EXACT },
		 { "spurious,storm,missing", EXACT }, { "level", 0 },
		 { "full", OFTEN }, { "all", 0 });
}

TEST(credits)
{
	campaign(aside, 5, ACQ_TRANSFER_DMA);
	CAMPAIGN(ACQ_TRANSFER_DMA, { "writeback", OFTEN }, { "count", EXACT },
		 { "unwritten", 0 }, { "all", 0 });
}

TEST(copied)
{
	campaign(aside, 5, ACQ_TRANSFER_FIFO);
	CAMPAIGN(ACQ_TRANSFER_FIFO, { "writeback,count", OFTEN },
		 { "unwritten", 0 }, { "all", 0 });
}

/* LitePCIe: a block is there when the header behind it is, whatever is counted. */
TEST(headers)
{
	campaign(aside, 5, ACQ_TRANSFER_DMA);
	CAMPAIGN(ACQ_TRANSFER_DMA, { "count", EXACT | OFTEN }, { "count,missing", EXACT },
		 { "unwritten", 0 }, { "all", 0 });
}

/* In Loop mode nothing but a register says how far it is. */
TEST(loop)
{
	CAMPAIGN(ACQ_TRANSFER_FIFO, { "ones,bits", OFTEN }, { "dead", 0 },
		 { "slow,missing", EXACT }, { "spurious,storm,missing", EXACT | OFTEN },
		 { "count", OFTEN }, { "unwritten", 0 }, { "all", 0 });
}

/* Packets, and logic that tells of losses */
TEST(packets)
{
	campaign(aside, 5, ACQ_TRANSFER_DMA);
	CAMPAIGN(ACQ_TRANSFER_DMA, { "writeback", 0 }, { "logic,count", EXACT | OFTEN },
		 { "unwritten", 0 }, { "all", 0 });
}

/* Use a stream of which nothing is known. */
static void try_stream(void)
{
	struct acq_config config = {};
	struct acq_status status;
	struct pollfd p;
	char byte;
	int fd = open(NODE, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	info_of(fd);
	CHECK_EQ(ioctl(fd, ACQ_IOC_GET_CONFIG, &config), 0);
	CHECK(config.rate_millihz && config.block_used && config.frame_bytes);
	CHECK(config.block_used % config.frame_bytes == 0);
	memset(&config, 0, sizeof(config));
	config.ring_bytes = RING;
	config.block_bytes = BLOCK;
	config.format = dice() % (ACQ_FORMAT_U32 + 1);
	config.rate_millihz = dice() % 2 ? 1 : ~0ULL;
	/* What it lacks is refused. */
	ioctl(fd, ACQ_IOC_SET_CONFIG, &config);
	if (!ioctl(fd, ACQ_IOC_START)) {
		p = (struct pollfd){ .fd = fd, .events = POLLIN };
		poll(&p, 1, 20);
		ignore(read(fd, &byte, 1));
		CHECK_EQ(ioctl(fd, ACQ_IOC_STATUS, &status), 0);
		ioctl(fd, ACQ_IOC_STOP);
	}
	close(fd);
}

/* What a card says that it is differs each time that it is asked. */
TEST(probe)
{
	int bound = 0, i, rounds = is_campaign() ? 200 : 12;

	random_state = seed_of(1);
	prepare();
	close_node(honest(ACQ_TRANSFER_DMA));
	alarm(BOUND_S * 2);
	for (i = 0; i < rounds; i++) {
		try_driver("unbind");
		card("lie %u identity%s%s", seed_of(1) * 1000 + i, i % 2 ? ",bits" : "",
		     i % 3 ? "" : ",config");
		try_driver("bind");
		bound += is_there();
		try_stream();
		card("lie off");
	}
	alarm(0);
	printf("# bound in %d of %d\n", bound, rounds);
	CHECK(bound < rounds);
	is_whole(honest(ACQ_TRANSFER_DMA));
}

/* DMA to where it may not: an IOMMU stops it, and says so. */
TEST(wild)
{
	static const char since[] = "acqtest: wild";

	allow("DMAR: ");
	mark(since);
	CAMPAIGN(ACQ_TRANSFER_DMA, { "stray", OFTEN }, { "late", OFTEN },
		 { "late,stray,all", 0 });
	CHECK(told(since, "DMAR: .*fault addr"));
}

HARNESS_MAIN
