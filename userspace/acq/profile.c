// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "exit.h"
#include "profile.h"
#include "replace.h"
#include "report.h"
#include "text.h"

#define PROFILE_FIRST_LINE	"# acq profile 1"
#define PROFILE_MAX		16384	/* bytes; a real one has 300 */

struct profile {
	const char *path;
	char text[PROFILE_MAX + 1];
	struct setup setup;
	const char *family, *direction;	/* in text; NULL: any */
};

static const char *profile_directory(void)
{
	const char *directory = secure_getenv("ACQ_PROFILES");

	return directory && *directory ? directory : PROFILE_DIRECTORY;
}

static const char *profile_direction(const struct acq_info *info)
{
	return info->caps & ACQ_CAP_OUTPUT ? "out" : "in";
}

/*
 * As the links in /dev/acq/by-id and by-path: FAMILY-SERIAL, or pci-ADDRESS; each with the
 * stream's number if the card has several.
 */
static bool profile_path(const struct acq_info *info, char *path, size_t size)
{
	char name[64], *c;

	if (info->serial[0])
		snprintf(name, sizeof(name), "%.*s-%.*s", (int)sizeof(info->family), info->family,
			 (int)sizeof(info->serial), info->serial);
	else
		snprintf(name, sizeof(name), "pci-%.*s", (int)sizeof(info->card), info->card);
	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(":.-_", *c))
			*c = '_';
	return (size_t)snprintf(path, size, "%s/%s.conf", profile_directory(), name) < size;
}

/* The file to use: @file, or the card's, written to @own. NULL: after complaining */
static const char *profile_choose(const struct device *dev, const struct acq_info *info,
				  const char *file, char *own, size_t size)
{
	if (file)
		return file;
	if (profile_path(info, own, size))
		return own;
	complain("%s: the name of its profile is too long", dev->path);
	return NULL;
}

/* Whether @path may be replaced: there is nothing, or a profile. */
static bool profile_may_replace(const char *path)
{
	char line[sizeof(PROFILE_FIRST_LINE) + 1] = "";
	FILE *file;
	bool ours;
	struct stat st;

	/* replace_begin() refuses what is no file; opening it could wait, or do worse */
	if (lstat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return true;
	file = fopen(path, "re");
	ours = file && fgets(line, sizeof(line), file) &&
	       !strcmp(line, PROFILE_FIRST_LINE "\n");
	if (file)
		fclose(file);
	if (!ours)
		complain("%s is there already and is no profile: it stays; name another file",
			 path);
	return ours;
}

static void profile_write(FILE *file, const struct acq_info *info, const struct acq_config *config)
{
	char text[TEXT_MAX];
	unsigned int i;

	fprintf(file, PROFILE_FIRST_LINE "\n# %.*s, serial number %.*s\n", (int)sizeof(info->card),
		info->card, (int)sizeof(info->serial), info->serial[0] ? info->serial : "none");
	fprintf(file, "family=%.*s\ndirection=%s\n", (int)sizeof(info->family), info->family,
		profile_direction(info));
	for (i = 0; i < CONFIG_KEYS; i++) {
		config_keys[i].print(config, text);
		fprintf(file, "%s=%s\n", config_keys[i].name, text);
	}
}

int profile_save(const struct device *dev, const char *file)
{
	struct acq_config config;
	struct acq_info info;
	struct replace replace;
	char own[512];
	const char *path;
	int err;

	err = acq_get_info(dev->acq, &info) ?: acq_get_config(dev->acq, &config);
	if (err)
		return device_error(dev, "read its configuration", err);
	path = profile_choose(dev, &info, file, own, sizeof(own));
	if (!path || !profile_may_replace(path))
		return EXIT_SYSTEM;
	/* the package has it; an error shows at the file */
	if (!file)
		mkdir(profile_directory(), 0755);
	err = replace_begin(&replace, path);
	if (err)
		return err;
	profile_write(replace.file, &info, &config);
	err = replace_end(&replace);
	if (!err)
		remark("%s: saved to %s", dev->path, path);
	return err;
}

static int profile_refuse(const struct profile *p, unsigned int line, const char *why)
{
	if (line)
		complain("%s, line %u: %s", p->path, line, why);
	else
		complain("%s: %s", p->path, why);
	return EXIT_SYSTEM;
}

/* Into p->text. -ENOENT: there is none; else an exit status. */
static int profile_load(struct profile *p)
{
	/* a pipe must not stop a boot */
	int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t len = 0, i;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0)
		return profile_refuse(p, 0, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return profile_refuse(p, 0, "it is no regular file");
	}
	while (len < sizeof(p->text) && (n = read(fd, p->text + len, sizeof(p->text) - len)) > 0)
		len += n;
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return profile_refuse(p, 0, strerror(-n));
	if (len > PROFILE_MAX)
		return profile_refuse(p, 0, "it is too long for a profile");
	if (strncmp(p->text, PROFILE_FIRST_LINE "\n", strlen(PROFILE_FIRST_LINE "\n")))
		return profile_refuse(p, 0, "it is no profile: its first line is not \""
				      PROFILE_FIRST_LINE "\"");
	/* errors quote it, on terminals and in logs */
	for (i = 0; i < len; i++)
		if (p->text[i] != '\n' && !(p->text[i] >= ' ' && p->text[i] <= '~'))
			return profile_refuse(p, 0, "it is no profile: it is no plain text");
	if (p->text[len - 1] != '\n')
		return profile_refuse(p, 0, "its last line is cut off");
	p->text[len] = '\0';
	return EXIT_OK;
}

/* The value of "@key=value", or NULL */
static const char *profile_value(const char *line, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(line, key, len) && line[len] == '=' ? line + len + 1 : NULL;
}

/* One line; false: with the reason in @why */
static bool profile_line(struct profile *p, const char *line, char *why, size_t size)
{
	struct config_asked before = p->setup.asked;
	const char *family = profile_value(line, "family");
	const char *direction = profile_value(line, "direction");

	if (!*line || *line == '#')
		return true;
	if (strlen(line) >= TEXT_MAX || !strchr(line, '=')) {
		snprintf(why, size, "'%.60s' %s", line,
			 strchr(line, '=') ? "... is too long" : "is no key=value");
		return false;
	}
	if ((family && p->family) || (direction && p->direction)) {
		snprintf(why, size, "%s is there twice", family ? "family" : "direction");
		return false;
	}
	if (family)
		p->family = family;
	if (direction)
		p->direction = direction;
	if (family || direction)
		return true;
	if (!config_set(&p->setup.wanted, &p->setup.asked, line, why, size))
		return false;
	if (memcmp(&before, &p->setup.asked, sizeof(before)))
		return true;
	snprintf(why, size, "%.*s is there twice", (int)strcspn(line, "="), line);
	return false;
}

static int profile_parse(struct profile *p)
{
	char *line = p->text, *end, why[512];
	unsigned int number = 1;

	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		if (!profile_line(p, line, why, sizeof(why)))
			return profile_refuse(p, number, why);
		line = end + 1;
		number++;
	}
	return EXIT_OK;
}

static void profile_tell(void *arg, const char *key, const char *wanted, const char *stands,
			 bool asked)
{
	const struct device *dev = arg;

	if (asked)
		complain("%s: the profile has %s=%s, the card can do %s only", dev->path, key,
			 wanted, stands);
}

static void profile_count(void *arg, const char *key, const char *wanted, const char *stands,
			  bool asked)
{
	unsigned int *count = arg;

	(void)key;
	(void)wanted;
	(void)stands;
	*count += asked;
}

/* Is it for this card, and can that do exactly what it says? Complains; returns an exit status. */
static int profile_check(struct profile *p, const struct device *dev, const struct acq_info *info)
{
	struct setup *s = &p->setup;
	unsigned int differ = 0;
	int status = EXIT_OK;

	if (p->family && strncmp(p->family, info->family, sizeof(info->family))) {
		complain("%s: the profile is for a card of the family %.40s, and this is %.*s",
			 dev->path, p->family, (int)sizeof(info->family), info->family);
		status = EXIT_SYSTEM;
	} else if (p->direction && strcmp(p->direction, profile_direction(info))) {
		complain("%s: the profile is for direction %.40s, and this is %s", dev->path,
			 p->direction, profile_direction(info));
		status = EXIT_SYSTEM;
	} else {
		s->config = s->wanted;
		status = setup_config(dev, &s->config, &s->asked, true);
		if (!status)
			config_changes(&s->wanted, &s->config, &s->asked, profile_count, &differ);
		if (differ) {
			config_changes(&s->wanted, &s->config, &s->asked, profile_tell,
				       (void *)dev);
			status = EXIT_SYSTEM;
		}
	}
	if (status)
		complain("%s: %s does not fit: nothing is changed", dev->path, p->path);
	return status;
}

int profile_restore(const struct device *dev, const char *file, bool try, bool if_saved,
		    struct acq_config *config)
{
	struct acq_info info;
	struct profile p = { };
	char own[512];
	int err;

	err = acq_get_info(dev->acq, &info) ?: acq_get_config(dev->acq, &p.setup.wanted);
	*config = p.setup.wanted;
	if (err)
		return device_error(dev, "read its configuration", err);
	p.path = profile_choose(dev, &info, file, own, sizeof(own));
	if (!p.path)
		return EXIT_SYSTEM;
	err = profile_load(&p);
	if (err == -ENOENT && if_saved)
		return EXIT_OK;
	if (err == -ENOENT) {
		complain("%s: there is no profile %s: 'acq config --save' makes one", dev->path,
			 p.path);
		return EXIT_SYSTEM;
	}
	err = err ?: profile_parse(&p) ?: profile_check(&p, dev, &info);
	if (!err && !try)
		err = setup_make(dev, &p.setup);
	if (!err)
		*config = p.setup.config;
	if (!err)
		remark("%s: %s %s", dev->path, try ? "could be restored from" : "restored from",
		       p.path);
	return err;
}
