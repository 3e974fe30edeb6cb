// SPDX-License-Identifier: GPL-2.0-only
/*
 * HDF5: samples as they are, in chunks, and beside them gaps, segments and times as tables.
 */
#include "exit.h"
#include "format.h"

static const char *const hdf5_suffixes[] = { ".h5", ".hdf5", ".hdf", NULL };

#ifdef HAVE_HDF5
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

#include <linux/acqdev.h>

#include "draft.h"
#include "names.h"
#include "report.h"
#include "utc.h"

#define HDF5_CHUNK	(1 << 20)	/* bytes */

struct hdf5_output {
	struct draft draft;
	struct recorded *recorded;
	const char *name;
	hid_t file, samples, type;
	uint64_t first, frames, done;
	unsigned int channels;
};

/* Rows of the tables, as they are in memory */
struct hdf5_gap {
	uint64_t position, index, lost;
	char cause[24];
	int8_t estimated, unknown;
};

struct hdf5_segment {
	uint64_t position, frames, index, run;
	int64_t utc_ns;
	uint32_t axis;
};

struct hdf5_time {
	uint64_t index;
	int64_t utc_ns;
	uint64_t card_time, error_us;
	uint32_t axis;
	int8_t synchronized;
};

static int hdf5_failed(const struct hdf5_output *o)
{
	if (errno)
		return draft_error(o->name, errno);
	complain("%s cannot be written: libhdf5 failed", o->name);
	return EXIT_SYSTEM;
}

static int hdf5_check(const struct format_job *job)
{
	(void)job;
	return EXIT_OK;
}

static hid_t hdf5_sample_type(unsigned int format)
{
	switch (format) {
	case ACQ_FORMAT_S8:
		return H5T_STD_I8LE;
	case ACQ_FORMAT_U8:
		return H5T_STD_U8LE;
	case ACQ_FORMAT_S16:
		return H5T_STD_I16LE;
	case ACQ_FORMAT_U16:
		return H5T_STD_U16LE;
	case ACQ_FORMAT_S32:
		return H5T_STD_I32LE;
	}
	return H5T_STD_U32LE;
}

/* As h5py and PyTables have it */
static hid_t hdf5_bool(void)
{
	hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
	int8_t value;

	for (value = 0; value < 2; value++)
		H5Tenum_insert(type, value ? "TRUE" : "FALSE", &value);
	return type;
}

static hid_t hdf5_string(size_t size)
{
	hid_t type = H5Tcopy(H5T_C_S1);

	H5Tset_size(type, size);
	return type;
}

/* The value of an attribute, of one element; errors show when the file is closed. */
static void hdf5_attribute(hid_t at, const char *key, hid_t type, const void *value)
{
	hid_t space = H5Screate(H5S_SCALAR);
	hid_t attribute = H5Acreate2(at, key, type, space, H5P_DEFAULT, H5P_DEFAULT);

	H5Awrite(attribute, type, value);
	H5Aclose(attribute);
	H5Sclose(space);
}

static void hdf5_u64(hid_t at, const char *key, uint64_t value)
{
	hdf5_attribute(at, key, H5T_NATIVE_UINT64, &value);
}

static void hdf5_text(hid_t at, const char *key, const char *value)
{
	hid_t type;

	if (!*value)
		return;
	type = hdf5_string(strlen(value) + 1);
	/* one of more than 64 KiB has no room */
	if (strlen(value) < 60000)
		hdf5_attribute(at, key, type, value);
	H5Tclose(type);
}

static void hdf5_describe(struct hdf5_output *o)
{
	const struct part_about *about = recorded_about(o->recorded);
	struct json_object *config = recorded_config(o->recorded);
	int64_t utc = recorded_utc(o->recorded, o->first);
	double rate = about->rate_millihz / 1e3;
	char text[UTC_MAX];

	hdf5_text(o->file, "format", name_of(&format_names, about->format));
	hdf5_u64(o->file, "channels", about->channels);
	hdf5_attribute(o->file, "rate", H5T_NATIVE_DOUBLE, &rate);
	hdf5_u64(o->file, "frames", o->frames);
	hdf5_u64(o->file, "first_index", recorded_index(o->recorded, o->first));
	if (utc != PART_NO_TIME) {
		hdf5_text(o->file, "start", utc_text(utc, text));
		hdf5_attribute(o->file, "start_ns", H5T_NATIVE_INT64, &utc);
	}
	hdf5_text(o->file, "device", about->device);
	hdf5_text(o->file, "card", about->card);
	hdf5_text(o->file, "family", about->family);
	hdf5_text(o->file, "serial", about->serial);
	hdf5_text(o->file, "recorder", about->recorder);
	hdf5_text(o->file, "end", about->end);
	if (about->timestamp_hz)
		hdf5_u64(o->file, "timestamp_hz", about->timestamp_hz);
	if (config)
		hdf5_text(o->file, "config", json_object_to_json_string(config));
	hdf5_text(o->file, "source", recorded_name(o->recorded));
	hdf5_text(o->file, "converter", "acq " ACQ_VERSION);
}

/* A table of @num rows; its type is closed. */
static int hdf5_table(struct hdf5_output *o, const char *key, hid_t type, const void *rows,
		      hsize_t num)
{
	hid_t space = H5Screate_simple(1, &num, NULL), packed = H5Tcopy(type), set;
	herr_t err;

	/* without holes in the file */
	H5Tpack(packed);
	errno = 0;
	set = H5Dcreate2(o->file, key, packed, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	err = set < 0 || (num && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) < 0);
	if (set >= 0)
		H5Dclose(set);
	H5Tclose(packed);
	H5Tclose(type);
	H5Sclose(space);
	return err ? hdf5_failed(o) : EXIT_OK;
}

static bool hdf5_has_gap(const struct hdf5_output *o, const struct part_gap *gap)
{
	uint64_t end = o->first + o->frames;

	/* one behind the last sample is part of the whole */
	return gap->frame > o->first &&
	       (gap->frame < end || (gap->frame == end && end == recorded_frames(o->recorded)));
}

static int hdf5_gaps(struct hdf5_output *o)
{
	hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct hdf5_gap));
	hid_t flag = hdf5_bool(), word = hdf5_string(sizeof(((struct hdf5_gap *)0)->cause));
	const struct part_gap *gaps;
	struct hdf5_gap *rows;
	size_t i, num, used = 0;
	int status;

	gaps = recorded_gaps(o->recorded, &num);
	rows = calloc(num + 1, sizeof(*rows));
	for (i = 0; rows && i < num; i++) {
		const struct part_gap *g = &gaps[i];

		if (!hdf5_has_gap(o, g))
			continue;
		rows[used] = (struct hdf5_gap){
			.position = g->frame - o->first, .index = g->index, .lost = g->lost,
			.estimated = g->estimated, .unknown = g->unknown,
		};
		memcpy(rows[used++].cause, g->cause, sizeof(g->cause));
	}
	H5Tinsert(type, "position", HOFFSET(struct hdf5_gap, position), H5T_NATIVE_UINT64);
	H5Tinsert(type, "index", HOFFSET(struct hdf5_gap, index), H5T_NATIVE_UINT64);
	H5Tinsert(type, "lost", HOFFSET(struct hdf5_gap, lost), H5T_NATIVE_UINT64);
	H5Tinsert(type, "cause", HOFFSET(struct hdf5_gap, cause), word);
	H5Tinsert(type, "estimated", HOFFSET(struct hdf5_gap, estimated), flag);
	H5Tinsert(type, "unknown", HOFFSET(struct hdf5_gap, unknown), flag);
	status = rows ? hdf5_table(o, "gaps", type, rows, used) : draft_error(o->name, ENOMEM);
	H5Tclose(flag);
	H5Tclose(word);
	free(rows);
	return status;
}

static int hdf5_segments(struct hdf5_output *o)
{
	hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct hdf5_segment));
	const struct part_segment *segments;
	struct hdf5_segment *rows;
	size_t i, num, used = 0;
	uint64_t begin, end;
	int status;

	segments = recorded_segments(o->recorded, &num);
	rows = calloc(num + 1, sizeof(*rows));
	for (i = 0; rows && i < num; i++) {
		const struct part_segment *s = &segments[i];

		begin = s->frame > o->first ? s->frame : o->first;
		end = s->frame + s->frames;
		end = end < o->first + o->frames ? end : o->first + o->frames;
		if (begin >= end)
			continue;
		rows[used++] = (struct hdf5_segment){
			.position = begin - o->first, .frames = end - begin,
			.index = s->index + (begin - s->frame), .run = s->run,
			.utc_ns = recorded_utc(o->recorded, begin), .axis = s->axis,
		};
	}
	H5Tinsert(type, "position", HOFFSET(struct hdf5_segment, position), H5T_NATIVE_UINT64);
	H5Tinsert(type, "frames", HOFFSET(struct hdf5_segment, frames), H5T_NATIVE_UINT64);
	H5Tinsert(type, "index", HOFFSET(struct hdf5_segment, index), H5T_NATIVE_UINT64);
	H5Tinsert(type, "run", HOFFSET(struct hdf5_segment, run), H5T_NATIVE_UINT64);
	H5Tinsert(type, "utc_ns", HOFFSET(struct hdf5_segment, utc_ns), H5T_NATIVE_INT64);
	H5Tinsert(type, "axis", HOFFSET(struct hdf5_segment, axis), H5T_NATIVE_UINT32);
	status = rows ? hdf5_table(o, "segments", type, rows, used) : draft_error(o->name, ENOMEM);
	free(rows);
	return status;
}

/* All of them: who has a part of the recording can follow its clock, too. */
static int hdf5_times(struct hdf5_output *o)
{
	hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct hdf5_time)), flag = hdf5_bool();
	const struct part_time *times;
	struct hdf5_time *rows;
	size_t i, num;
	int status;

	times = recorded_times(o->recorded, &num);
	rows = calloc(num + 1, sizeof(*rows));
	for (i = 0; rows && i < num; i++)
		rows[i] = (struct hdf5_time){
			.index = times[i].index, .utc_ns = times[i].utc,
			.card_time = times[i].card_time, .error_us = times[i].error_us,
			.axis = times[i].axis, .synchronized = times[i].synchronized,
		};
	H5Tinsert(type, "index", HOFFSET(struct hdf5_time, index), H5T_NATIVE_UINT64);
	H5Tinsert(type, "utc_ns", HOFFSET(struct hdf5_time, utc_ns), H5T_NATIVE_INT64);
	H5Tinsert(type, "card_time", HOFFSET(struct hdf5_time, card_time), H5T_NATIVE_UINT64);
	H5Tinsert(type, "error_us", HOFFSET(struct hdf5_time, error_us), H5T_NATIVE_UINT64);
	H5Tinsert(type, "axis", HOFFSET(struct hdf5_time, axis), H5T_NATIVE_UINT32);
	H5Tinsert(type, "synchronized", HOFFSET(struct hdf5_time, synchronized), flag);
	status = rows ? hdf5_table(o, "times", type, rows, num) : draft_error(o->name, ENOMEM);
	H5Tclose(flag);
	free(rows);
	return status;
}

static int hdf5_samples(struct hdf5_output *o)
{
	unsigned int frame_bytes = recorded_about(o->recorded)->frame_bytes;
	hsize_t rows = HDF5_CHUNK / frame_bytes, size[2] = { o->frames, o->channels };
	hsize_t chunk[2] = { rows ? rows : 1, o->channels };
	hid_t space = H5Screate_simple(2, size, NULL), how = H5Pcreate(H5P_DATASET_CREATE);

	if (chunk[0] > o->frames)
		chunk[0] = o->frames;
	H5Pset_chunk(how, 2, chunk);
	/* each chunk is written whole: no need for zeros before */
	H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
	errno = 0;
	o->samples = H5Dcreate2(o->file, "samples", o->type, space, H5P_DEFAULT, how, H5P_DEFAULT);
	H5Pclose(how);
	H5Sclose(space);
	return o->samples < 0 ? hdf5_failed(o) : EXIT_OK;
}

static int hdf5_open(void **out, const struct format_job *job)
{
	const struct part_about *about = recorded_about(job->recorded);
	struct hdf5_output *o = calloc(1, sizeof(*o));
	int status;

	*out = o;
	if (!o)
		return draft_error(job->name, ENOMEM);
	o->file = H5I_INVALID_HID;
	o->samples = H5I_INVALID_HID;
	o->recorded = job->recorded;
	o->name = job->name;
	o->first = job->first;
	o->frames = job->frames;
	o->channels = about->channels;
	/* its own messages are for its developers; and what failed must not fail again at exit */
	H5dont_atexit();
	H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
	o->type = hdf5_sample_type(about->format);
	status = draft_open(&o->draft, job->name, job->force);
	if (status)
		return status;
	errno = 0;
	o->file = H5Fcreate(o->draft.temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
	if (o->file < 0)
		return hdf5_failed(o);
	hdf5_describe(o);
	return hdf5_samples(o);
}

static int hdf5_write(void *output, const void *data, size_t frames, uint64_t frame, uint64_t index)
{
	struct hdf5_output *o = output;
	hsize_t at[2] = { o->done, 0 }, size[2] = { frames, o->channels };
	hid_t room = H5Dget_space(o->samples), memory = H5Screate_simple(2, size, NULL);
	herr_t err;

	(void)frame;
	(void)index;
	H5Sselect_hyperslab(room, H5S_SELECT_SET, at, NULL, size, NULL);
	errno = 0;
	err = H5Dwrite(o->samples, o->type, memory, room, H5P_DEFAULT, data);
	H5Sclose(memory);
	H5Sclose(room);
	o->done += frames;
	return err < 0 ? hdf5_failed(o) : EXIT_OK;
}

static int hdf5_finish(void *output)
{
	struct hdf5_output *o = output;
	hid_t samples = o->samples, file = o->file;
	int status, err;

	status = hdf5_gaps(o);
	if (!status)
		status = hdf5_segments(o);
	if (!status)
		status = hdf5_times(o);
	if (status)
		return status;
	o->samples = H5I_INVALID_HID;
	errno = 0;
	if (H5Dclose(samples) < 0)
		return hdf5_failed(o);
	if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)
		return hdf5_failed(o);
	o->file = H5I_INVALID_HID;
	if (H5Fclose(file) < 0)
		return hdf5_failed(o);
	err = draft_sync(&o->draft);
	return err ? draft_error(o->name, -err) : draft_publish(&o->draft);
}

static void hdf5_close(void *output)
{
	struct hdf5_output *o = output;

	if (!o)
		return;
	if (o->samples >= 0)
		H5Dclose(o->samples);
	if (o->file >= 0)
		H5Fclose(o->file);
	draft_drop(&o->draft);
	free(o);
}

const struct format format_hdf5 = {
	.name = "hdf5", .title = "HDF5", .note = "with gaps, segments and times",
	.suffixes = hdf5_suffixes, .gaps = FORMAT_ALL_GAPS,
	.check = hdf5_check, .open = hdf5_open, .write = hdf5_write, .finish = hdf5_finish,
	.close = hdf5_close,
};

#else /* HAVE_HDF5 */

const struct format format_hdf5 = {
	.name = "hdf5", .title = "HDF5", .note = "with gaps, segments and times",
	.suffixes = hdf5_suffixes, .package = "libhdf5-dev",
};

#endif /* HAVE_HDF5 */
