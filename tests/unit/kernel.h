/* SPDX-License-Identifier: GPL-2.0-only */
/* What module/core/ring.c needs of the kernel, for a program. */
#ifndef ACQ_TEST_KERNEL_H
#define ACQ_TEST_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

/* The test's: others may do something right before a look at what they share. */
void before_read_once(void);

#define READ_ONCE(x)			(before_read_once(), \
					 __atomic_load_n(&(x), __ATOMIC_RELAXED))
#define WRITE_ONCE(x, v)		__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE) /* see its uses */
#define smp_store_release(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE) /* see its uses */
#define smp_mb()			__atomic_thread_fence(__ATOMIC_SEQ_CST) /* see its uses */
#define smp_rmb()			__atomic_thread_fence(__ATOMIC_ACQUIRE) /* see its uses */
#define min(a, b)			((a) < (b) ? (a) : (b))
#define max(a, b)			((a) > (b) ? (a) : (b))
#define NSEC_PER_SEC			1000000000ULL
#define div_u64(a, b)			((a) / (b))
#define div_u64_rem(a, b, rest)		((void)(*(rest) = (a) % (b)))
#define div64_u64(a, b)			((a) / (b))
#define div_s64(a, b)			((s64)(a) / (int32_t)(b))
#define min_t(t, a, b)			((t)(a) < (t)(b) ? (t)(a) : (t)(b))

#define ARRAY_SIZE(a)			(sizeof(a) / sizeof(*(a)))
#define mul_u64_u64_div_u64(a, b, c)	((u64)((unsigned __int128)(a) * (b) / (c)))

static inline int kstrtou32(const char *text, unsigned int base, u32 *value)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, base);
	if (errno || end == text || *end || number > UINT32_MAX || *text < '0' || *text > '9')
		return -EINVAL;
	*value = number;
	return 0;
}

#endif /* ACQ_TEST_KERNEL_H */
