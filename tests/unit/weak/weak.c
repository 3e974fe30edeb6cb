// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is as weak as a processor may make it, for any processor to test on.
 *
 * Each place keeps all that was written to it, in order. A thread may read anything
 * that is not older than what it knows of the place: what it has read or written
 * there, and what came with an acquire, or a read barrier, from a release or from
 * behind a write barrier. A full barrier hands on to the next one all that its
 * thread knows. A load that nobody waits for may happen later, up to the next
 * barrier that orders it. (This is the view machine of the C and Rust literature;
 * stores that overtake loads it has only by weak_load_later().)
 *
 * Threads are coroutines. They change at an access, at random; so does what a load
 * finds. A seed makes it happen again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "kernel.h"

#define PLACES		192
#define WRITES		512	/* to one place */
#define THREADS		4
#define LATER		8
#define STACK		65536

struct view {
	u32 at[PLACES];		/* number of the oldest write that may be read, by place */
};

struct write {
	u64 value;
	struct view view;	/* what who reads it by an acquire knows */
};

struct place {
	const void *p;
	u32 count;
	struct write *write;
};

struct thread {
	ucontext_t context;
	void (*run)(void);
	bool done;
	struct view knows;
	struct view acquired;	/* would know behind a read barrier */
	struct view released;	/* what it knew at its last full barrier */
	struct {
		const u64 *p;
		u64 *to;
	} later[LATER];
	u32 laters;
	char stack[STACK];
};

struct weak_site *weak_sites;

static struct place places[PLACES];
static u32 place_count;
static struct view full;	/* what the last full barrier handed on */
static struct view locks[THREADS];
static u32 lock_count;
static struct thread threads[THREADS];
static u32 thread_count, current;
static ucontext_t outside;
static u64 state;

u32 weak_random(u32 below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % below;
}

static void view_join(struct view *view, const struct view *other)
{
	u32 i;

	for (i = 0; i < place_count; i++)
		view->at[i] = max(view->at[i], other->at[i]);
}

/* Is the barrier there? It is known from here on. */
static bool site_on(struct weak_site *site)
{
	if (!site)
		return false;
	if (!site->met) {
		site->met = true;
		site->next = weak_sites;
		weak_sites = site;
	}
	return !site->off;
}

static u64 value_of(const void *p, size_t size)
{
	u64 value = 0;

	memcpy(&value, p, size);
	return value;
}

static u32 place_of(const void *p, size_t size)
{
	struct place *place;
	u32 i;

	for (i = 0; i < place_count; i++) {
		if (places[i].p == p)
			return i;
	}
	if (i == PLACES)
		abort();
	place = &places[i];
	place->p = p;
	place->count = 1;
	if (!place->write)
		place->write = malloc(WRITES * sizeof(*place->write));
	place->write[0] = (struct write){ .value = value_of(p, size) };
	place_count++;
	return i;
}

/* What a load finds now */
static u64 load_now(struct thread *t, const void *p, size_t size, bool acquire)
{
	u32 i = place_of(p, size);
	struct place *place = &places[i];
	u32 first = t->knows.at[i], which = place->count - 1;

	if (which > first && weak_random(2))
		which -= weak_random(min(which - first, 4U) + 1);
	t->knows.at[i] = which;
	view_join(&t->acquired, &place->write[which].view);
	if (acquire)
		view_join(&t->knows, &place->write[which].view);
	return place->write[which].value;
}

/* Loads that were put off happen: all of them, or one now and then. */
static void settle(struct thread *t, bool all)
{
	while (t->laters && (all || !weak_random(8))) {
		u32 i = weak_random(t->laters);

		*t->later[i].to = load_now(t, t->later[i].p, sizeof(u64), false);
		t->later[i] = t->later[--t->laters];
	}
}

void weak_settle(void)
{
	settle(&threads[current], true);
}

void weak_yield(void)
{
	u32 from = current, to = from, i;

	settle(&threads[from], false);
	for (i = 0; i < 8 && (to == from || threads[to].done); i++)
		to = weak_random(thread_count);
	if (to == from || threads[to].done)
		return;
	current = to;
	swapcontext(&threads[from].context, &threads[to].context);
}

static void maybe_yield(void)
{
	if (!weak_random(4))
		weak_yield();
	else
		settle(&threads[current], false);
}

u64 weak_load(const void *p, size_t size, struct weak_site *acquire)
{
	bool on = site_on(acquire);

	if (!thread_count)
		return value_of(p, size);
	maybe_yield();
	return load_now(&threads[current], p, size, on);
}

void weak_load_later(const u64 *p, u64 *to)
{
	struct thread *t = &threads[current];

	if (t->laters == LATER)
		settle(t, true);
	t->later[t->laters].p = p;
	t->later[t->laters++].to = to;
}

void weak_store(void *p, size_t size, u64 value, struct weak_site *release)
{
	bool on = site_on(release);
	struct thread *t = &threads[current];
	struct place *place;
	struct write *write;
	u32 i;

	if (!thread_count) {
		memcpy(p, &value, size);
		return;
	}
	if (on)
		settle(t, true);
	maybe_yield();
	i = place_of(p, size);
	place = &places[i];
	if (place->count == WRITES)
		abort();
	write = &place->write[place->count];
	write->value = value;
	write->view = on ? t->knows : t->released;
	t->knows.at[i] = place->count;
	write->view.at[i] = place->count++;
	memcpy(p, &value, size);
}

void weak_fence(struct weak_site *site, bool whole)
{
	struct thread *t = &threads[current];

	if (!site_on(site) || !thread_count)
		return;
	settle(t, true);
	view_join(&t->knows, &t->acquired);
	if (!whole)
		return;
	maybe_yield();
	view_join(&t->knows, &full);
	view_join(&full, &t->knows);
	t->released = t->knows;
}

/*
 * Who has it knows what those before knew, and what it writes comes behind all that
 * they wrote; but it is no full barrier.
 */
void weak_spinlock(struct weak_lock *lock)
{
	while (lock->held)
		weak_yield();
	lock->held = true;
	if (!lock->view)
		lock->view = locks[lock_count++ % THREADS].at;
	view_join(&threads[current].knows, (struct view *)lock->view);
	view_join(&threads[current].released, (struct view *)lock->view);
}

void weak_unlock(struct weak_lock *lock)
{
	settle(&threads[current], true);
	memcpy(lock->view, threads[current].knows.at, sizeof(struct view));
	lock->held = false;
	maybe_yield();
}

/* A new memory, which has what is there */
void weak_begin(u64 seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	thread_count = 0;
	place_count = 0;
	lock_count = 0;
	memset(&full, 0, sizeof(full));
	memset(locks, 0, sizeof(locks));
}

static void thread_main(void)
{
	u32 i;

	threads[current].run();
	weak_settle();
	threads[current].done = true;
	for (i = 0; i < thread_count; i++) {
		if (threads[i].done)
			continue;
		current = i;
		setcontext(&threads[i].context);
	}
	setcontext(&outside);
}

void weak_spawn(void (*run)(void))
{
	struct thread *t = &threads[thread_count++];

	memset(&t->knows, 0, sizeof(t->knows));
	memset(&t->acquired, 0, sizeof(t->acquired));
	memset(&t->released, 0, sizeof(t->released));
	t->laters = 0;
	t->done = false;
	t->run = run;
	getcontext(&t->context);
	t->context.uc_stack.ss_sp = t->stack;
	t->context.uc_stack.ss_size = sizeof(t->stack);
	t->context.uc_link = NULL;
	makecontext(&t->context, thread_main, 0);
}

void weak_go(void)
{
	current = 0;
	swapcontext(&outside, &threads[0].context);
	thread_count = 0;
}
