// SPDX-License-Identifier: GPL-2.0-only
/* The commands of the vfio-user server's client. */
#include <errno.h>
#include <json-c/json.h>
#include <linux/vfio.h>
#include <string.h>

#include "vfu_inside.h"

struct version {
	uint16_t major;
	uint16_t minor;
};

struct device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t regions;
	uint32_t irqs;
};

struct region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

struct irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};

struct region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

static uint32_t vfu_command_limit(struct json_object *capabilities, const char *key,
				  uint32_t fallback)
{
	struct json_object *value;
	int64_t n;

	if (!json_object_object_get_ex(capabilities, key, &value))
		return fallback;
	n = json_object_get_int64(value);
	return n > 0 && n < fallback ? (uint32_t)n : fallback;
}

static ssize_t vfu_command_version(struct vfu *v, struct message *m, size_t bytes)
{
	static const char answer[] =
		"{\"capabilities\":"
		"{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096}}";
	struct version version;
	struct json_object *json, *capabilities;

	if (bytes < sizeof(version))
		return -EINVAL;
	memcpy(&version, m->payload, sizeof(version));
	if (version.major)
		return -EINVAL;
	v->client_transfer = MAX_TRANSFER;
	if (bytes > sizeof(version)) {
		const char *text = (const char *)m->payload + sizeof(version);

		if (text[bytes - sizeof(version) - 1])
			return -EINVAL;
		json = json_tokener_parse(text);
		if (!json_object_is_type(json, json_type_object)) {
			json_object_put(json);
			return -EINVAL;
		}
		if (json_object_object_get_ex(json, "capabilities", &capabilities))
			v->client_transfer = vfu_command_limit(capabilities, "max_data_xfer_size",
							       MAX_TRANSFER);
		json_object_put(json);
	}
	version.minor = 0;
	memcpy(v->reply, &version, sizeof(version));
	memcpy(v->reply + sizeof(version), answer, sizeof(answer));
	v->greeted = true;
	return (ssize_t)(sizeof(version) + sizeof(answer));
}

static ssize_t vfu_command_device_info(struct vfu *v, struct message *m, size_t bytes)
{
	struct device_info i;

	if (bytes < sizeof(i))
		return -EINVAL;
	memcpy(&i, m->payload, sizeof(i));
	if (i.argsz < sizeof(i))
		return -EINVAL;
	i.argsz = sizeof(i);
	i.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI;
	i.regions = VFU_REGIONS;
	i.irqs = VFU_IRQS;
	memcpy(v->reply, &i, sizeof(i));
	return sizeof(i);
}

static ssize_t vfu_command_region_info(struct vfu *v, struct message *m, size_t bytes)
{
	struct region_info i;

	if (bytes < sizeof(i))
		return -EINVAL;
	memcpy(&i, m->payload, sizeof(i));
	if (i.argsz < sizeof(i) || i.index >= VFU_REGIONS)
		return -EINVAL;
	i.argsz = sizeof(i);
	i.size = v->device.region_bytes[i.index];
	i.flags = i.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	i.cap_offset = 0;
	i.offset = 0;
	memcpy(v->reply, &i, sizeof(i));
	return sizeof(i);
}

static ssize_t vfu_command_irq_info(struct vfu *v, struct message *m, size_t bytes)
{
	struct irq_info i;

	if (bytes < sizeof(i))
		return -EINVAL;
	memcpy(&i, m->payload, sizeof(i));
	if (i.argsz < sizeof(i) || i.index >= VFU_IRQS)
		return -EINVAL;
	i.argsz = sizeof(i);
	i.count = v->device.irqs[i.index];
	i.flags = i.count ? VFIO_IRQ_INFO_EVENTFD : 0;
	if (i.count && i.index == VFU_INTX)
		i.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	memcpy(v->reply, &i, sizeof(i));
	return sizeof(i);
}

static int vfu_command_check(struct vfu *v, const struct region_access *a)
{
	uint64_t room;

	if (a->region >= VFU_REGIONS || !a->count || a->count > MAX_TRANSFER)
		return -EINVAL;
	room = v->device.region_bytes[a->region];
	if (a->offset > room || a->count > room - a->offset)
		return -EINVAL;
	return 0;
}

static ssize_t vfu_command_read(struct vfu *v, struct message *m, size_t bytes)
{
	struct region_access a;
	int error;

	if (bytes < sizeof(a))
		return -EINVAL;
	memcpy(&a, m->payload, sizeof(a));
	error = vfu_command_check(v, &a);
	if (!error)
		error = v->ops->read(v->owner, a.region, a.offset, v->reply + sizeof(a), a.count);
	if (error)
		return error;
	memcpy(v->reply, &a, sizeof(a));
	return (ssize_t)(sizeof(a) + a.count);
}

static ssize_t vfu_command_write(struct vfu *v, struct message *m, size_t bytes)
{
	struct region_access a;
	int error;

	if (bytes < sizeof(a))
		return -EINVAL;
	memcpy(&a, m->payload, sizeof(a));
	error = vfu_command_check(v, &a);
	if (!error && bytes != sizeof(a) + a.count)
		error = -EINVAL;
	if (!error)
		error = v->ops->write(v->owner, a.region, a.offset, m->payload + sizeof(a),
				      a.count);
	if (error)
		return error;
	memcpy(v->reply, &a, sizeof(a));
	return sizeof(a);
}

ssize_t vfu_command_carry_out(struct vfu *v, struct message *m, size_t bytes)
{
	int error;

	if (!v->greeted && m->header.command != CMD_VERSION)
		return -EINVAL;
	switch (m->header.command) {
	case CMD_VERSION:
		return v->greeted ? -EINVAL : vfu_command_version(v, m, bytes);
	case CMD_DMA_MAP:
		return vfu_map_request(v, m, bytes);
	case CMD_DMA_UNMAP:
		error = vfu_map_unmap(v, m, bytes);
		if (error)
			return error;
		memcpy(v->reply, m->payload, sizeof(struct dma_unmap_request));
		return sizeof(struct dma_unmap_request);
	case CMD_GET_INFO:
		return vfu_command_device_info(v, m, bytes);
	case CMD_GET_REGION_INFO:
		return vfu_command_region_info(v, m, bytes);
	case CMD_GET_IRQ_INFO:
		return vfu_command_irq_info(v, m, bytes);
	case CMD_SET_IRQS:
		return vfu_irq_set(v, m, bytes);
	case CMD_REGION_READ:
		return vfu_command_read(v, m, bytes);
	case CMD_REGION_WRITE:
		return vfu_command_write(v, m, bytes);
	case CMD_DEVICE_RESET:
		vfu_message_note(v, "reset");
		v->ops->reset(v->owner);
		return 0;
	default:
		return -ENOTSUP;
	}
}
