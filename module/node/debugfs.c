// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqdev/NAME/ in debugfs: a stream's ring and its readers, for people. Nothing
 * here is an interface.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "../core/reader.h"
#include "../core/run.h"
#include "../core/stream.h"
#include "debugfs.h"
#include "node.h"

static struct dentry *root;

static void debugfs_show_run(struct seq_file *m, const struct acq_run *run)
{
	const struct acq_ring *ring = &run->ring;
	const struct acq_meta *meta = ring->meta;

	seq_printf(m, "run %llu\nstate %u\nend %u\n", run->number, meta->state, meta->end);
	seq_printf(m, "blocks %u of %u bytes, node %d\n", ring->slots, run->config.block_bytes,
		   page_to_nid(run->slot[0].page));
	seq_printf(m, "head %llu\noldest %llu\n", meta->head, meta->oldest_position);
	seq_printf(m, "block oldest %llu complete %llu given %llu\n", meta->oldest, meta->done,
		   ring->given);
	seq_printf(m, "gaps %llu\nlost %llu\n", meta->gaps, meta->lost);
}

static int debugfs_ring_show(struct seq_file *m, void *unused)
{
	struct acq_stream *stream = m->private;
	struct acq_producer *p = &stream->producer;
	struct acq_status status = {};
	struct acq_run *run = acq_stream_run(stream);

	if (!run)
		return 0;
	scoped_guard(spinlock, &run->lock)
		debugfs_show_run(m, run);
	acq_run_put(run);
	acq_producer_status(p, &status, false);
	seq_printf(m, "interrupts %llu\nwakeups %llu\nirq_frames %u\nirq_us %u\n",
		   status.interrupts, status.wakeups, status.irq_frames, status.irq_us);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_ring);

/* A number that somebody counts with a lock that is not ours: what it is at this moment */
#define debugfs_now(number)	data_race(READ_ONCE(number))

static void debugfs_show_reader(struct seq_file *m, const struct acq_reader *reader, u64 head)
{
	const struct acq_reader_stats *stats = &reader->stats;
	u64 pos = READ_ONCE(reader->cur.pos) - READ_ONCE(reader->part);
	bool monitor = READ_ONCE(reader->flags) & ACQ_READER_MONITOR;

	/* Without its lock: each number is right, not all at one time. */
	seq_printf(m, "%d %s %s %llu %llu %llu %llu %llu %llu %llu %llu %llu\n",
		   reader->pid, reader->comm, monitor ? "monitor" : "holder", pos, head - pos,
		   debugfs_now(stats->behind_max), debugfs_now(stats->bytes),
		   debugfs_now(stats->reads), debugfs_now(stats->waits),
		   debugfs_now(stats->wakeups), debugfs_now(stats->flushes),
		   debugfs_now(reader->gap.count));
}

static int debugfs_readers_show(struct seq_file *m, void *unused)
{
	struct acq_run *run = acq_stream_run(m->private);
	const struct acq_reader *reader;
	u64 head;

	seq_puts(m, "pid command kind position behind behind_max bytes reads waits wakeups flushes gaps\n");
	if (!run)
		return 0;
	scoped_guard(spinlock, &run->lock) {
		head = run->ring.meta->head;
		list_for_each_entry(reader, &run->holders, node)
			debugfs_show_reader(m, reader, head);
		list_for_each_entry(reader, &run->monitors, node)
			debugfs_show_reader(m, reader, head);
	}
	acq_run_put(run);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_readers);

static int debugfs_card_show(struct seq_file *m, void *unused)
{
	struct acq_stream *stream = m->private;

	/* The file goes before the card does: see acq_stream_remove(). */
	guard(mutex)(&stream->producer.lock);
	stream->producer.ops->show(stream, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_card);

void acq_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

void acq_debugfs_exit(void)
{
	debugfs_remove(root);
}

void acq_debugfs_add(struct acq_node *node)
{
	struct acq_stream *stream = node->stream;

	node->debugfs = debugfs_create_dir(stream->name, root);
	debugfs_create_file("ring", 0400, node->debugfs, stream, &debugfs_ring_fops);
	debugfs_create_file("readers", 0400, node->debugfs, stream, &debugfs_readers_fops);
	if (stream->producer.ops->show)
		debugfs_create_file("card", 0400, node->debugfs, stream, &debugfs_card_fops);
}

/* Waits for those who read there just now. */
void acq_debugfs_remove(struct acq_node *node)
{
	debugfs_remove(node->debugfs);
}
