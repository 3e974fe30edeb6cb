// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LitePCIe model's tables: a FIFO of descriptors, and what the status says of it.
 *
 * Prog mode: the host pushes, each is carried out once, and {count, index} is the number
 * of pops. Loop mode: what is popped goes to the tail again; index counts pops since the
 * first one, count how often that one has come round, and its first pop counts for neither.
 */
#include "litepcie_model.h"

void lite_table_reset(struct lite_table *t)
{
	uint32_t begin = t->preset ? t->preset_count : 0;

	t->preset = false;
	t->head = 0;
	t->level = 0;
	t->unpopped = true;
	t->index = (uint16_t)begin;
	t->count = (uint16_t)(begin >> 16);
}

static unsigned int lite_table_slot(const struct lite_table *t, unsigned int n)
{
	return (t->head + n) % LITE_DEPTH_MAX;
}

bool lite_table_push(struct lite *x, struct lite_table *t)
{
	uint64_t addr = t->value[1];

	if (t->loop || t->level == x->config.depth || fault_take(x->faults, FAULT_LOST_PUSH)) {
		t->lost_pushes++;
		return false;
	}
	if (x->config.map.width == 64)
		addr |= (uint64_t)t->we << 32;
	t->entry[lite_table_slot(t, t->level)] = (struct lite_desc){
		.addr = addr,
		.bytes = t->value[0] & LITE_LENGTH,
		.quiet = t->value[0] & LITE_IRQ_DISABLE,
		.endless = t->value[0] & LITE_LAST_DISABLE,
		.first = !t->level,
	};
	t->level++;
	t->pushes++;
	return true;
}

struct lite_desc *lite_table_head(struct lite_table *t)
{
	return t->level ? &t->entry[t->head] : NULL;
}

void lite_table_pop(struct lite_table *t)
{
	struct lite_desc desc = t->entry[t->head];

	t->head = lite_table_slot(t, 1);
	t->level--;
	t->pops++;
	if (t->loop) {
		t->entry[lite_table_slot(t, t->level)] = desc;
		t->level++;
	}
	if (t->loop && desc.first) {
		t->index = 0;
		if (!t->unpopped)
			t->count++;
		t->unpopped = false;
		return;
	}
	if (!++t->index)
		t->count++;
}

uint32_t lite_table_status(struct lite *x, const struct lite_table *t)
{
	uint32_t status = (uint32_t)t->count << 16 | t->index;

	if (fault_take(x->faults, FAULT_BAD_COUNT))
		return status + 5000;
	if (fault_take(x->faults, FAULT_COUNT_BACK))
		return status - 3;
	return status;
}
