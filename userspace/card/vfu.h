/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vfio-user server for one PCI device and one client at a time.
 *
 * It knows the protocol, the client's memory and its interrupts; what is behind
 * the regions is the owner's. Single-threaded: the owner polls vfu_fds() and
 * calls vfu_serve().
 *
 * DMA may need an exchange of messages with the client. Commands that arrive
 * meanwhile are carried out at once, because the client may well wait for their
 * reply before it goes on: so DMA may not be used from within the operations
 * below but done(), and its caller has to expect that they are called.
 */
#ifndef CARD_VFU_H
#define CARD_VFU_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Regions and interrupts of a PCI device, as in linux/vfio.h */
#define VFU_REGIONS	9
#define VFU_CONFIG	7
#define VFU_IRQS	5
#define VFU_INTX	0
#define VFU_MSI		1
#define VFU_MSIX	2
#define VFU_VECTORS	32

struct vfu;

struct vfu_ops {
	/* 0 or a negative errno; offset and count are inside the region */
	int (*read)(void *owner, unsigned int region, uint64_t offset, void *buf, size_t count);
	int (*write)(void *owner, unsigned int region, uint64_t offset, const void *buf,
		     size_t count);
	void (*reset)(void *owner);		/* the client's order */
	void (*gone)(void *owner);		/* the client has disconnected */
	bool (*intx)(void *owner);		/* is the line asserted? */
	/* Behind each command, before the next one. Here DMA may be used. */
	void (*done)(void *owner);
};

struct vfu_device {
	uint64_t region_bytes[VFU_REGIONS];
	unsigned int irqs[VFU_IRQS];		/* vectors, at most VFU_VECTORS */
};

struct vfu *vfu_new(const char *path, const struct vfu_device *device,
		    const struct vfu_ops *ops, void *owner, bool verbose);
void vfu_free(struct vfu *v);

/* The descriptor that has to be polled for input. */
int vfu_fd(const struct vfu *v);
/* Carries out what has arrived, or accepts a client. */
void vfu_serve(struct vfu *v);
/* To be called after DMA: parts from a client that has failed meanwhile. */
void vfu_settle(struct vfu *v);

/* Moves bytes to and from the client's memory: 0 or a negative errno. */
int vfu_dma_read(struct vfu *v, uint64_t addr, void *buf, size_t count);
int vfu_dma_write(struct vfu *v, uint64_t addr, const void *buf, size_t count);
/*
 * A write that is sent to the client whatever it has mapped: its own affair, as is
 * what becomes of it.
 */
int vfu_dma_stray(struct vfu *v, uint64_t addr, const void *buf, size_t count);
/*
 * The client's memory itself, if it is mapped here, writable and in one piece,
 * else NULL. Not valid beyond the next vfu_serve() or other DMA.
 */
void *vfu_dma_map(struct vfu *v, uint64_t addr, size_t count);

/* Signals a vector, at once or as soon as the client has an eventfd for it. */
void vfu_irq_send(struct vfu *v, unsigned int index, unsigned int vector);
/* The INTx line was asserted: signals it unless the client has it masked. */
void vfu_irq_intx(struct vfu *v);

#endif /* CARD_VFU_H */
