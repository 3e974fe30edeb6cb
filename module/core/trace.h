/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM acqdev

#if !defined(ACQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ACQ_TRACE_H

#include <linux/tracepoint.h>

#include "uapi.h"

#define acq_show_state(state)				\
	__print_symbolic(state,				\
		{ ACQ_STATE_IDLE,	"idle" },	\
		{ ACQ_STATE_ARMED,	"armed" },	\
		{ ACQ_STATE_RUNNING,	"running" },	\
		{ ACQ_STATE_DRAINING,	"draining" },	\
		{ ACQ_STATE_SUSPENDED,	"suspended" },	\
		{ ACQ_STATE_FAILED,	"failed" },	\
		{ ACQ_STATE_GONE,	"gone" })

#define acq_show_cause(cause)					\
	__print_symbolic(cause,					\
		{ ACQ_CAUSE_NONE,	"none" },		\
		{ ACQ_CAUSE_CARD_FIFO,	"card-fifo" },		\
		{ ACQ_CAUSE_RING_FULL,	"ring-full" },		\
		{ ACQ_CAUSE_OVERTAKEN,	"overtaken" },		\
		{ ACQ_CAUSE_SUSPEND,	"suspend" },		\
		{ ACQ_CAUSE_RESET,	"reset" },		\
		{ ACQ_CAUSE_UNPLUG,	"unplug" },		\
		{ ACQ_CAUSE_UNDERRUN,	"underrun" })

/* The card asks for service; causes are the card family's bits. */
TRACE_EVENT(acq_irq,
	TP_PROTO(unsigned int stream, u32 causes),
	TP_ARGS(stream, causes),
	TP_STRUCT__entry(
		__field(unsigned int, stream)
		__field(u32, causes)
	),
	TP_fast_assign(
		__entry->stream = stream;
		__entry->causes = causes;
	),
	TP_printk("stream=%u causes=0x%x", __entry->stream, __entry->causes)
);

/* The open block holds more bytes, or is complete. */
TRACE_EVENT(acq_block,
	TP_PROTO(unsigned int stream, u64 block, u64 pos, u64 index, u32 bytes, bool complete),
	TP_ARGS(stream, block, pos, index, bytes, complete),
	TP_STRUCT__entry(
		__field(unsigned int, stream)
		__field(u64, block)
		__field(u64, pos)
		__field(u64, index)
		__field(u32, bytes)
		__field(bool, complete)
	),
	TP_fast_assign(
		__entry->stream = stream;
		__entry->block = block;
		__entry->pos = pos;
		__entry->index = index;
		__entry->bytes = bytes;
		__entry->complete = complete;
	),
	TP_printk("stream=%u block=%llu pos=%llu index=%llu bytes=%u%s",
		  __entry->stream, __entry->block, __entry->pos, __entry->index,
		  __entry->bytes, __entry->complete ? " complete" : "")
);

TRACE_EVENT(acq_gap,
	TP_PROTO(unsigned int stream, u64 pos, u64 index, u64 lost, u32 cause),
	TP_ARGS(stream, pos, index, lost, cause),
	TP_STRUCT__entry(
		__field(unsigned int, stream)
		__field(u64, pos)
		__field(u64, index)
		__field(u64, lost)
		__field(u32, cause)
	),
	TP_fast_assign(
		__entry->stream = stream;
		__entry->pos = pos;
		__entry->index = index;
		__entry->lost = lost;
		__entry->cause = cause;
	),
	TP_printk("stream=%u pos=%llu index=%llu lost=%llu cause=%s",
		  __entry->stream, __entry->pos, __entry->index, __entry->lost,
		  acq_show_cause(__entry->cause))
);

TRACE_EVENT(acq_state,
	TP_PROTO(unsigned int stream, u32 from, u32 to),
	TP_ARGS(stream, from, to),
	TP_STRUCT__entry(
		__field(unsigned int, stream)
		__field(u32, from)
		__field(u32, to)
	),
	TP_fast_assign(
		__entry->stream = stream;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("stream=%u %s -> %s", __entry->stream,
		  acq_show_state(__entry->from), acq_show_state(__entry->to))
);

DECLARE_EVENT_CLASS(acq_call,
	TP_PROTO(unsigned int stream, u64 pos, size_t want, ssize_t ret),
	TP_ARGS(stream, pos, want, ret),
	TP_STRUCT__entry(
		__field(unsigned int, stream)
		__field(u64, pos)
		__field(size_t, want)
		__field(ssize_t, ret)
	),
	TP_fast_assign(
		__entry->stream = stream;
		__entry->pos = pos;
		__entry->want = want;
		__entry->ret = ret;
	),
	TP_printk("stream=%u pos=%llu want=%zu ret=%zd",
		  __entry->stream, __entry->pos, __entry->want, __entry->ret)
);

DEFINE_EVENT(acq_call, acq_read,
	TP_PROTO(unsigned int stream, u64 pos, size_t want, ssize_t ret),
	TP_ARGS(stream, pos, want, ret)
);

DEFINE_EVENT(acq_call, acq_write,
	TP_PROTO(unsigned int stream, u64 pos, size_t want, ssize_t ret),
	TP_ARGS(stream, pos, want, ret)
);

#endif /* ACQ_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
