/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface's structures as JSON objects.
 */
#ifndef ACQ_JSON_H
#define ACQ_JSON_H

#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include <linux/acqdev.h>

void json_text(struct json_object *object, const char *key, const char *text);
void json_u64(struct json_object *object, const char *key, uint64_t value);
void json_number(struct json_object *object, const char *key, double value);
void json_flag(struct json_object *object, const char *key, int value);

struct json_object *json_info(const struct acq_info *info);
struct json_object *json_config(const struct acq_config *config);
struct json_object *json_status(const struct acq_status *status);
struct json_object *json_gap(const struct acq_gap *gap);

/* Its text, which lives as long as it does */
const char *json_pretty(struct json_object *object);

/* Write @object and a newline, and drop it; 0 or a negative errno. */
int json_write(struct json_object *object, FILE *file, int pretty);

#endif /* ACQ_JSON_H */
