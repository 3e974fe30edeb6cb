// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control node of a card. See control.h.
 *
 * Two locks: @lock, which sleeps, is for the mapping; it is taken in page faults, so
 * nothing that may fault is done with it held. @line_lock is for the interrupt lines.
 * What both look at is written with both held, @lock outside.
 */
#include <linux/capability.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/uio.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>

#include "../compat.h"
#include "../core/card.h"
#include "../core/power.h"

/**
 * struct acq_control - a card's control node
 * @ref: one for the card family, one for each open file
 * @misc: the node
 * @name: its name
 * @dev: the card's device; referenced
 * @ops: the card family
 * @card: its own
 * @start: bus address of what can be mapped
 * @bytes: its size, whole pages; 0: there is nothing
 * @lines: the interrupt lines that there are
 * @lock: protects the mapping against a card that goes or sleeps
 * @awake: faults that wait for the card
 * @line_lock: protects what has to do with interrupts; taken by their handler
 * @files: open files; both locks
 * @gone: the card is gone for good; both locks
 * @asleep: between acq_control_suspend() and acq_control_resume(); both locks
 * @armed: lines that may interrupt, the files' together; @line_lock
 */
struct acq_control {
	struct kref ref;
	struct miscdevice misc;
	char name[24];
	struct device *dev;
	const struct acq_control_ops *ops;
	void *card;
	phys_addr_t start;
	resource_size_t bytes;
	u32 lines;

	struct mutex lock;
	wait_queue_head_t awake;
	spinlock_t line_lock;
	struct list_head files;
	bool gone;
	bool asleep;
	u32 armed;
};

/**
 * struct control_file - an open file
 * @control: referenced
 * @node: in @control->files
 * @mapping: where its mappings can be found; as long as the file
 * @wait: readers and pollers
 * @armed: lines that it waits for; this and @fired: line_lock
 * @fired: lines that have fired and were not read
 */
struct control_file {
	struct acq_control *control;
	struct list_head node;
	struct address_space *mapping;
	wait_queue_head_t wait;
	u32 armed;
	u32 fired;
};

static void control_release(struct kref *ref)
{
	struct acq_control *control = container_of(ref, struct acq_control, ref);

	put_device(control->dev);
	kfree(control);
}

/** acq_control_put() - drop a reference */
void acq_control_put(struct acq_control *control)
{
	kref_put(&control->ref, control_release);
}

/* What the files wait for together. Lines that none waits for are disarmed. */
static void control_sum_up(struct acq_control *control)
{
	struct control_file *file;
	u32 armed = 0, idle;

	lockdep_assert_held(&control->line_lock);
	list_for_each_entry(file, &control->files, node)
		armed |= file->armed;
	idle = control->armed & ~armed;
	if (idle && !control->gone && !control->asleep)
		control->ops->disarm(control->card, idle);
	WRITE_ONCE(control->armed, armed);
}

/**
 * acq_control_fired() - these lines interrupt
 * @control: the control node
 * @lines: lines; one that is not armed is disarmed all the same
 *
 * They are quiet from here on, and told to each file that has armed them.
 *
 * Context: any.
 * Return: true if one was armed: a card that ignores the disarming is not ours to serve.
 */
bool acq_control_fired(struct acq_control *control, u32 lines)
{
	struct control_file *file;
	unsigned long flags;
	bool armed;

	spin_lock_irqsave(&control->line_lock, flags);
	armed = control->armed & lines;
	/* Within the lock: behind it a file may have reason to arm them again. */
	control->ops->disarm(control->card, lines);
	list_for_each_entry(file, &control->files, node) {
		u32 hit = file->armed & lines;

		if (!hit)
			continue;
		file->armed &= ~hit;
		WRITE_ONCE(file->fired, file->fired | hit);
		wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLRDNORM);
	}
	WRITE_ONCE(control->armed, control->armed & ~lines);
	spin_unlock_irqrestore(&control->line_lock, flags);
	return armed;
}

/**
 * acq_control_armed() - can a line interrupt?
 * @control: the control node
 *
 * An interrupt comes behind the write that armed its line: whoever finds none
 * armed need not ask the card.
 */
bool acq_control_armed(const struct acq_control *control)
{
	return READ_ONCE(control->armed);
}

/** acq_control_rearm() - the card may have forgotten which lines are armed */
void acq_control_rearm(struct acq_control *control)
{
	scoped_guard(spinlock_irqsave, &control->line_lock) {
		if (control->armed && !control->gone && !control->asleep)
			control->ops->arm(control->card, control->armed);
	}
}

/* Make the files' mappings empty. What touches them from here on faults. */
static void control_unmap_all(struct acq_control *control)
{
	struct control_file *file;

	lockdep_assert_held(&control->lock);
	list_for_each_entry(file, &control->files, node)
		unmap_mapping_range(file->mapping, 0, 0, 1);
}

/**
 * acq_control_suspend() - the card cannot be used until acq_control_resume()
 * @control: the control node
 *
 * Programs that touch the mapping meanwhile wait. Does not nest.
 *
 * Context: sleeps. Not after acq_control_remove().
 */
void acq_control_suspend(struct acq_control *control)
{
	guard(mutex)(&control->lock);
	scoped_guard(spinlock_irqsave, &control->line_lock) {
		if (control->armed)
			control->ops->disarm(control->card, control->armed);
		WRITE_ONCE(control->asleep, true);
	}
	control_unmap_all(control);
}

/** acq_control_abandon() - as acq_control_suspend(), of a card that cannot be reached */
void acq_control_abandon(struct acq_control *control)
{
	guard(mutex)(&control->lock);
	scoped_guard(spinlock_irqsave, &control->line_lock)
		WRITE_ONCE(control->asleep, true);
	control_unmap_all(control);
}

/**
 * acq_control_resume() - the card can be used again
 * @control: the control node, after acq_control_suspend()
 *
 * Context: sleeps. Not after acq_control_remove().
 */
void acq_control_resume(struct acq_control *control)
{
	scoped_guard(mutex, &control->lock) {
		scoped_guard(spinlock_irqsave, &control->line_lock)
			WRITE_ONCE(control->asleep, false);
	}
	acq_control_rearm(control);
	wake_up_all(&control->awake);
}

/* Map the page that is missing. 0 if the card sleeps. */
static vm_fault_t control_insert(struct acq_control *control, struct vm_fault *vmf)
{
	/* Who takes the card away unmaps behind this. */
	guard(mutex)(&control->lock);
	if (control->gone || vmf->pgoff >= control->bytes >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	if (control->asleep)
		return 0;
	return vmf_insert_pfn(vmf->vma, vmf->address & PAGE_MASK,
			      PHYS_PFN(control->start) + vmf->pgoff);
}

/*
 * The program waits here for a card that is being reset or woken; who does that
 * needs nothing of the program's address space.
 */
static vm_fault_t control_fault(struct vm_fault *vmf)
{
	struct control_file *file = vmf->vma->vm_private_data;
	struct acq_control *control = file->control;
	vm_fault_t ret;

	while (!(ret = control_insert(control, vmf))) {
		if (wait_event_killable(control->awake, !READ_ONCE(control->asleep) ||
					READ_ONCE(control->gone)))
			return VM_FAULT_SIGBUS;
	}
	return ret;
}

/* A mapping has a reference on its file, which holds the rest. */
static const struct vm_operations_struct control_vm_ops = {
	.fault	= control_fault,
};

static int control_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct control_file *file = filp->private_data;
	struct acq_control *control = file->control;
	unsigned long count = vma_pages(vma), pages = control->bytes >> PAGE_SHIFT;
	int ret;

	/* Who opened it, not who maps it: a program may be given the open file. */
	if (!file_ns_capable(filp, &init_user_ns, CAP_SYS_RAWIO))
		return -EPERM;
	ret = security_locked_down(LOCKDOWN_PCI_ACCESS);
	if (ret)
		return ret;
	if (READ_ONCE(control->gone))
		return -ENODEV;
	if (!pages)
		return -ENXIO;
	/* A private page would be a copy, which no register has. */
	if (!(vma->vm_flags & VM_MAYSHARE) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	if (vma->vm_pgoff >= pages || count > pages - vma->vm_pgoff)
		return -EINVAL;
	vm_flags_mod(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP, VM_MAYEXEC);
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	vma->vm_private_data = file;
	vma->vm_ops = &control_vm_ops;
	return 0;
}

static bool control_ready(const struct control_file *file)
{
	return READ_ONCE(file->fired) || READ_ONCE(file->control->gone);
}

static ssize_t control_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct control_file *file = iocb->ki_filp->private_data;
	struct acq_control *control = file->control;
	bool wait = !(iocb->ki_filp->f_flags & O_NONBLOCK) && !(iocb->ki_flags & IOCB_NOWAIT);
	u32 fired;
	int ret;

	if (iov_iter_count(to) < sizeof(fired))
		return -EINVAL;
	for (;;) {
		scoped_guard(spinlock_irqsave, &control->line_lock) {
			if (control->gone)
				return -ENODEV;
			fired = file->fired;
			WRITE_ONCE(file->fired, 0);
		}
		if (fired)
			break;
		if (!wait)
			return -EAGAIN;
		ret = wait_event_interruptible(file->wait, control_ready(file));
		if (ret)
			return ret;
	}
	if (copy_to_iter(&fired, sizeof(fired), to) == sizeof(fired))
		return sizeof(fired);
	scoped_guard(spinlock_irqsave, &control->line_lock)
		WRITE_ONCE(file->fired, file->fired | fired);
	return -EFAULT;
}

static ssize_t control_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct control_file *file = iocb->ki_filp->private_data;
	struct acq_control *control = file->control;
	u32 lines, quiet;

	if (iov_iter_count(from) != sizeof(lines))
		return -EINVAL;
	if (copy_from_iter(&lines, sizeof(lines), from) != sizeof(lines))
		return -EFAULT;
	if (lines & ~control->lines)
		return -EINVAL;
	scoped_guard(spinlock_irqsave, &control->line_lock) {
		if (control->gone)
			return -ENODEV;
		quiet = lines & ~control->armed;
		file->armed |= lines;
		/* Before they can interrupt: see acq_control_armed(). */
		WRITE_ONCE(control->armed, control->armed | lines);
		if (quiet && !control->asleep)
			control->ops->arm(control->card, quiet);
	}
	return sizeof(lines);
}

static __poll_t control_poll(struct file *filp, poll_table *wait)
{
	struct control_file *file = filp->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(filp, &file->wait, wait);
	/* A bare error would strand io_uring's multishot reads: say readable too. */
	if (READ_ONCE(file->control->gone))
		return mask | EPOLLIN | EPOLLRDNORM | EPOLLHUP | EPOLLERR;
	if (READ_ONCE(file->fired))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static int control_open(struct inode *inode, struct file *filp)
{
	struct acq_control *control = container_of(filp->private_data, struct acq_control, misc);
	struct control_file *file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!file)
		return -ENOMEM;
	/* Awake from here to the last close, with which the mappings have gone, too. */
	ret = acq_power_get(control->dev);
	if (ret) {
		kfree(file);
		return ret;
	}
	init_waitqueue_head(&file->wait);
	file->mapping = filp->f_mapping;
	/* misc_open() keeps the node, and by it the card family's reference, until we have this. */
	kref_get(&control->ref);
	file->control = control;
	scoped_guard(mutex, &control->lock) {
		scoped_guard(spinlock_irqsave, &control->line_lock)
			list_add_tail(&file->node, &control->files);
	}
	filp->private_data = file;
	/* Nothing but a read that may wait does wait. */
	filp->f_mode |= FMODE_NOWAIT;
	return stream_open(inode, filp);
}

static int control_close(struct inode *inode, struct file *filp)
{
	struct control_file *file = filp->private_data;
	struct acq_control *control = file->control;

	scoped_guard(mutex, &control->lock) {
		scoped_guard(spinlock_irqsave, &control->line_lock) {
			list_del(&file->node);
			control_sum_up(control);
		}
		if (!control->gone)
			acq_power_put(control->dev);
	}
	acq_control_put(control);
	kfree(file);
	return 0;
}

static const struct file_operations control_fops = {
	.owner		= THIS_MODULE,
	.open		= control_open,
	.release	= control_close,
	.read_iter	= control_read_iter,
	.write_iter	= control_write_iter,
	.poll		= control_poll,
	.mmap		= control_mmap,
};

/* Size of what can be mapped */
static ssize_t control_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct miscdevice *misc = dev_get_drvdata(dev);
	u64 bytes = container_of(misc, struct acq_control, misc)->bytes;

	return sysfs_emit(buf, "%llu\n", bytes);
}

#define CONTROL_ATTR(_name) \
	static struct device_attribute control_attr_##_name = \
		__ATTR(_name, 0444, control_##_name##_show, NULL)

CONTROL_ATTR(bytes);

static struct attribute *control_attrs[] = {
	&control_attr_bytes.attr,
	NULL,
};
ATTRIBUTE_GROUPS(control);

/**
 * acq_control_create() - make a control node
 * @dev: the card's device
 * @number: for its name
 * @bar: registers to be mapped, whole pages that are the card's alone; NULL: none
 * @lines: the interrupt lines that there are
 * @ops: the card family
 * @card: its own pointer
 *
 * Nobody sees it before acq_control_register(). Undone by acq_control_put(); after
 * registration acq_control_remove() comes before that.
 *
 * Context: sleeps.
 * Return: the control node or NULL.
 */
struct acq_control *acq_control_create(struct device *dev, unsigned int number,
				       const struct resource *bar, u32 lines,
				       const struct acq_control_ops *ops, void *card)
{
	struct acq_control *control = kzalloc(sizeof(*control), GFP_KERNEL);

	if (!control)
		return NULL;
	kref_init(&control->ref);
	control->dev = get_device(dev);
	control->ops = ops;
	control->card = card;
	control->lines = lines;
	if (bar) {
		control->start = bar->start;
		control->bytes = resource_size(bar);
	}
	mutex_init(&control->lock);
	init_waitqueue_head(&control->awake);
	spin_lock_init(&control->line_lock);
	INIT_LIST_HEAD(&control->files);
	snprintf(control->name, sizeof(control->name), "acqdev-ctl%u", number);
	control->misc.minor = MISC_DYNAMIC_MINOR;
	control->misc.name = control->name;
	control->misc.fops = &control_fops;
	control->misc.parent = dev;
	control->misc.groups = control_groups;
	control->misc.mode = 0600;
	return control;
}

/**
 * acq_control_register() - make the device node
 * @control: from acq_control_create()
 *
 * Context: sleeps; the card family can be called from now on.
 * Return: 0 or a negative errno.
 */
int acq_control_register(struct acq_control *control)
{
	return misc_register(&control->misc);
}

/**
 * acq_control_remove() - the card is going, or gone
 * @control: a registered control node
 *
 * When this returns no program has a way to its registers any more.
 *
 * Context: sleeps.
 */
void acq_control_remove(struct acq_control *control)
{
	struct control_file *file;

	misc_deregister(&control->misc);
	guard(mutex)(&control->lock);
	scoped_guard(spinlock_irqsave, &control->line_lock) {
		if (control->armed)
			control->ops->disarm(control->card, control->armed);
		WRITE_ONCE(control->armed, 0);
		WRITE_ONCE(control->gone, true);
	}
	/* Who is told that it is gone does not find it any more. */
	control_unmap_all(control);
	list_for_each_entry(file, &control->files, node) {
		wake_up_interruptible_poll(&file->wait, EPOLLIN | EPOLLRDNORM |
					   EPOLLHUP | EPOLLERR);
		/* The device may be another driver's when it is closed. */
		acq_power_put(control->dev);
	}
	wake_up_all(&control->awake);
}
