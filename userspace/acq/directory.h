/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory that a file is in: a new name, or one that goes, is on the disk once it is.
 */
#ifndef ACQ_DIRECTORY_H
#define ACQ_DIRECTORY_H

/* The directory of the file @path: a descriptor, or a negative errno */
int directory_open(const char *path);

/*
 * Wait until its names are on the disk. Some file systems cannot synchronize a directory: nothing
 * better can be done there. 0 or a negative errno.
 */
int directory_sync(int fd);

/* Both: for the names in the directory of @path */
int directory_sync_of(const char *path);

#endif /* ACQ_DIRECTORY_H */
