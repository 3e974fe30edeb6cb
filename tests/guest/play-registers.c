// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing kernels=7 takes=10
 * acqtest: playing-xdma program=play-registers-xdma kernels=7 takes=10
 */
/*
 * What playing costs at the card's side: its registers are not read for a block. They are
 * when the driver asks whether the card is well: at each beat of the watchdog, and at an
 * interrupt that brings nothing new. Probes count how often that is.
 */
#include "play.h"

#define BLOCKS		400
#define RING_BLOCKS	64
#define TRACING		"/sys/kernel/tracing/"

static uint8_t samples[16 << 10];

static long long register_reads(void)
{
	return card_stat("reg_reads") + (over_xdma() ? card_stat("user_reads") : 0);
}

static void count_calls(const char *name, const char *function)
{
	char text[100];

	snprintf(text, sizeof(text), "p:reads/%s %s", name, function);
	write_file(TRACING "kprobe_events", text);
	snprintf(text, sizeof(text), TRACING "events/reads/%s/enable", name);
	write_file(text, "1");
}

/* How often it has been called since */
static long long calls_of(const char *name)
{
	FILE *from = fopen(TRACING "kprobe_profile", "re");
	long long calls = -1, n;
	char event[100];

	CHECK(from);
	while (calls < 0 && fscanf(from, "%99s %lld %*d", event, &n) == 2) {
		if (!strcmp(event, name))
			calls = n;
	}
	fclose(from);
	CHECK(calls >= 0);
	return calls;
}

static void count_no_more(void)
{
	if (!access(TRACING "events/reads", F_OK)) {
		write_file(TRACING "events/reads/enable", "0");
		write_file(TRACING "kprobe_events", "-:reads/look");
		write_file(TRACING "kprobe_events", "-:reads/beat");
	}
}

TEST(no_register_is_read_for_a_block)
{
	int fd = open_output(output_config(RING_BLOCKS), O_WRONLY, true), i;
	long long reads, blocks, looks, beats;
	struct acq_status status;

	if (access(TRACING "kprobe_profile", R_OK))
		SKIP("this kernel has no probes");
	card("out speed 20");
	for (i = 0; i < RING_BLOCKS / 2; i++)
		write_all(fd, samples, PAGE_BYTES);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING && status_of(fd).head);
	count_calls("beat", "acq_watchdog_beat");
	count_calls("look", over_xdma() ? "xdma_output_check" : "r1_run_check");
	blocks = status_of(fd).head / PAGE_BYTES;
	reads = register_reads();
	for (i = 0; i < BLOCKS; i++)
		write_all(fd, samples, PAGE_BYTES);
	reads = register_reads() - reads;
	looks = calls_of("look");
	beats = calls_of("beat");
	count_no_more();
	status = status_of(fd);
	blocks = status.head / PAGE_BYTES - blocks;
	printf("# %lld registers read while %lld blocks were played, %llu interrupts; looked at %lld times, at %lld beats of the watchdog\n",
	       reads, blocks, (unsigned long long)status.interrupts, looks, beats);
	CHECK(blocks >= BLOCKS / 2);
	/* A look reads three registers of XDMA, one of an ACQ-R1, and one more if nothing moves. */
	CHECK(reads <= looks * (over_xdma() ? 3 : 2));
	CHECK(looks <= beats + blocks / 20);
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
}

HARNESS_MAIN
