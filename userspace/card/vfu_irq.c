// SPDX-License-Identifier: GPL-2.0-only
/* The interrupts of the vfio-user server's client. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

#include "vfu_inside.h"

struct irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};

static void vfu_irq_signal(struct vector *i)
{
	uint64_t one = 1;

	i->pending = false;
	/* The eventfd does not block; full, it signals already. */
	if (write(i->fd, &one, sizeof(one)) < 0)
		i->pending = errno != EAGAIN;
}

static void vfu_irq_take(struct vector *i)
{
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

void vfu_irq_send(struct vfu *v, unsigned int index, unsigned int vector)
{
	struct vector *i = &v->vectors[index][vector];

	if (i->fd < 0)
		i->pending = true;
	else
		vfu_irq_signal(i);
}

void vfu_irq_intx(struct vfu *v)
{
	if (v->intx_masked)
		return;
	/* The client masks the line by itself until it says UNMASK. */
	v->intx_masked = v->vectors[VFU_INTX][0].fd >= 0;
	vfu_irq_send(v, VFU_INTX, 0);
}

static int vfu_irq_assign(struct vfu *v, struct message *m, const struct irq_set *r)
{
	if (m->fd_count && m->fd_count != r->count)
		return -EINVAL;
	for (uint32_t n = 0; n < r->count; n++) {
		struct vector *i = &v->vectors[r->index][r->start + n];

		vfu_irq_take(i);
		if (!m->fd_count)
			continue;
		i->fd = m->fds[n];
		m->fds[n] = -1;
		fcntl(i->fd, F_SETFL, fcntl(i->fd, F_GETFL) | O_NONBLOCK);
		if (r->index == VFU_INTX) {
			/* the level counts, not what was */
			i->pending = false;
			v->intx_masked = false;
			if (v->ops->intx(v->owner))
				vfu_irq_intx(v);
		} else if (i->pending) {
			vfu_irq_signal(i);
		}
	}
	if (m->fd_count)
		m->fd_count = 0;	/* all of them are taken */
	return 0;
}

int vfu_irq_set(struct vfu *v, struct message *m, size_t bytes)
{
	const uint32_t action = VFIO_IRQ_SET_ACTION_TYPE_MASK, data = VFIO_IRQ_SET_DATA_TYPE_MASK;
	struct irq_set r;

	if (bytes < sizeof(r))
		return -EINVAL;
	memcpy(&r, m->payload, sizeof(r));
	if (r.argsz < sizeof(r) || r.index >= VFU_IRQS || r.flags & ~(action | data) ||
	    r.start > v->device.irqs[r.index] || r.count > v->device.irqs[r.index] - r.start)
		return -EINVAL;
	vfu_message_note(v, "irq index %u, flags %#x, start %u, count %u, %u fds", r.index, r.flags,
			 r.start, r.count, m->fd_count);

	switch (r.flags) {
	case VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER:
		return vfu_irq_assign(v, m, &r);
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER:
		for (uint32_t n = 0; !r.count && n < v->device.irqs[r.index]; n++)
			vfu_irq_take(&v->vectors[r.index][n]);
		for (uint32_t n = 0; n < r.count; n++)
			vfu_irq_send(v, r.index, r.start + n);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER:
		if (bytes < sizeof(r) + r.count)
			return -EINVAL;
		for (uint32_t n = 0; n < r.count; n++) {
			if (m->payload[sizeof(r) + n])
				vfu_irq_send(v, r.index, r.start + n);
		}
		return 0;
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK:
		if (r.index != VFU_INTX)
			return -ENOTSUP;
		v->intx_masked = true;
		return 0;
	case VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK:
		if (r.index != VFU_INTX)
			return -ENOTSUP;
		v->intx_masked = false;
		if (v->ops->intx(v->owner))
			vfu_irq_intx(v);
		return 0;
	default:
		return -EINVAL;
	}
}

void vfu_irq_forget(struct vfu *v)
{
	v->intx_masked = false;
	for (unsigned int index = 0; index < VFU_IRQS; index++) {
		for (unsigned int n = 0; n < VFU_VECTORS; n++) {
			vfu_irq_take(&v->vectors[index][n]);
			v->vectors[index][n].pending = false;
		}
	}
}
