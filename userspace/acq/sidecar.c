// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "report.h"
#include "sidecar.h"
#include "target.h"

#define ROOM	(64 << 10)	/* reserved; a text of half of that makes it grow */

/* One of two files that take turns: one has the name, the next text goes to the other. */
struct copy {
	struct target target;
	size_t bytes, room;
};

struct sidecar {
	char *name, *spare_name;
	int data, dir;
	struct copy copy[2];
	unsigned int spare;	/* which of the two */
	bool begun;

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool running, busy, quit;
	char *next;		/* text to be written; NULL: none */
	int err;
};

static int sidecar_reserve(struct copy *copy, size_t room)
{
	int err;

	if (room <= copy->room)
		return 0;
	do {
		err = fallocate(copy->target.fd, FALLOC_FL_KEEP_SIZE, 0, room) ? -errno : 0;
	} while (err == -EINTR);
	copy->target.grown = true;
	/* who cannot reserve has to hope */
	if (err == -EOPNOTSUPP || err == -ENOSYS)
		err = 0;
	if (!err)
		copy->room = room;
	return err;
}

static int sidecar_open_copy(struct copy *copy, const char *name, size_t room)
{
	int err;

	err = target_open(&copy->target, name, O_WRONLY);
	if (err)
		return err;
	copy->bytes = copy->target.old;
	copy->room = 0;
	return sidecar_reserve(copy, room);
}

static int sidecar_open_dir(struct sidecar *s)
{
	char *copy = strdup(s->name);

	if (!copy)
		return -ENOMEM;
	s->dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	return s->dir < 0 ? -errno : 0;
}

int sidecar_open(struct sidecar **out, const char *file, int data)
{
	struct sidecar *s = calloc(1, sizeof(*s));
	int err;

	*out = s;
	if (s) {
		s->data = data;
		s->dir = -1;
		s->copy[0].target.fd = -1;
		s->copy[1].target.fd = -1;
		pthread_mutex_init(&s->lock, NULL);
		pthread_cond_init(&s->change, NULL);
	}
	if (!s || asprintf(&s->name, "%s.json", file) < 0 ||
	    asprintf(&s->spare_name, "%s.json.new", file) < 0) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	err = sidecar_open_dir(s);
	if (!err)
		err = sidecar_open_copy(&s->copy[0], s->spare_name, ROOM);
	if (!err)
		err = sidecar_open_copy(&s->copy[1], s->name, ROOM);
	if (!err)
		return EXIT_OK;
	complain("%s cannot be created: %s", s->name, strerror(-err));
	return EXIT_SYSTEM;
}

const char *sidecar_name(const struct sidecar *s)
{
	return s->name;
}

static int sidecar_write(const struct copy *copy, const char *text, size_t bytes, off_t at)
{
	ssize_t n;

	while (bytes) {
		n = pwrite(copy->target.fd, text, bytes, at);
		if (n > 0) {
			text += n;
			bytes -= n;
			at += n;
		} else if (!n || errno != EINTR) {
			return n ? -errno : -EIO;
		}
	}
	return 0;
}

/*
 * A text that is shorter than the one before gets spaces at its end: to shorten the file
 * would give back what is reserved behind it.
 */
static int sidecar_fill(struct copy *copy, const char *text, bool last)
{
	size_t bytes = strlen(text), pad;
	char spaces[256];
	int err;

	memset(spaces, ' ', sizeof(spaces));
	err = sidecar_write(copy, text, bytes, 0);
	for (; !err && !last && bytes < copy->bytes; bytes += pad) {
		pad = copy->bytes - bytes < sizeof(spaces) ? copy->bytes - bytes : sizeof(spaces);
		err = sidecar_write(copy, spaces, pad, bytes);
	}
	if (!err)
		copy->bytes = bytes;
	if (!err && last && ftruncate(copy->target.fd, bytes))
		err = -errno;
	if (!err && fsync(copy->target.fd))
		err = -errno;
	return err;
}

/* The spare file gets the name, and the one that had it becomes the spare one. */
static int sidecar_swap(struct sidecar *s)
{
	struct copy *other = &s->copy[!s->spare];
	size_t room = other->room;
	bool swapped;

	swapped = !renameat2(AT_FDCWD, s->spare_name, AT_FDCWD, s->name, RENAME_EXCHANGE);
	if (!swapped && rename(s->spare_name, s->name))
		return -errno;
	s->spare = !s->spare;
	/* before the other one is written to again */
	if (fsync(s->dir) && errno != EINVAL)
		return -errno;
	if (swapped)
		return 0;
	/* this file system cannot exchange: there is a new one each time */
	close(other->target.fd);
	return sidecar_open_copy(other, s->spare_name, room);
}

static int sidecar_replace(struct sidecar *s, const char *text)
{
	struct copy *copy = &s->copy[s->spare];
	size_t room = copy->room;
	int err, ret;

	err = sidecar_fill(copy, text, false);
	if (!err)
		err = sidecar_swap(s);
	/* grow in time: what is written now has room even if this fails */
	while (room && copy->bytes > room / 2)
		room *= 2;
	ret = sidecar_reserve(&s->copy[0], room);
	if (!ret)
		ret = sidecar_reserve(&s->copy[1], room);
	return err ? err : ret;
}

static void *sidecar_thread(void *arg)
{
	struct sidecar *s = arg;
	char *text;
	int err;

	pthread_mutex_lock(&s->lock);
	while (!s->quit) {
		text = s->next;
		s->next = NULL;
		if (!text) {
			s->busy = false;
			pthread_cond_wait(&s->change, &s->lock);
			continue;
		}
		pthread_mutex_unlock(&s->lock);
		err = fdatasync(s->data) ? -errno : sidecar_replace(s, text);
		free(text);
		pthread_mutex_lock(&s->lock);
		s->err = err;
		if (err)
			break;
	}
	s->busy = false;
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int sidecar_begin(struct sidecar *s, const char *text)
{
	struct copy *older;
	sigset_t all, old;
	int err;

	err = sidecar_replace(s, text);
	if (err)
		return err;
	s->begun = true;
	/* of an older sidecar no more is of use than what is reserved */
	older = &s->copy[s->spare];
	if (older->bytes > older->room && !ftruncate(older->target.fd, older->room))
		older->bytes = older->room;
	/* signals are for who waits for samples */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&s->thread, NULL, sidecar_thread, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->running = !err;
	return err;
}

void sidecar_put(struct sidecar *s, char *text)
{
	pthread_mutex_lock(&s->lock);
	free(s->next);
	s->next = text;
	s->busy = true;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
}

bool sidecar_busy(struct sidecar *s, int *err)
{
	bool busy;

	pthread_mutex_lock(&s->lock);
	*err = s->err;
	busy = s->busy;
	pthread_mutex_unlock(&s->lock);
	return busy;
}

static void sidecar_stop(struct sidecar *s)
{
	if (!s->running)
		return;
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_cond_signal(&s->change);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->running = false;
}

int sidecar_finish(struct sidecar *s, const char *text)
{
	int err;

	sidecar_stop(s);
	err = sidecar_fill(&s->copy[s->spare], text, true);
	if (!err && rename(s->spare_name, s->name))
		err = -errno;
	if (err)
		return err;
	fsync(s->dir);
	return 0;
}

void sidecar_close(struct sidecar *s)
{
	unsigned int i;

	if (!s)
		return;
	sidecar_stop(s);
	for (i = 0; i < 2; i++) {
		if (!s->begun)
			target_drop(&s->copy[i].target);
		else if (s->copy[i].target.fd >= 0)
			close(s->copy[i].target.fd);
	}
	/* there is none behind sidecar_finish() */
	if (s->begun)
		unlink(s->spare_name);
	if (s->dir >= 0)
		close(s->dir);
	free(s->next);
	free(s->spare_name);
	free(s->name);
	free(s);
}
