/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What metadata says of a whole recording, without its lists: those of a million gaps are neither
 * read nor in memory.
 */
#ifndef ACQ_SIGMF_HEAD_H
#define ACQ_SIGMF_HEAD_H

#include <json-c/json.h>

/*
 * The object "global" of the metadata @path, to be dropped by the caller: at least what comes
 * before its own lists of objects. NULL: there is none.
 */
struct json_object *sigmf_head(const char *path);

/*
 * The last of the captures, which stand a line each as acq writes them. To be dropped by the
 * caller. NULL: there is none, or they are written in another way.
 */
struct json_object *sigmf_head_last_capture(const char *path);

#endif /* ACQ_SIGMF_HEAD_H */
