/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What module/core/ring.c needs of the kernel, for a program in which memory is as
 * weak as the kernel's memory model allows: see weak.c.
 */
#ifndef ACQ_TEST_WEAK_KERNEL_H
#define ACQ_TEST_WEAK_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

/**
 * struct weak_site - a barrier in the code under test
 * @func: where it is
 * @what: what it is about
 * @next: among those that have been met
 * @met: it is among them
 * @off: it is taken out
 */
struct weak_site {
	const char *func;
	const char *what;
	struct weak_site *next;
	bool met;
	bool off;
};

extern struct weak_site *weak_sites;

u64 weak_load(const void *p, size_t size, struct weak_site *acquire);
void weak_store(void *p, size_t size, u64 value, struct weak_site *release);
void weak_fence(struct weak_site *site, bool full);
void weak_load_later(const u64 *p, u64 *to);
void weak_settle(void);

struct weak_lock {
	bool held;
	u32 *view;
};

void weak_spinlock(struct weak_lock *lock);
void weak_unlock(struct weak_lock *lock);

void weak_begin(u64 seed);
void weak_spawn(void (*run)(void));
void weak_go(void);
void weak_yield(void);
u32 weak_random(u32 below);

#define WEAK_SITE(_what)						\
	({								\
		static struct weak_site weak_site;			\
									\
		weak_site.func = __func__;				\
		weak_site.what = _what;					\
		&weak_site;						\
	})

#define READ_ONCE(x)		((__typeof__(x))weak_load(&(x), sizeof(x), NULL))
#define WRITE_ONCE(x, v)	weak_store(&(x), sizeof(x), v, NULL)
/* see their uses */
#define smp_load_acquire(p)	((__typeof__(*(p)))weak_load(p, sizeof(*(p)), WEAK_SITE(#p)))
/* see their uses */
#define smp_store_release(p, v)	weak_store(p, sizeof(*(p)), v, WEAK_SITE(#p))
#define smp_mb()	weak_fence(WEAK_SITE("smp_mb"), true)	/* see its uses */
#define smp_rmb()	weak_fence(WEAK_SITE("smp_rmb"), false)	/* see its uses */
/* see its use */
#define smp_mb__after_spinlock() weak_fence(WEAK_SITE("smp_mb__after_spinlock"), true)
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define div_u64(a, b)		((a) / (b))
#define div_u64_rem(a, b, rest)		((void)(*(rest) = (a) % (b)))
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))

#endif /* ACQ_TEST_WEAK_KERNEL_H */
