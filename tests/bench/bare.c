// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that a read() or write() which copies can cost: /dev/acqbare copies as many
 * bytes as are asked for out of kernel memory, or into it, in one piece, and does nothing
 * else. For the benchmark to compare with; counts must be powers of two up to 4 MiB.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define CHUNK	SZ_4M
#define CHUNKS	16	/* as much memory as the ring that it is compared with */

static void *chunk[CHUNKS];

static ssize_t bare_read(struct file *filp, char __user *buf, size_t count, loff_t *pos)
{
	unsigned int n = *pos / CHUNK % CHUNKS;
	size_t off = *pos % CHUNK;

	if (count > CHUNK - off)
		return -EINVAL;
	if (copy_to_user(buf, chunk[n] + off, count))
		return -EFAULT;
	*pos += count;
	return count;
}

static ssize_t bare_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	unsigned int n = *pos / CHUNK % CHUNKS;
	size_t off = *pos % CHUNK;

	if (count > CHUNK - off)
		return -EINVAL;
	if (copy_from_user(chunk[n] + off, buf, count))
		return -EFAULT;
	*pos += count;
	return count;
}

static const struct file_operations bare_fops = {
	.owner	= THIS_MODULE,
	.read	= bare_read,
	.write	= bare_write,
};

static struct miscdevice bare_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "acqbare",
	.fops	= &bare_fops,
	.mode	= 0600,
};

static void bare_free(void)
{
	unsigned int i;

	for (i = 0; i < CHUNKS; i++)
		free_pages((unsigned long)chunk[i], get_order(CHUNK));
}

static int __init bare_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < CHUNKS; i++) {
		chunk[i] = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(CHUNK));
		if (!chunk[i]) {
			bare_free();
			return -ENOMEM;
		}
		memset(chunk[i], 0x5a, CHUNK);
	}
	ret = misc_register(&bare_misc);
	if (ret)
		bare_free();
	return ret;
}

static void __exit bare_exit(void)
{
	misc_deregister(&bare_misc);
	bare_free();
}

module_init(bare_init);
module_exit(bare_exit);
MODULE_DESCRIPTION("Reading and writing that are nothing but a copy");
MODULE_LICENSE("GPL");
