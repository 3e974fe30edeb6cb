// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "control.h"
#include "exit.h"
#include "report.h"

#define NAME "acqdev-ctl"

static bool control_set_path(struct control *control, const char *arg)
{
	const char *format = strchr(arg, '/') ? "%s" :
			     arg[strspn(arg, "0123456789")] ? "/dev/%s" : "/dev/" NAME "%s";

	return snprintf(control->path, sizeof(control->path), format, arg) <
	       (int)sizeof(control->path);
}

/* The directory in sysfs of the node at @path, or "" */
static void control_sysfs_of(const char *path, char *dir, size_t size)
{
	struct stat st;

	dir[0] = '\0';
	if (!stat(path, &st) && S_ISCHR(st.st_mode))
		snprintf(dir, size, "/sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
}

/* The control node of the card that the stream in the directory @stream is of, or "" */
static void control_find_control(const char *stream, char *name, size_t size)
{
	struct dirent *entry;
	char path[300];
	DIR *dir;

	name[0] = '\0';
	snprintf(path, sizeof(path), "%s/device/misc", stream);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, NAME, strlen(NAME)))
			snprintf(name, size, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* What it is, if it is no control node: that is worth more than a strange error later. */
static bool control_is_control(const struct control *control, const char *dir)
{
	char target[256] = "", name[256];
	ssize_t n = readlink(dir, target, sizeof(target) - 1);
	const char *base = strrchr(target, '/');

	base = n > 0 && base ? base + 1 : "";
	if (!strncmp(base, NAME, strlen(NAME)))
		return true;
	control_find_control(dir, name, sizeof(name));
	if (strncmp(base, "acqdev", 6))
		complain("%s is no control node: those are /dev/" NAME "0, ...", control->path);
	else if (name[0])
		complain("%s is the node of a stream: its card's control node is /dev/%s",
			 control->path, name);
	else
		complain("%s is the node of a stream, and its card has no control node",
			 control->path);
	return false;
}

static uint64_t control_user_bar(const char *dir)
{
	uint64_t bytes = 0;
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/bytes", dir);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%" SCNu64, &bytes) != 1)
		bytes = 0;
	fclose(file);
	return bytes;
}

int control_open(struct control *control, const char *arg, int flags)
{
	char dir[64];

	if (!control_set_path(control, arg)) {
		complain("name of the control node too long");
		return EXIT_USAGE;
	}
	control_sysfs_of(control->path, dir, sizeof(dir));
	if (!access(control->path, F_OK) && !control_is_control(control, dir))
		return EXIT_SYSTEM;
	control->fd = open(control->path, flags | O_CLOEXEC);
	if (control->fd < 0)
		return control_error(control, "open", errno);
	control->bytes = control_user_bar(dir);
	return EXIT_OK;
}

void control_close(struct control *control)
{
	close(control->fd);
}

int control_error(const struct control *control, const char *doing, int err)
{
	switch (err) {
	case ENOENT:
		complain("cannot %s %s: No such file: is a card with XDMA there and bound (acq list; ls /dev/%s*)?",
			 doing, control->path, NAME);
		break;
	case EACCES:
		complain("cannot %s %s: only root may: registers can do anything to the machine (sudo acq ...)",
			 doing, control->path);
		break;
	case EPERM:
		complain("cannot %s %s: that needs CAP_SYS_RAWIO, and a kernel that is not locked down (dmesg | grep -i lockdown)",
			 doing, control->path);
		break;
	case ENODEV:
		complain("cannot %s %s: the card is gone", doing, control->path);
		return EXIT_GONE;
	default:
		complain("cannot %s %s: %s", doing, control->path, strerror(err));
	}
	return EXIT_SYSTEM;
}
