// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "collection.h"
#include "directory.h"
#include "exit.h"
#include "json.h"
#include "report.h"

#define SIGMF_VERSION	"1.2.5"

struct collection {
	char *path, *directory;
	int fd;				/* locked; -1: there is no file so far */
	bool made;			/* it was not there before */
	struct timespec written;	/* when it was, as it was opened */
	struct json_object *root, *streams;
};

static struct json_object *collection_new(void)
{
	struct json_object *root = json_object_new_object(), *own = json_object_new_object();
	struct json_object *inner = json_object_new_object(), *list = json_object_new_array();

	json_text(own, "name", "acqdev");
	json_text(own, "version", "1.0.0");
	json_flag(own, "optional", true);
	json_object_array_add(list, own);
	json_text(inner, "core:version", SIGMF_VERSION);
	json_object_object_add(inner, "core:extensions", list);
	json_object_object_add(inner, "core:streams", json_object_new_array());
	json_object_object_add(root, "collection", inner);
	return root;
}

/* The list of recordings in @root, if that is a collection of acq's; else NULL */
static struct json_object *collection_streams(struct json_object *root)
{
	struct json_object *inner, *list, *streams, *name;
	size_t i;

	if (!json_object_object_get_ex(root, "collection", &inner) ||
	    !json_object_object_get_ex(inner, "core:extensions", &list) ||
	    !json_object_object_get_ex(inner, "core:streams", &streams) ||
	    !json_object_is_type(list, json_type_array) ||
	    !json_object_is_type(streams, json_type_array))
		return NULL;
	for (i = 0; i < json_object_array_length(list); i++)
		if (json_object_object_get_ex(json_object_array_get_idx(list, i), "name", &name) &&
		    !strcmp(json_object_get_string(name) ?: "", "acqdev"))
			return streams;
	return NULL;
}

static const char *collection_name_at(const struct collection *c, size_t i)
{
	struct json_object *name;

	if (!json_object_object_get_ex(json_object_array_get_idx(c->streams, i), "name", &name))
		return "";
	return json_object_get_string(name) ?: "";
}

/* Is the file @fd the one that has the name? */
static bool collection_is(int fd, const char *name)
{
	struct stat mine, there;

	return !fstat(fd, &mine) && !stat(name, &there) && mine.st_dev == there.st_dev &&
	       mine.st_ino == there.st_ino;
}

/* Open and lock the file that has the name now, not one that it had. 0 or a negative errno. */
static int collection_lock(struct collection *c)
{
	struct stat st;

	for (;;) {
		c->fd = open(c->path, O_RDONLY | O_CLOEXEC);
		if (c->fd < 0)
			return errno == ENOENT ? 0 : -errno;
		/* a file system that knows no locks cannot say who is there */
		if (flock(c->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
			return -EWOULDBLOCK;
		if (collection_is(c->fd, c->path)) {
			if (!fstat(c->fd, &st))
				c->written = st.st_mtim;
			return 0;
		}
		close(c->fd);
	}
}

static int collection_read(struct collection *c)
{
	int err = collection_lock(c);

	if (err == -EWOULDBLOCK) {
		complain("%s: another acq is recording this series", c->path);
		return EXIT_SYSTEM;
	}
	if (err) {
		complain("%s cannot be read: %s", c->path, strerror(-err));
		return EXIT_SYSTEM;
	}
	if (c->fd >= 0)
		c->root = json_object_from_fd(c->fd);
	else
		c->root = collection_new();
	c->streams = collection_streams(c->root);
	if (c->streams)
		return EXIT_OK;
	complain("%s is not a collection written by acq: choose another name, or move it away",
		 c->path);
	return EXIT_SYSTEM;
}

int collection_open(struct collection **out, const char *path)
{
	struct collection *c = calloc(1, sizeof(*c));
	char *slash;

	*out = c;
	if (!c)
		goto no_memory;
	c->fd = -1;
	c->path = strdup(path);
	c->directory = strdup(path);
	if (!c->path || !c->directory)
		goto no_memory;
	slash = strrchr(c->directory, '/');
	if (slash)
		slash[slash == c->directory] = '\0';
	else
		strcpy(c->directory, ".");
	return collection_read(c);

no_memory:
	complain("out of memory");
	return EXIT_SYSTEM;
}

bool collection_exists(const struct collection *c)
{
	return c->fd >= 0;
}

/* Write the text to the new file @fd. 0 or a negative errno. */
static int collection_fill(struct collection *c, int fd)
{
	const char *text = json_pretty(c->root);
	size_t len = strlen(text), done = 0;
	ssize_t n;

	if (ftruncate(fd, 0))
		return -errno;
	while (done < len) {
		n = write(fd, text + done, len - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? n : 0;
	}
	return fsync(fd) ? -errno : 0;
}

/*
 * Open and lock the file that becomes the collection. Its name is always the same: what somebody
 * leaves who is killed is used by the next one. 0 or a negative errno.
 */
static int collection_create(const char *name, int *fd)
{
	int err;

	for (;;) {
		*fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (*fd < 0)
			return -errno;
		err = flock(*fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK ? -EBUSY : 0;
		if (!err && collection_is(*fd, name))
			return 0;
		close(*fd);
		if (err)
			return err;
	}
}

/* @flags: of renameat2(2). 0 or a negative errno. */
static int collection_replace(struct collection *c, unsigned int flags)
{
	char *temporary;
	int fd, err;

	if (asprintf(&temporary, "%s.new", c->path) < 0)
		return -ENOMEM;
	err = collection_create(temporary, &fd);
	if (err) {
		free(temporary);
		return err;
	}
	err = collection_fill(c, fd);
	if (!err && renameat2(AT_FDCWD, temporary, AT_FDCWD, c->path, flags) &&
	    (errno != EINVAL || rename(temporary, c->path)))
		err = -errno;
	if (err) {
		unlink(temporary);
		close(fd);
	}
	free(temporary);
	if (err)
		return err;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = fd;
	return directory_sync_of(c->path);
}

int collection_begin(struct collection *c)
{
	int err;

	if (c->fd >= 0)
		return 0;
	/* another process may have created it meanwhile: it is that one's */
	err = collection_replace(c, RENAME_NOREPLACE);
	c->made = !err;
	return err == -EEXIST ? -EBUSY : err;
}

/* What surrounds the list */
static struct json_object *collection_inner(const struct collection *c)
{
	return json_object_object_get(c->root, "collection");
}

uint64_t collection_next(const struct collection *c)
{
	struct json_object *next;

	if (!json_object_object_get_ex(collection_inner(c), "acqdev:next", &next) ||
	    json_object_get_int64(next) < 0)
		return 0;
	return json_object_get_int64(next);
}

void collection_set_next(struct collection *c, uint64_t number)
{
	json_u64(collection_inner(c), "acqdev:next", number);
}

void collection_remove(struct collection *c, const char *base)
{
	size_t i = json_object_array_length(c->streams);

	while (i--)
		if (!strcmp(collection_name_at(c, i), base))
			json_object_array_del_idx(c->streams, i, 1);
}

int collection_add(struct collection *c, const char *base)
{
	struct json_object *entry;
	char hash[SHA512_DIGEST_STRING_LENGTH], *meta;
	bool ok;

	if (asprintf(&meta, "%s/%s.sigmf-meta", c->directory, base) < 0)
		return -ENOMEM;
	errno = EIO;
	ok = SHA512File(meta, hash);
	free(meta);
	if (!ok)
		return -errno;
	collection_remove(c, base);
	entry = json_object_new_object();
	json_text(entry, "name", base);
	json_text(entry, "hash", hash);
	json_object_array_add(c->streams, entry);
	return 0;
}

/* Has @base been what it is when the collection was written? False also if that is not sure. */
static bool collection_is_older(const struct collection *c, const char *base)
{
	struct stat st;
	bool older;
	char *meta;

	if (asprintf(&meta, "%s/%s.sigmf-meta", c->directory, base) < 0)
		return false;
	older = !stat(meta, &st) && (st.st_ctim.tv_sec < c->written.tv_sec ||
				     (st.st_ctim.tv_sec == c->written.tv_sec &&
				      st.st_ctim.tv_nsec < c->written.tv_nsec));
	free(meta);
	return older;
}

int collection_renew(struct collection *c, const char *base)
{
	size_t i, num = json_object_array_length(c->streams);
	struct json_object *entry;

	/* they mostly are in order: the first that has not been renewed is the one */
	for (i = 0; i < num && strcmp(collection_name_at(c, i), base); i++)
		;
	if (i == num || !collection_is_older(c, base)) {
		collection_remove(c, base);
		return collection_add(c, base);
	}
	entry = json_object_get(json_object_array_get_idx(c->streams, i));
	collection_remove(c, base);
	json_object_array_add(c->streams, entry);
	return 0;
}

int collection_write(struct collection *c)
{
	size_t i = json_object_array_length(c->streams);
	struct stat st;
	char *meta;
	int err;

	while (i--) {
		if (asprintf(&meta, "%s/%s.sigmf-meta", c->directory, collection_name_at(c, i)) < 0)
			return -ENOMEM;
		err = stat(meta, &st) ? errno : 0;
		free(meta);
		/* who moves a file elsewhere has taken it out of the series */
		if (err == ENOENT)
			json_object_array_del_idx(c->streams, i, 1);
	}
	return collection_replace(c, 0);
}

void collection_keep(struct collection *c)
{
	c->made = false;
}

void collection_close(struct collection *c)
{
	if (!c)
		return;
	/* as if nothing had been tried */
	if (c->made && !json_object_array_length(c->streams))
		unlink(c->path);
	if (c->fd >= 0)
		close(c->fd);
	json_object_put(c->root);
	free(c->directory);
	free(c->path);
	free(c);
}
