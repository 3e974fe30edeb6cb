// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "claim.h"
#include "journal.h"
#include "sigmf_head.h"
#include "sigmf_name.h"

static enum claim claim_in(struct json_object *object, const char *series, const char *name_key,
			   const char *number_key, uint64_t *number)
{
	const char *name = journal_text(object, name_key);

	return name && !strcmp(name, series) && journal_u64(object, number_key, number) ?
	       CLAIM_OURS : CLAIM_OTHERS;
}

static enum claim claim_in_journal(const char *path, const char *series, uint64_t *number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum claim claim = CLAIM_UNKNOWN;
	struct journal *journal;
	struct journal_line line;

	if (fd < 0)
		return CLAIM_OTHERS;
	journal = journal_open(fd, ~0ULL);
	if (journal && journal_next(journal, &line) == 1 && line.kind == JOURNAL_BEGIN)
		claim = claim_in(line.object, series, "series", "number", number);
	journal_close(journal);
	close(fd);
	return claim;
}

enum claim claim_of(const char *base, const char *series, uint64_t *number, bool *cut)
{
	char *journal = sigmf_name(base, SIGMF_JOURNAL), *meta = sigmf_name(base, SIGMF_META);
	enum claim claim = CLAIM_OTHERS;
	struct json_object *global;

	*cut = journal && !access(journal, F_OK);
	if (*cut)
		claim = claim_in_journal(journal, series, number);
	global = claim != CLAIM_OURS && meta ? sigmf_head(meta) : NULL;
	if (global)
		claim = claim_in(global, series, "core:collection", "acqdev:number", number);
	json_object_put(global);
	free(journal);
	free(meta);
	return claim;
}
