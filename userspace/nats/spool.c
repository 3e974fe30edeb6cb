// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "exit.h"
#include "report.h"
#include "spool.h"

#define SPOOL_MAGIC	0x4c505341U	/* "ASPL" */
#define SPOOL_SUFFIX	".spool"
#define SPOOL_FILES	16		/* at least, so that room comes back in pieces */
#define SPOOL_FILE_MAX	(64ULL << 20)
#define SPOOL_BODY_MAX	(64U << 20)
#define SPOOL_DONE	256		/* bytes of the file "done" */
#define SPOOL_NAME	64
#define SPOOL_WHOSE	1024		/* bytes of the file "whose", at most */

/* Before each message */
struct spool_head {
	uint32_t magic, crc, text, body;	/* crc: of all that follows it */
};

struct spool {
	pthread_mutex_t lock;
	char *dir;
	int dir_fd, lock_fd, done_fd;
	uint64_t size, file_max, bytes;		/* bytes: of all files */
	uint64_t first, last;			/* files that there are, if bytes */
	int write_fd, read_fd;
	uint64_t read_file, write_bytes;
	uint64_t next_file, next_offset;	/* of what is to be taken */
	uint64_t sync_file;			/* the first that the disk may not have */
	bool unsynced, quit, running;
	pthread_t thread;			/* has it on the disk, once a second */
	pthread_cond_t changed;
	struct spool_done known;
};

static uint32_t spool_crc(uint32_t crc, const void *data, size_t bytes)
{
	static uint32_t table[256];
	const unsigned char *p = data;
	uint32_t v;
	int i, j;

	for (i = 0; !table[255] && i < 256; i++) {
		for (v = i, j = 0; j < 8; j++)
			v = v >> 1 ^ (v & 1 ? 0xedb88320U : 0);
		table[i] = v;
	}
	for (crc = ~crc; bytes; bytes--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return ~crc;
}

static char *spool_name(uint64_t file, char name[SPOOL_NAME])
{
	snprintf(name, SPOOL_NAME, "%016" PRIx64 SPOOL_SUFFIX, file);
	return name;
}

static uint64_t spool_file_bytes(const struct spool *s, uint64_t file)
{
	char name[SPOOL_NAME];
	struct stat st;

	return fstatat(s->dir_fd, spool_name(file, name), &st, 0) ? 0 : st.st_size;
}

/* The file's descriptor to read from; negative: an errno */
static int spool_reader(struct spool *s, uint64_t file)
{
	char name[SPOOL_NAME];

	if (s->read_fd >= 0 && s->read_file == file)
		return s->read_fd;
	if (s->read_fd >= 0)
		close(s->read_fd);
	s->read_fd = openat(s->dir_fd, spool_name(file, name), O_RDONLY | O_CLOEXEC);
	s->read_file = file;
	return s->read_fd < 0 ? -errno : s->read_fd;
}

static int spool_pread(int fd, void *to, size_t bytes, uint64_t offset)
{
	ssize_t n;

	for (; bytes; to = (char *)to + n, bytes -= n, offset += n) {
		n = pread(fd, to, bytes, offset);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return n ? -errno : -EBADMSG;
	}
	return 0;
}

/* The samples have to be read to know that all is whole. 1: it is; 0: not; or an errno. */
static int spool_check(int fd, const struct spool_place *place, const struct spool_head *head,
		       const char *text)
{
	uint64_t at = place->offset + sizeof(*head) + head->text, left = head->body, n;
	uint32_t crc = spool_crc(0, &head->text, 2 * sizeof(uint32_t));
	char piece[65536];
	int err;

	for (crc = spool_crc(crc, text, head->text); left; left -= n, at += n) {
		n = left < sizeof(piece) ? left : sizeof(piece);
		err = spool_pread(fd, piece, n, at);
		if (err)
			return err == -EBADMSG ? 0 : err;
		crc = spool_crc(crc, piece, n);
	}
	return crc == head->crc;
}

/* What is at @place, whose bytes are filled in. 1; 0: nothing that is whole; or an errno. */
static int spool_look(struct spool *s, struct spool_place *place, struct message *m)
{
	int fd = spool_reader(s, place->file), err;
	char text[MESSAGE_TEXT_MAX + 1];
	struct spool_head head;

	if (fd < 0)
		return fd;
	err = spool_pread(fd, &head, sizeof(head), place->offset);
	if (!err && (head.magic != SPOOL_MAGIC || head.text > MESSAGE_TEXT_MAX ||
		     head.body > SPOOL_BODY_MAX))
		err = -EBADMSG;
	if (!err)
		err = spool_pread(fd, text, head.text, place->offset + sizeof(head));
	if (err)
		return err == -EBADMSG ? 0 : err;
	text[head.text] = '\0';
	place->text = head.text;
	place->body = head.body;
	err = spool_check(fd, place, &head, text);
	if (err <= 0)
		return err;
	return !message_parse_text(m, text, head.body);
}

static uint64_t spool_behind(const struct spool_place *place)
{
	return place->offset + sizeof(struct spool_head) + place->text + place->body;
}

int spool_next(struct spool *s, struct message *m, struct spool_place *place)
{
	int ret = 0;

	pthread_mutex_lock(&s->lock);
	while (s->bytes && s->next_file <= s->last) {
		*place = (struct spool_place){ .file = s->next_file, .offset = s->next_offset };
		ret = 0;
		if (place->offset < spool_file_bytes(s, place->file))
			ret = spool_look(s, place, m);
		if (ret > 0) {
			s->next_offset = spool_behind(place);
			break;
		}
		if (ret == -ENOENT)
			ret = 0;
		/* the end of what is whole; the last file may grow yet */
		if (ret || (s->next_file == s->last && s->write_fd >= 0))
			break;
		/* what a crash left behind the last whole message is not waited for */
		if (s->next_file == s->last)
			s->write_bytes = s->next_offset;
		s->next_file++;
		s->next_offset = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return ret;
}

bool spool_has_more(struct spool *s)
{
	bool more;

	pthread_mutex_lock(&s->lock);
	more = s->bytes && (s->next_file < s->last ||
			    (s->next_file == s->last && s->next_offset < s->write_bytes));
	pthread_mutex_unlock(&s->lock);
	return more;
}

void spool_took_all(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->next_file = s->last;
	s->next_offset = s->write_bytes;
	pthread_mutex_unlock(&s->lock);
}

int spool_read(struct spool *s, const struct spool_place *place, void *data)
{
	int fd, err;

	pthread_mutex_lock(&s->lock);
	fd = spool_reader(s, place->file);
	err = fd < 0 ? fd : spool_pread(fd, data, place->body, place->offset +
					sizeof(struct spool_head) + place->text);
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* Another file to append to. 0 or a negative errno. */
static int spool_new_file(struct spool *s)
{
	char name[SPOOL_NAME];
	int fd;

	fd = openat(s->dir_fd, spool_name(s->last + 1, name),
		    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (s->write_fd >= 0)
		close(s->write_fd);
	s->write_fd = fd;
	s->write_bytes = 0;
	s->last++;
	if (!s->bytes) {
		s->first = s->last;
		s->next_file = s->last;
		s->next_offset = 0;
	}
	return 0;
}

static int spool_append(struct spool *s, struct iovec *part, uint64_t bytes)
{
	ssize_t n = writev(s->write_fd, part, 3);

	if (n == (ssize_t)bytes)
		return 0;
	/* what is there of it must not be in the way of the next one */
	if (n > 0 && ftruncate(s->write_fd, s->write_bytes)) {
		/* it stays: the next one begins a file of its own */
		close(s->write_fd);
		s->write_fd = -1;
		return -EIO;
	}
	return n < 0 ? -errno : -ENOSPC;
}

int spool_put(struct spool *s, const struct message *m, const void *data,
	      struct spool_place *place)
{
	uint64_t body = m->kind == MESSAGE_BLOCK ? m->frames * m->frame_bytes : 0, bytes;
	char text[MESSAGE_TEXT_MAX];
	struct spool_head head = { .magic = SPOOL_MAGIC, .text = message_text(m, text) };
	struct iovec part[] = {
		{ &head, sizeof(head) }, { text, head.text }, { (void *)data, body },
	};
	int err = 0;

	if (body > SPOOL_BODY_MAX)
		return -EMSGSIZE;
	head.body = body;
	head.crc = spool_crc(spool_crc(spool_crc(0, &head.text, 2 * sizeof(uint32_t)), text,
				       head.text), data, body);
	bytes = sizeof(head) + head.text + body;
	pthread_mutex_lock(&s->lock);
	if (s->bytes + bytes > s->size)
		err = -ENOSPC;
	else if (s->write_fd < 0 || (s->write_bytes && s->write_bytes + bytes > s->file_max))
		err = spool_new_file(s);
	if (!err)
		err = spool_append(s, part, bytes);
	if (!err) {
		*place = (struct spool_place) {
			.file = s->last, .offset = s->write_bytes, .text = head.text, .body = body,
		};
		s->write_bytes += bytes;
		s->bytes += bytes;
		s->unsynced = true;
	}
	pthread_mutex_unlock(&s->lock);
	return err == -EDQUOT || err == -EFBIG ? -ENOSPC : err;
}

static void spool_remove_first(struct spool *s)
{
	char name[SPOOL_NAME];
	uint64_t bytes = spool_file_bytes(s, s->first);

	if (s->read_fd >= 0 && s->read_file == s->first) {
		close(s->read_fd);
		s->read_fd = -1;
	}
	unlinkat(s->dir_fd, spool_name(s->first, name), 0);
	s->bytes -= bytes < s->bytes ? bytes : s->bytes;
	s->first++;
}

void spool_is_done(struct spool *s, const struct spool_done *done, const struct spool_place *place)
{
	char text[SPOOL_DONE], line[SPOOL_DONE - 16];
	uint64_t file = 0, offset = 0;

	pthread_mutex_lock(&s->lock);
	if (place) {
		file = place->file;
		offset = spool_behind(place);
		while (s->first < file)
			spool_remove_first(s);
		/* all of it: the next message begins a file of its own */
		if (file == s->last && offset == s->write_bytes) {
			spool_remove_first(s);
			s->bytes = 0;
			if (s->write_fd >= 0)
				close(s->write_fd);
			s->write_fd = -1;
		}
	}
	snprintf(line, sizeof(line), "%" PRIu64 " %" PRIu64 " %s %" PRIu64, file, offset,
		 *done->run ? done->run : "-", done->index);
	memset(text, ' ', sizeof(text));
	snprintf(text, sizeof(text), "%08x %s", spool_crc(0, line, strlen(line)), line);
	text[strlen(text)] = '\n';
	if (pwrite(s->done_fd, text, sizeof(text), 0) < 0)
		remark("%s/done cannot be written: %s", s->dir, strerror(errno));
	pthread_mutex_unlock(&s->lock);
}

/* With the lock held, which is not while the disk is waited for */
static void spool_sync(struct spool *s)
{
	uint64_t file = s->sync_file, last = s->last;
	char name[SPOOL_NAME];
	int fd;

	if (!s->unsynced)
		return;
	s->unsynced = false;
	s->sync_file = last;
	pthread_mutex_unlock(&s->lock);
	/* by name: files come and go meanwhile */
	for (; file <= last; file++) {
		fd = openat(s->dir_fd, spool_name(file, name), O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		fdatasync(fd);
		close(fd);
	}
	fsync(s->dir_fd);
	pthread_mutex_lock(&s->lock);
}

static void *spool_run(void *arg)
{
	struct spool *s = arg;
	struct timespec at;

	pthread_mutex_lock(&s->lock);
	while (!s->quit) {
		clock_gettime(CLOCK_REALTIME, &at);
		at.tv_sec++;
		pthread_cond_timedwait(&s->changed, &s->lock, &at);
		spool_sync(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

uint64_t spool_bytes(struct spool *s)
{
	uint64_t bytes;

	pthread_mutex_lock(&s->lock);
	bytes = s->bytes;
	pthread_mutex_unlock(&s->lock);
	return bytes;
}

const struct spool_done *spool_known(const struct spool *s)
{
	return &s->known;
}

/* Which files there are, and how much is in them */
static int spool_scan(struct spool *s)
{
	DIR *dir = fdopendir(openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	uint64_t file;
	int n;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		n = 0;
		if (sscanf(entry->d_name, "%16" SCNx64 SPOOL_SUFFIX "%n", &file, &n) != 1 ||
		    n != 16 + (int)strlen(SPOOL_SUFFIX) || entry->d_name[n] || !file)
			continue;
		s->bytes += spool_file_bytes(s, file);
		s->first = s->first && s->first < file ? s->first : file;
		s->last = s->last > file ? s->last : file;
	}
	closedir(dir);
	return 0;
}

/* How far it was done. Whatever is not right there, is not known. */
static void spool_load_done(struct spool *s)
{
	char text[SPOOL_DONE + 1] = "", run[MESSAGE_RUN_MAX], *line, *end;
	uint64_t file, offset, index;
	ssize_t n = pread(s->done_fd, text, SPOOL_DONE, 0);

	s->next_file = s->first;
	if (n < 10)
		return;
	line = text + 9;
	end = strchr(line, '\n');
	if (!end)
		return;
	*end = '\0';
	if (strtoul(text, NULL, 16) != spool_crc(0, line, strlen(line)) ||
	    sscanf(line, "%" SCNu64 " %" SCNu64 " %63s %" SCNu64, &file, &offset, run, &index) != 4)
		return;
	if (strcmp(run, "-"))
		strcpy(s->known.run, run);
	s->known.index = index;
	if (!s->bytes || file < s->first || file > s->last)
		return;
	s->next_file = file;
	s->next_offset = offset;
}

/* The run and the index that the spool's own messages end with */
static int spool_learn(struct spool *s)
{
	uint64_t file = s->next_file, offset = s->next_offset, cut = 0, bytes;
	struct spool_place place;
	struct message m;
	int ret;

	bytes = s->bytes ? spool_file_bytes(s, s->last) : 0;
	s->write_bytes = bytes;
	while ((ret = spool_next(s, &m, &place)) > 0) {
		strcpy(s->known.run, m.run);
		s->known.index = message_next(&m);
		cut = place.file == s->last ? spool_behind(&place) : 0;
	}
	if (!ret && s->bytes && cut && cut < bytes)
		remark("%s: the last message is not whole, as a crash leaves it", s->dir);
	s->next_file = file;
	s->next_offset = offset;
	return ret;
}

static int spool_failed(const struct spool *s, int err)
{
	if (err == -EWOULDBLOCK)
		complain("%s: another publisher uses it (fuser -v %s/lock)", s->dir, s->dir);
	else
		complain("%s cannot be used for the spool: %s", s->dir, strerror(-err));
	return EXIT_SYSTEM;
}

static int spool_open_dir(struct spool *s)
{
	if (mkdir(s->dir, 0755) && errno != EEXIST)
		return -errno;
	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return -errno;
	s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB))
		return -errno;
	s->done_fd = openat(s->dir_fd, "done", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	return s->done_fd < 0 ? -errno : 0;
}

static int spool_start(struct spool *s)
{
	int err = -pthread_create(&s->thread, NULL, spool_run, s);

	s->running = !err;
	return err ? spool_failed(s, err) : EXIT_OK;
}

/* Nothing of it is left to be published: it can be somebody else's. */
static void spool_forget(struct spool *s)
{
	while (s->bytes && s->first <= s->last)
		spool_remove_first(s);
	s->bytes = 0;
	s->known = (struct spool_done){ };
	if (ftruncate(s->done_fd, 0))
		remark("%s/done cannot be written: %s", s->dir, strerror(errno));
}

static int spool_write_whose(struct spool *s, const char *text)
{
	int fd = openat(s->dir_fd, "whose.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t bytes = strlen(text), n;
	int err;

	if (fd < 0)
		return -errno;
	n = write(fd, text, bytes);
	err = n < 0 ? -errno : n < bytes ? -ENOSPC : 0;
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	if (!err && renameat(s->dir_fd, "whose.new", s->dir_fd, "whose"))
		err = -errno;
	return err;
}

/* Messages for one subject must not get into another one. Returns an exit status; complains. */
static int spool_claim(struct spool *s, const char *subject, const char *stream)
{
	char has[SPOOL_WHOSE] = "", wanted[SPOOL_WHOSE], *end;
	int fd = openat(s->dir_fd, "whose", O_RDONLY | O_CLOEXEC), err;

	snprintf(wanted, sizeof(wanted), "%s %s\n", subject, stream);
	if (fd >= 0 && read(fd, has, sizeof(has) - 1) < 0)
		has[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (!strcmp(has, wanted))
		return EXIT_OK;
	end = strchr(has, ' ');
	if (end && spool_has_more(s)) {
		*end++ = '\0';
		end[strcspn(end, "\n")] = '\0';
		complain("%s has messages for %s that no server has: publish them with --subject %s --stream %s, or take another --spool",
			 s->dir, has, has, end);
		return EXIT_SYSTEM;
	}
	if (end)
		spool_forget(s);
	err = spool_write_whose(s, wanted);
	return err ? spool_failed(s, err) : EXIT_OK;
}

int spool_open(struct spool **out, const char *dir, uint64_t size, const char *subject,
	       const char *stream)
{
	struct spool *s = calloc(1, sizeof(*s));
	int err;

	*out = s;
	if (s)
		s->dir = strdup(dir);
	if (!s || !s->dir) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->dir_fd = -1;
	s->lock_fd = -1;
	s->done_fd = -1;
	s->write_fd = -1;
	s->read_fd = -1;
	s->size = size;
	s->file_max = size / SPOOL_FILES < SPOOL_FILE_MAX ? size / SPOOL_FILES : SPOOL_FILE_MAX;
	err = spool_open_dir(s);
	if (!err)
		err = spool_scan(s);
	if (err)
		return spool_failed(s, err);
	s->sync_file = s->last;
	spool_load_done(s);
	err = spool_learn(s);
	if (err)
		return spool_failed(s, err);
	err = spool_claim(s, subject, stream);
	return err ? err : spool_start(s);
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	if (s->running) {
		pthread_mutex_lock(&s->lock);
		s->quit = true;
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	if (s->read_fd >= 0)
		close(s->read_fd);
	if (s->write_fd >= 0)
		close(s->write_fd);
	if (s->done_fd >= 0)
		close(s->done_fd);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s->dir);
	free(s);
}
