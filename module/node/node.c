// SPDX-License-Identifier: GPL-2.0-only
/* The node of a stream. See node.h. */
#include <linux/poll.h>
#include <linux/slab.h>

#include "../core/stream.h"
#include "debugfs.h"
#include "file.h"
#include "node.h"
#include "sysfs.h"

static struct acq_node *node_create(struct acq_stream *stream)
{
	struct acq_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node)
		return NULL;
	node->stream = stream;
	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.name = stream->name;
	node->misc.fops = acq_stream_is_output(stream) ? &acq_file_output_ops : &acq_file_ops;
	node->misc.parent = stream->dev;
	node->misc.groups = acq_sysfs_groups;
	node->misc.mode = 0600;
	init_waitqueue_head(&node->gone_wait);
	spin_lock_init(&node->files_lock);
	INIT_LIST_HEAD(&node->files);
	acq_event_init(&node->event);
	return node;
}

static int node_add(struct acq_node *node)
{
	int ret = misc_register(&node->misc);

	if (ret)
		return ret;
	acq_event_begin(&node->event, node->misc.this_device);
	acq_debugfs_add(node);
	return 0;
}

/* Who keeps the number from the card when it comes back */
static void node_say_holder(struct acq_node *node)
{
	const struct acq_file *file;

	guard(spinlock)(&node->files_lock);
	file = list_first_entry_or_null(&node->files, struct acq_file, node_list);
	if (file)
		dev_info(node->stream->dev,
			 "%s: still open by %s (pid %d): its number is free when that closes it\n",
			 node->stream->name, file->reader.comm, file->reader.pid);
}

static void node_remove(struct acq_node *node)
{
	acq_debugfs_remove(node);
	acq_event_stop(&node->event);
	/* No new opens; waits for the readers of attributes. */
	misc_deregister(&node->misc);
	node_say_holder(node);
}

static void node_gone(struct acq_node *node)
{
	wake_up_interruptible_poll(&node->gone_wait, EPOLLHUP | EPOLLERR);
}

static void node_free(struct acq_node *node)
{
	kfree(node);
}

static void node_gap(struct acq_node *node, u64 index, u64 lost, u32 cause)
{
	acq_event_gap(&node->event, index, lost, cause);
}

static void node_failed(struct acq_node *node)
{
	const struct acq_life *life = &node->stream->life;

	acq_event_failed(&node->event, life->error, READ_ONCE(life->failure));
}

const struct acq_node_ops acq_node_ops = {
	.create		= node_create,
	.add		= node_add,
	.remove		= node_remove,
	.gone		= node_gone,
	.free		= node_free,
	.gap		= node_gap,
	.failed		= node_failed,
};
