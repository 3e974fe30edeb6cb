/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the vfio-user server. Its files from the bottom to the top, as
 * they are declared below: each calls only those before it.
 */
#ifndef CARD_VFU_INSIDE_H
#define CARD_VFU_INSIDE_H

#include <sys/types.h>

#include "vfu.h"

#define MAX_TRANSFER	(1u << 20)	/* data in one message */
#define MAX_FDS		8
#define MAX_MESSAGE	(MAX_TRANSFER + 64)
#define MAX_MAPS	65535
#define PAGE		4096u		/* the granularity announced to the client */
#define PATIENCE_MS	5000		/* for a peer that has begun to send, or is to reply */

enum {
	CMD_VERSION = 1,
	CMD_DMA_MAP,
	CMD_DMA_UNMAP,
	CMD_GET_INFO,
	CMD_GET_REGION_INFO,
	CMD_GET_REGION_IO_FDS,
	CMD_GET_IRQ_INFO,
	CMD_SET_IRQS,
	CMD_REGION_READ,
	CMD_REGION_WRITE,
	CMD_DMA_READ,
	CMD_DMA_WRITE,
	CMD_DEVICE_RESET,
};

#define FLAG_TYPE	0xf
#define FLAG_REPLY	0x1
#define FLAG_NO_REPLY	0x10
#define FLAG_ERROR	0x20

struct header {
	uint16_t id;
	uint16_t command;
	uint32_t size;
	uint32_t flags;
	uint32_t error;
};

/* A piece of the client's memory; @host is NULL if it is reached by messages. */
struct map {
	uint64_t addr;
	uint64_t size;
	uint8_t *host;
	uint32_t flags;
};

struct vector {
	int fd;
	bool pending;
};

struct message {
	struct header header;
	uint8_t *payload;	/* MAX_MESSAGE bytes */
	size_t have;		/* bytes, the header's included */
	int fds[MAX_FDS];
	unsigned int fd_count;
};

struct vfu {
	struct vfu_device device;
	const struct vfu_ops *ops;
	void *owner;
	bool verbose;
	char *path;
	int listener;
	int client;
	bool greeted;
	bool broken;		/* the client has to be dropped */
	bool dispatching;
	uint32_t client_transfer;
	uint16_t next_id;

	struct message in;
	uint8_t *reply;

	bool waiting;		/* for the reply to @wait_id, a DMA message */
	uint16_t wait_id;
	bool arrived;
	int wait_error;
	void *wait_buf;		/* where a read's data go */
	size_t wait_count;

	struct map *maps;	/* by ascending address, not overlapping */
	size_t map_count;
	size_t map_room;

	struct vector vectors[VFU_IRQS][VFU_VECTORS];
	bool intx_masked;
};

struct dma_unmap_request {
	uint32_t argsz;
	uint32_t flags;
	uint64_t addr;
	uint64_t size;
};

#define MAP_READ	1u
#define MAP_WRITE	2u

/* vfu_message.c: what goes over the socket */

/* For --verbose */
void __attribute__((format(printf, 2, 3))) vfu_message_note(struct vfu *v, const char *format,
							    ...);
int64_t vfu_message_now(void);	/* ms */
/* The client has to be dropped. */
void vfu_message_give_up(struct vfu *v, const char *why);
int vfu_message_send(struct vfu *v, const struct header *h, const void *a, size_t a_bytes,
		     const void *b, size_t b_bytes);
void vfu_message_close_fds(struct message *m);
/* Receives up to @want bytes; 0 if there are none now, else a negative errno. */
ssize_t vfu_message_receive(struct vfu *v, void *to, size_t want);

/* vfu_map.c: the client's memory */

uint64_t vfu_map_last(const struct map *m);
/* Index of the first map that ends at or behind @addr. */
size_t vfu_map_at(const struct vfu *v, uint64_t addr);
/* Takes [@first, @last] out of the table, cutting maps that reach beyond it. */
int vfu_map_cut(struct vfu *v, uint64_t first, uint64_t last);
int vfu_map_request(struct vfu *v, struct message *m, size_t bytes);
int vfu_map_unmap(struct vfu *v, struct message *m, size_t bytes);

/* vfu_irq.c: its eventfds; vfu_irq_send() and vfu_irq_intx() are in vfu.h */

int vfu_irq_set(struct vfu *v, struct message *m, size_t bytes);
void vfu_irq_forget(struct vfu *v);

/* vfu_command.c: the bytes of the reply's payload, or a negative errno */

ssize_t vfu_command_carry_out(struct vfu *v, struct message *m, size_t bytes);

#endif /* CARD_VFU_INSIDE_H */
