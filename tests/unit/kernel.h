/* SPDX-License-Identifier: GPL-2.0-only */
/* What module/core/ring.c needs of the kernel, for a program. */
#ifndef ACQ_TEST_KERNEL_H
#define ACQ_TEST_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
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
#define min_t(t, a, b)			((t)(a) < (t)(b) ? (t)(a) : (t)(b))

#endif /* ACQ_TEST_KERNEL_H */
