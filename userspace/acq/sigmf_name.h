/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of a recording's files: NAME.sigmf-data and what stands beside it.
 */
#ifndef ACQ_SIGMF_NAME_H
#define ACQ_SIGMF_NAME_H

#define SIGMF_DATA		".sigmf-data"
#define SIGMF_META		".sigmf-meta"
#define SIGMF_META_NEW		".sigmf-meta.new"	/* until it is complete */
#define SIGMF_JOURNAL		".sigmf-journal"
#define SIGMF_COLLECTION	".sigmf-collection"

/**
 * sigmf_name_base - the name that all files of a recording begin with
 * @arg: the base itself or one of the files, as somebody typed it
 *
 * Return: memory from malloc(), NULL without memory.
 */
char *sigmf_name_base(const char *arg);

/* The part of @base behind the last slash: what metadata calls the recording */
const char *sigmf_name_last(const char *base);

/* @base with a suffix, SIGMF_*, from malloc(); NULL without memory */
char *sigmf_name(const char *base, const char *suffix);

#endif /* ACQ_SIGMF_NAME_H */
