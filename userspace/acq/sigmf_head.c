// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sigmf_head.h"

#define HEAD_BYTES	(256 << 10)	/* all settings of a card fit in */
#define HEAD_WHOLE	(64 << 20)	/* what others have written may be read as a whole */

/*
 * How much of @text is the first object in it: where that ends, or the last comma in it; then
 * *@cut.
 */
static size_t sigmf_head_end(const char *text, size_t len, bool *cut)
{
	size_t i, last = 0;
	bool in = false;
	int depth = 0;

	*cut = false;
	for (i = 0; i < len; i++) {
		if (in && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in = !in;
		else if (in)
			continue;
		else if (text[i] == '{' || text[i] == '[')
			depth++;
		else if ((text[i] == '}' || text[i] == ']') && --depth == 1)
			return i;
		else if (text[i] == ',' && depth == 2)
			last = i;
	}
	*cut = true;
	return last;
}

/* @path as a whole, if it is none of those that are large */
static struct json_object *sigmf_head_whole(const char *path)
{
	struct stat st;

	return stat(path, &st) || st.st_size > HEAD_WHOLE ? NULL : json_object_from_file(path);
}

/* The value of @key in @root, which goes. NULL: there is none. */
static struct json_object *sigmf_head_take(struct json_object *root, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_object_get_ex(root, key, &value))
		json_object_get(value);
	json_object_put(root);
	return value;
}

struct json_object *sigmf_head(const char *path)
{
	char *text = malloc(HEAD_BYTES + 3);
	struct json_object *global = NULL;
	bool cut = true;
	size_t end = 0;
	FILE *file;

	file = text ? fopen(path, "re") : NULL;
	if (file)
		end = sigmf_head_end(text, fread(text, 1, HEAD_BYTES, file), &cut);
	if (end) {
		strcpy(text + end, "}}");
		global = sigmf_head_take(json_tokener_parse(text), "global");
	}
	if (file)
		fclose(file);
	free(text);
	/* somebody has written it with its keys in another order */
	if (!global || (cut && !json_object_object_get_ex(global, "acqdev:frames", NULL))) {
		json_object_put(global);
		global = sigmf_head_take(sigmf_head_whole(path), "global");
	}
	return global;
}

struct json_object *sigmf_head_last_capture(const char *path)
{
	char line[4096], last[4096] = "";
	struct json_object *capture, *list;
	FILE *file = fopen(path, "re");
	bool in = false;
	size_t num;

	while (file && fgets(line, sizeof(line), file) && !strstr(line, "\"annotations\": [")) {
		if (in && strstr(line, "\"core:sample_start\""))
			strcpy(last, line);
		in |= !!strstr(line, "\"captures\": [");
	}
	if (file)
		fclose(file);
	capture = json_tokener_parse(last);
	if (json_object_is_type(capture, json_type_object))
		return capture;
	json_object_put(capture);
	list = sigmf_head_take(sigmf_head_whole(path), "captures");
	num = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	capture = num ? json_object_get(json_object_array_get_idx(list, num - 1)) : NULL;
	json_object_put(list);
	return capture;
}
