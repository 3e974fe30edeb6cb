// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "account.h"
#include "exit.h"
#include "journal.h"
#include "report.h"
#include "resume.h"
#include "series.h"
#include "sigmf_head.h"
#include "sigmf_name.h"
#include "utc.h"

/* From the last place whose time is known on, @rate samples a second */
static bool resume_end(struct json_object *global, struct json_object *last, int64_t *end_ns)
{
	struct json_object *rate;
	uint64_t frames, start;
	const char *time;
	double more;

	if (!global || !last || !json_object_object_get_ex(global, "core:sample_rate", &rate))
		return false;
	time = journal_text(last, "core:datetime");
	if (!time || !utc_parse(time, end_ns) || !(json_object_get_double(rate) > 0) ||
	    !journal_u64(last, "core:sample_start", &start) ||
	    !journal_u64(global, "acqdev:frames", &frames) || frames < start)
		return false;
	more = (frames - start) / json_object_get_double(rate) * 1e9;
	return more < INT64_MAX && !__builtin_add_overflow(*end_ns, (int64_t)more, end_ns);
}

static void resume_look_at(const struct series_member *member, struct resume *resume)
{
	char *meta = sigmf_name(member->base, SIGMF_META);
	struct json_object *global = meta ? sigmf_head(meta) : NULL;
	struct json_object *last = meta ? sigmf_head_last_capture(meta) : NULL;

	snprintf(resume->previous, sizeof(resume->previous), "%s", sigmf_name_last(member->base));
	resume->known = resume_end(global, last, &resume->end_ns);
	json_object_put(last);
	json_object_put(global);
	free(meta);
}

/* Nothing of it had reached the disk: it is gone then. */
static bool resume_is_empty(struct series *series, const struct series_member *member,
			    const struct account_repaired *found)
{
	if (found->was == ACCOUNT_NONE) {
		series_forget(series, member->base);
		return true;
	}
	return found->was == ACCOUNT_CUT && !found->totals.frames && !found->totals.gaps &&
	       !series_discard(series, member->base);
}

/* What was reserved for samples that never came is room for the metadata of all. */
static void resume_free(struct series *series)
{
	const struct series_member *member;
	struct stat st;
	char *data;
	size_t i;
	int fd;

	for (i = 0; (member = series_member(series, i)); i++) {
		if (!member->cut || account_state(member->base) != ACCOUNT_CUT)
			continue;
		data = sigmf_name(member->base, SIGMF_DATA);
		fd = data ? open(data, O_WRONLY | O_CLOEXEC) : -1;
		/* if that fails, there is no harm but less room */
		if (fd >= 0 && !fstat(fd, &st) && ftruncate(fd, st.st_size))
			remark("%s: %s", data, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(data);
	}
}

int resume_series(struct series *series, bool force, struct resume *resume)
{
	const struct series_member *member, *last = NULL;
	struct account_repaired found;
	int status, err, worst = EXIT_OK;
	size_t i = 0;

	*resume = (struct resume){ };
	resume_free(series);
	while ((member = series_member(series, i))) {
		if (member->cut) {
			status = account_repair(member->base, force, &found);
			if (status)
				worst = status;
			resume->repaired += !status && found.was == ACCOUNT_CUT;
			if (!status && resume_is_empty(series, member, &found))
				continue;
		}
		last = member;
		i++;
	}
	if (last)
		resume_look_at(last, resume);
	err = last ? series_collect(series) : 0;
	if (err) {
		complain("%s cannot be written: %s", series_failed(series), strerror(-err));
		worst = EXIT_SYSTEM;
	}
	return worst;
}

bool resume_is_series(const char *text)
{
	char *name = sigmf_name(text, SIGMF_COLLECTION);
	bool there = name && !access(name, F_OK);

	free(name);
	return there || strchr(text, '%');
}

int resume_repair(const char *text, bool force)
{
	struct series *series;
	struct resume resume;
	size_t num = 0;
	int status;

	status = series_check(text);
	if (status)
		return status;
	status = series_open(&series, text, 0);
	if (!status && !series_member(series, 0)) {
		complain("%s: there is no recording of such a series", text);
		status = EXIT_SYSTEM;
	} else if (!status) {
		status = resume_series(series, force, &resume);
		while (series_member(series, num))
			num++;
		remark("%s: %zu recording%s, %u of them repaired now", series_name(series), num,
		       num == 1 ? "" : "s", resume.repaired);
	}
	series_close(series);
	return status;
}
