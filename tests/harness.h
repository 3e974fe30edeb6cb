/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test program: TEST(name) { ... CHECK(...) ... } and HARNESS_MAIN at the end.
 * Prints KTAP; exits with 0 only if all passed. Arguments select tests by name.
 */
#ifndef ACQ_TEST_HARNESS_H
#define ACQ_TEST_HARNESS_H

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct harness_test {
	const char *name;
	void (*run)(void);
	struct harness_test *next;
};

static struct harness_test *harness_first, **harness_last = &harness_first;
static jmp_buf harness_out;
static char harness_skip[200];

#define TEST(_name)								\
	static void test_##_name(void);						\
	static struct harness_test harness_##_name = { #_name, test_##_name, NULL };	\
	__attribute__((constructor)) static void harness_add_##_name(void)	\
	{									\
		*harness_last = &harness_##_name;				\
		harness_last = &harness_##_name.next;				\
	}									\
	static void test_##_name(void)

/* Ends the test if @cond does not hold. */
#define CHECK(cond)								\
	do {									\
		if (!(cond)) {							\
			int harness_errno = errno;				\
										\
			printf("# %s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__,	\
			       #cond, harness_errno);				\
			longjmp(harness_out, 1);				\
		}								\
	} while (0)

/* Ends the test if @got is not @want; both are whole numbers. */
#define CHECK_EQ(got, want)							\
	do {									\
		long long harness_want = (want), harness_got = (got);		\
										\
		if (harness_got != harness_want) {				\
			printf("# %s:%d: %s is %lld, not %lld (errno %d)\n", __FILE__,	\
			       __LINE__, #got, harness_got, harness_want, errno);	\
			longjmp(harness_out, 1);				\
		}								\
	} while (0)

/* Ends the test if @call does not fail with @error. */
#define CHECK_ERR(call, error)							\
	do {									\
		long long harness_got;						\
										\
		errno = 0;							\
		harness_got = (call);						\
		if (harness_got != -1 || errno != (error)) {			\
			printf("# %s:%d: %s is %lld with errno %d, not -1 with %s\n",	\
			       __FILE__, __LINE__, #call, harness_got, errno, #error);	\
			longjmp(harness_out, 1);				\
		}								\
	} while (0)

#define SKIP(...)								\
	do {									\
		snprintf(harness_skip, sizeof(harness_skip), __VA_ARGS__);	\
		longjmp(harness_out, 2);					\
	} while (0)

static bool harness_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc < 2;
}

static int harness_run(int argc, char **argv)
{
	struct harness_test *test;
	static int number, failed;	/* static: longjmp() leaves it alone */

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	for (test = harness_first; test; test = test->next) {
		if (!harness_wanted(test->name, argc, argv))
			continue;
		number++;
		switch (setjmp(harness_out)) {
		case 0:
			test->run();
			printf("ok %d %s\n", number, test->name);
			break;
		case 2:
			printf("ok %d %s # SKIP %s\n", number, test->name, harness_skip);
			break;
		default:
			failed++;
			printf("not ok %d %s\n", number, test->name);
		}
	}
	printf("1..%d\n", number);
	return failed || !number;
}

#define HARNESS_MAIN								\
	int main(int argc, char **argv)						\
	{									\
		return harness_run(argc, argv);					\
	}

#endif /* ACQ_TEST_HARNESS_H */
