/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol of the ring as a model for spin: a card that writes, the producer
 * that publishes blocks and gives them to the card again, readers that look without
 * a lock, and how they sleep and are woken. tests/model/ring has spin try every
 * interleaving of small runs.
 *
 * The names in comments are those of the functions in module/core. Every access to
 * what another process writes is a step of its own, but for these, which are one:
 * - the card's write to memory and its word about it: the producer comes when it likes;
 * - fields of a descriptor that are written with nothing published between them;
 * - the waking side's look at a reader and the wake-up: what it looks at only grows.
 * Holders and monitors share nothing that either of them writes, so that runs have
 * the one or the other.
 *
 * Spin's memory is sequentially consistent: the model shows that the order of steps
 * is enough. That the barriers of the code keep that order is for
 * tests/unit/order-test.c.
 *
 * Not here: packets, the flush timer, acq_cursor_jump() (tests/unit/ring-test.c has
 * it), and the watchdog, which would hide every wake-up that is lost.
 *
 * A frame is a byte whose value is its sample index + 1. The run's first index is 0.
 */

/* How a run goes; tests/model/ring sets them */
#ifndef SLOTS
#define SLOTS	4	/* of the ring */
#endif
#ifndef ROOM
#define ROOM	1	/* frames of a block */
#endif
#ifndef FRAMES
#define FRAMES	6	/* that the card produces, lost ones included */
#endif
#ifndef LOSSES
#define LOSSES	0	/* how many it may lose; then it waits where it has no block */
#endif
#ifndef HOLDERS
#define HOLDERS	0	/* at most 2 */
#endif
#ifndef NEED
#define NEED	1	/* frames that the first holder waits for */
#endif
/*
 * MONITOR		there is one
 * LATE			they join at any time, at the oldest or the newest frame
 * STOP, GONE, RESET	the run may be stopped, or the card vanish or be reset, at any time
 * BUG			a fault to be found, one of those below
 */
#define NONE		0
#define WAKE_FIRST	1	/* who waits is woken before the head is published */
#define NO_RECHECK	2	/* a monitor does not look at "oldest" after use */
#define GIVE_FIRST	3	/* the card gets a slot before "oldest" has passed its block */
#define FREE_FIRST	4	/* a holder's cursor leaves a block before its bytes are used */
#define HEAD_FIRST	5	/* the head is published before the descriptor */
#define LOOK_FIRST	6	/* a sleeper looks before it is in its wait queue */
#define END_LAST	7	/* a read looks for the end after it has found no bytes */
#define NO_POKE		8	/* a holder that frees a block of a starved card says nothing */
#define LIST_LAST	9	/* the work of waiting monitors keeps one after it has looked */
#define HOLD_UNLOCKED	10	/* a holder joins between acq_readers_hold() and the giving */
#define NO_HALF		11	/* the half of the ring is no reason to end a wait */
#define END_FIRST	12	/* the end is published before the loss behind the last block */
#ifndef BUG
#define BUG	NONE
#endif

#define SLOT(seq)	((seq) % SLOTS)
#define MAX(a, b)	((a) > (b) -> (a) : (b))
#define MIN(a, b)	((a) < (b) -> (a) : (b))

/* Readers: the holder, the monitor, another holder */
#define H	0
#define M	1
#define H2	2
#define NOBODY	255

/* Memory of the blocks */
byte mem[SLOTS * ROOM];

/* struct acq_block, struct acq_meta, struct acq_ring */
byte b_position[SLOTS], b_index[SLOTS], b_bytes[SLOTS];
bit b_complete[SLOTS];
byte head, done, oldest, gap_end, end_lost, given, next_index;
bit ended, open;

/* What the card has, and what it says of each block that it was given */
byte c_given, c_seq, c_off, c_time, c_losses;
byte c_index[SLOTS], c_bytes[SLOTS];
bit c_complete[SLOTS], c_stopped;

/* What has the producer make a turn: an interrupt, acq_reader_poke() */
bit irq, poke;

/* run->lock, run->watch_lock, run->watching and its work */
bit run_lock, watch_lock, watching, work;

/* struct acq_cursor as far as others look at it, and the wait queues */
bit joined[3], asleep[3], left[3];
byte seq[3], pos[3], told[3], need[3];

/* acq_cursor_ready(): half the ring is enough for anybody */
#if BUG == NO_HALF
#define HALF(r)		false
#else
#define HALF(r)		(done > seq[r] + SLOTS / 2)
#endif

/* reader_run_ready() as the waking side calls it */
#define READY(r)	(ended || head - pos[r] >= need[r] || gap_end > told[r] || HALF(r))

/* The card completes a block that is full, and where it has lost frames. */
inline card_complete()
{
	if
	:: c_off -> c_complete[SLOT(c_seq)] = 1; c_seq++; c_off = 0
	:: else
	fi
}

proctype card()
{
	do
	:: atomic { c_stopped || c_time == FRAMES -> break }
#if LOSSES
	:: d_step {
		!c_stopped && c_time < FRAMES && c_losses < LOSSES ->
		c_losses++;
		card_complete();
		c_time++;
		irq = 1
	}
#endif
	:: d_step {
		!c_stopped && c_time < FRAMES && c_seq < c_given ->
		mem[SLOT(c_seq) * ROOM + c_off] = c_time + 1;
		if
		:: c_off == 0 -> c_index[SLOT(c_seq)] = c_time
		:: else
		fi;
		c_off++;
		c_bytes[SLOT(c_seq)] = c_off;
		c_time++;
		if
		:: c_off == ROOM -> card_complete()
		:: else
		fi;
		irq = 1
	}
	od
}

/* acq_readers_hold(): the lowest block that a holder needs */
#define HOLDS(r)	(joined[r] && !left[r] -> seq[r] : NOBODY)
#if HOLDERS > 1
#define READERS_HOLD	MIN(HOLDS(H), HOLDS(H2))
#else
#define READERS_HOLD	HOLDS(H)
#endif

/* producer_refill() and acq_ring_give(): "oldest" first, then the slots */
inline producer_refill()
{
#if BUG == HOLD_UNLOCKED
	held = READERS_HOLD;
	atomic {
		!run_lock ->
#else
	atomic {
		!run_lock ->
		held = READERS_HOLD;
#endif
		to = MIN(held, done) + SLOTS;
		to = MIN(done + SLOTS / 2, to);
		if
		:: to > given -> run_lock = 1
		:: else -> to = 0
		fi
	}
	if
	:: to ->
#if BUG == GIVE_FIRST
		ops_give();
#endif
		if
		:: to > SLOTS -> oldest = to - SLOTS
		:: else
		fi;
		d_step { given = to; run_lock = 0 }
#if BUG != GIVE_FIRST
		ops_give()
#endif
	:: else
	fi
}

/* ops->give(), a block: what the card has said of its slot before is of the past */
inline ops_give_one()
{
	if
	:: c_given < to ->
		c_bytes[SLOT(c_given)] = 0;
		c_complete[SLOT(c_given)] = 0;
		c_given++
	:: else
	fi
}

/* At most half the ring at once */
inline ops_give()
{
	d_step {
		ops_give_one();
#if SLOTS > 2
		ops_give_one()
#endif
	}
}

/* Has the card news of block "done"? */
#define CARD_HAS	(done < given && (c_bytes[SLOT(done)] > (open -> b_bytes[SLOT(done)] : 0) || \
			 open && c_complete[SLOT(done)]))

/* acq_ring_fill(): descriptor, bytes, head, gap, done */
inline ring_fill()
{
	atomic {
		!run_lock ->
		run_lock = 1;
		bytes = c_bytes[SLOT(done)];
		complete = c_complete[SLOT(done)];
		if
		:: open
		:: else ->
			open = 1;
			fresh_gap = c_index[SLOT(done)] != next_index;
			b_position[SLOT(done)] = head;
#if BUG == HEAD_FIRST
			head = head + bytes;
#else
			b_index[SLOT(done)] = c_index[SLOT(done)];
#endif
			b_complete[SLOT(done)] = 0
		fi
	}
	d_step {
#if BUG == HEAD_FIRST
		b_index[SLOT(done)] = c_index[SLOT(done)];
#endif
		next_index = b_index[SLOT(done)] + bytes;
		b_bytes[SLOT(done)] = bytes
	}
	if
	:: complete -> d_step { open = 0; b_complete[SLOT(done)] = 1 }
	:: else
	fi;
	head = b_position[SLOT(done)] + bytes;
	if
	:: fresh_gap -> gap_end = b_position[SLOT(done)] + 1
	:: else
	fi;
	d_step {
		done = done + complete;
		run_lock = 0;
		bytes = 0;
		complete = 0;
		fresh_gap = 0
	}
}

/* reader_wake(): wq_has_sleeper(), wake_up() */
#define WAKE(r)		asleep[r] = asleep[r] && !READY(r)

/* acq_readers_wake(): holders here, monitors that wait by a work */
inline readers_wake()
{
#if HOLDERS
	d_step { !run_lock -> WAKE(H) }
#endif
#if HOLDERS > 1
	d_step { !run_lock -> WAKE(H2) }
#endif
#ifdef MONITOR
	d_step { !run_lock -> work = work || watching }
#endif
}

/* acq_producer_turn() */
inline producer_turn()
{
	before = head;
	producer_refill();
#if BUG == WAKE_FIRST
	if
	:: CARD_HAS -> readers_wake()
	:: else
	fi;
#endif
	/* ops->service() */
	do
	:: CARD_HAS -> ring_fill()
	:: else -> break
	od;
	producer_refill();
#if BUG != WAKE_FIRST
	if
	:: head != before -> readers_wake()
	:: else
	fi;
#endif
	d_step { before = 0; held = 0; to = 0 }
}

/* producer_end_gap(), acq_producer_end() */
inline producer_end()
{
#if BUG == END_FIRST
	ended = 1;
	end_lost = c_time - next_index;
#else
	end_lost = c_time - next_index;
	ended = 1;
#endif
	readers_wake()
}

/* acq_ring_close() and acq_ring_cut(): the card begins anew with what is not done */
inline ring_cut()
{
	atomic {
		!run_lock ->
		if
		:: open -> run_lock = 1; done++
		:: else
		fi
	}
	d_step {
		if
		:: open -> open = 0; b_complete[SLOT(done - 1)] = 1
		:: else
		fi;
		run_lock = 0
	}
	d_step {
		given = done;
		c_given = done;
		c_seq = done;
		c_off = 0
	}
}

/*
 * All that has the producer's lock: the interrupt's thread and the work of a poke,
 * stopping, resetting, removing.
 */
proctype producer()
{
	byte held, to, bytes, before;
	bit complete, fresh_gap;
#ifdef RESET
	bit again;
#endif

	producer_refill();
	do
	:: d_step { irq || poke -> irq = 0; poke = 0 }
		producer_turn()
#ifdef RESET
	:: d_step { !again && !c_stopped -> again = 1; c_stopped = 1 }
		/* acq_producer_halt(); frames pass until the card is started again */
		producer_turn();
		ring_cut();
		atomic {
			c_time = MIN(c_time + 1, FRAMES);
			c_stopped = 0;
			run card()
		}
		producer_refill()
#endif
#ifdef STOP
	:: true ->
		/* acq_producer_halt(), acq_producer_finished() */
		producer_turn();
		c_stopped = 1;
		producer_end();
		break
#endif
#ifdef GONE
	:: true ->
		/* What the card has not been asked for is lost with it. */
		c_stopped = 1;
		producer_end();
		break
#endif
	:: timeout ->
		/*
		 * Nothing moves any more: whoever sleeps has too little, and no card
		 * waits for blocks.
		 */
		assert(!asleep[H] || !READY(H));
		assert(!asleep[M] || !READY(M));
		assert(!asleep[H2] || !READY(H2));
		assert(c_time == FRAMES);
		c_stopped = 1;
		producer_end();
		break
	od
}

/* readers_watch_work(): keeps who waits in the list, then looks at the head */
proctype watch_work()
{
	bit due;
end:
	do
	:: atomic {
		work && !watch_lock ->
		work = 0;
		due = watching;
		watching = 0;
		watch_lock = 1
	}
		if
		:: due ->
#if BUG == LIST_LAST
			WAKE(M);
			watching = asleep[M]
#else
			watching = asleep[M];
			WAKE(M)
#endif
		:: else
		fi;
		d_step { watch_lock = 0; due = 0 }
	od
}

/* acq_cursor_valid() */
#if BUG == NO_RECHECK
#define VALID(r)	true
#else
#define VALID(r)	(oldest <= seq[r])
#endif

/* acq_reader_join(), under run->lock: acq_cursor_oldest() or acq_cursor_newest() */
inline reader_join(r)
{
	atomic {
		!run_lock ->
		if
		:: oldest ->
			seq[r] = oldest;
			index = b_index[SLOT(oldest)];
			pos[r] = b_position[SLOT(oldest)];
			told[r] = pos[r] + 1
		:: !oldest
		:: head ->
			seq[r] = done - !open;
			off = b_bytes[SLOT(seq[r])];
			index = b_index[SLOT(seq[r])] + off;
			pos[r] = b_position[SLOT(seq[r])] + off;
			told[r] = pos[r]
		fi;
		from = index;
		joined[r] = 1
	}
}

/* One that waits by acq_reader_wait() and reads by acq_read() */
proctype reader(byte r)
{
	byte off, index, from, got, lost;
	byte h, o, size, n, k;
	bit e, ok;

#ifdef LATE
	reader_join(r);
#endif
wait:
	/* wait_event(): prepare_to_wait(), acq_reader_ready(), schedule() */
#if BUG == LOOK_FIRST
	if
	:: READY(r) -> goto read
	:: else
	fi;
#endif
	atomic { asleep[r] = 1; h = 0; o = 0; size = 0; n = 0; k = 0; ok = 0; e = 0 }
	if
	:: r == M -> d_step { !watch_lock -> watching = 1 }	/* reader_watch() */
	:: else
	fi;
#if BUG != LOOK_FIRST
	if
	:: ended -> goto awake
	:: else
	fi;
	if
	:: head - pos[r] >= need[r] -> goto awake
	:: else
	fi;
	if
	:: gap_end > told[r] -> goto awake
	:: else
	fi;
	if
	:: HALF(r) -> goto awake
	:: else
	fi;
#endif
	!asleep[r];
	goto wait;
awake:
	asleep[r] = 0;
read:
	/* acq_read(): before the look for bytes: after the end none come */
	e = ended;
look:
	/* acq_cursor_look() */
	atomic { h = head; size = 0; n = 0; k = 0; ok = 0; o = 0 }
	o = oldest;
	if
	:: o > seq[r] ->
		/* cursor_missed_nothing() */
		if
		:: b_position[SLOT(o)] == pos[r] -> d_step { off = 0; seq[r] = o }
		:: else -> goto overtaken
		fi
	:: else
	fi;
	if
	:: pos[r] == h -> goto nothing
	:: else
	fi;
	size = b_bytes[SLOT(seq[r])];
	if
	:: off >= size ->
		if
		:: VALID(r)
		:: else -> goto overtaken
		fi;
		d_step { off = 0; seq[r] = seq[r] + 1 }
		size = b_bytes[SLOT(seq[r])]
	:: else
	fi;
	k = b_index[SLOT(seq[r])];
	if
	:: VALID(r)
	:: else -> goto overtaken
	fi;
	if
	:: off == 0 && k != index ->
		/* acq_cursor_skip(), read_set_gap() */
		d_step {
			lost = lost + k - index;
			index = k;
			told[r] = pos[r] + 1
		}
		goto wait
	:: else
	fi;
	n = MIN(size - off, h - pos[r]);

	/* read_span(): copy_to_iter(), acq_cursor_valid() */
#if BUG == FREE_FIRST
	if
	:: r != M && off + n == size && b_complete[SLOT(seq[r])] -> seq[r] = seq[r] + 1; o = 1
	:: else -> o = 0
	fi;
#else
	o = 0;
#endif
	k = 0;
	ok = 1;
	do
	:: k < n ->
		ok = ok && mem[SLOT(seq[r] - o) * ROOM + off + k] == index + k + 1;
		k++
	:: else -> break
	od;
	if
	:: VALID(r)
	:: else -> goto look
	fi;
	/* What a reader takes for samples are those that it looked for. */
	assert(ok);
#if BUG == FREE_FIRST
	seq[r] = seq[r] - o;
#endif

	/* acq_cursor_advance() */
	d_step {
		off = off + n;
		index = index + n;
		got = got + n;
		pos[r] = pos[r] + n
	}
	if
	:: b_complete[SLOT(seq[r])] ->
		if
		:: b_bytes[SLOT(seq[r])] == off ->
			if
			:: VALID(r) -> goto used
			:: else
			fi
		:: else
		fi
	:: else
	fi;
	goto look;
used:
	/* cursor_enter_block(), acq_reader_freed(), acq_ring_outstanding() */
	atomic { off = 0; seq[r] = seq[r] + 1 }
#if BUG != NO_POKE
	if
	:: r != M ->
		k = done;
		if
		:: given - k <= SLOTS / 8 && !ended -> poke = 1
		:: else
		fi
	:: else
	fi;
#endif
	goto look;

overtaken:
	/* A holder is not. */
	assert(r == M);
	/* acq_cursor_overtaken() */
	atomic { lost = lost - index; k = done }
	o = oldest;
	d_step {
		o = o + (MAX(k, o) - o) / 2;
		off = 0;
		seq[r] = o;
		index = b_index[SLOT(o)]
	}
	d_step { pos[r] = b_position[SLOT(o)]; told[r] = pos[r] + 1; lost = lost + index }
	if
	:: VALID(r) -> goto wait
	:: else -> goto overtaken
	fi;

nothing:
#if BUG == END_LAST
	e = ended;
#endif
	if
	:: e
	:: else -> goto wait
	fi;
	/* read_take_end() */
	lost = lost + end_lost;
	/* Each frame that the card has produced was read or told as lost. */
	assert(got + lost == c_time - from);
	left[r] = 1
}

init {
	atomic {
		need[H] = NEED;
		need[M] = 1;
		need[H2] = 1;
		run card();
		run producer();
#if HOLDERS
#ifndef LATE
		joined[H] = 1;
#endif
		run reader(H);
#endif
#if HOLDERS > 1
		joined[H2] = 1;
		run reader(H2);
#endif
#ifdef MONITOR
		run watch_work();
		run reader(M);
#endif
	}
}
