/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring towards the card as a model for spin: a writer that fills blocks, the producer
 * that lets the card have them, a card that plays them, who drains or drops them, and a
 * monitor. tests/model/output has spin try every interleaving of small runs; what is said
 * in ring.pml of names, steps and memory holds here. What is done with run->lock held is one
 * step: nobody looks at more than one word of it without.
 *
 * Not here: gaps, of which tests/unit/output-test.c tells; frames that are not complete;
 * the watchdog, which would hide every wake-up that is lost.
 *
 * A frame is a byte whose value is its number + 1.
 */

/* How a run goes; tests/model/output sets them */
#ifndef SLOTS
#define SLOTS	4	/* of the ring; half of them are to be played */
#endif
#ifndef ROOM
#define ROOM	1	/* frames of a block */
#endif
#ifndef FRAMES
#define FRAMES	5	/* that are written, unless it ends before */
#endif
/*
 * ANY			it is drained at any time, not behind the last frame
 * DROP, RESET		it may be dropped, or the card be reset, at any time
 * MONITOR		there is one; only with blocks of one frame
 * BUG			a fault to be found, one of those below
 */
#define NONE		0
#define NO_POKE		1	/* who puts something for a card that is about to run dry says nothing */
#define POKE_FIRST	2	/* ... looks whether it is before it puts */
#define LATE_RESERVE	3	/* a writer finds room while it is drained */
#define NO_LATE_POKE	4	/* one that copied meanwhile says nothing when it has */
#define BUSY_LAST	5	/* who drains it does not wait for the writer to have copied */
#define OPEN_BUSY	6	/* the card gets a block into which the writer copies */
#define PASS_LATE	7	/* "oldest" passes a block after its slot is written to */
#define WHOLE_RING	8	/* the writer finds room in what is being played */
#define PLAY_AGAIN	9	/* what a card that has been reset may have played is given again */
#define LOOK_FIRST	10	/* a sleeper looks before it is in its wait queue */
#define WAKE_FIRST	11	/* who waits for the end is woken before that is published */
#ifndef BUG
#define BUG	NONE
#endif

#define SLOT(seq)	((seq) % SLOTS)

/* Blocks so many of which are queued are no reason to wait for a full one; and to be told */
#define OPEN_AT		(SLOTS > 4 -> 1 : 0)
#define POKE_AT		OPEN_AT		/* the driver: slots / 8 + 2, which is more */

/* Memory of the blocks; struct acq_ring, struct acq_meta, struct acq_block */
byte mem[SLOTS * ROOM], b_bytes[SLOTS];
byte put, put_bytes, accepted, given, fetched, head, done, oldest, dropped;
bit put_busy, draining, ended, asleep;

/* What the card has, what it has played of it, and the number of the frame that is next */
byte c_given, c_done, c_off, c_next;
byte c_bytes[SLOTS];
bit c_finish, c_stopped;

/* What has the producer make a turn */
bit irq, poke;

/* acq_ring_room() */
#if BUG == WHOLE_RING
#define FULL		(put - done > SLOTS)
#else
#define FULL		(put - done >= SLOTS / 2)
#endif

/* acq_writer_ready() */
#define READY		(ended || !draining && !FULL)

#define WAKE()		asleep = asleep && !READY

inline invariant()
{
	assert(head + dropped <= fetched && fetched <= accepted &&
	       accepted <= fetched + SLOTS * ROOM)
}

/* ring_put_block() */
inline put_block()
{
	b_bytes[SLOT(put)] = put_bytes;
	put_bytes = 0;
	put++
}

/* Plays frame by frame: each once, in order */
proctype card()
{
	do
	:: atomic { c_stopped -> break }
	:: d_step {
		!c_stopped && c_done < c_given ->
		assert(mem[SLOT(c_done) * ROOM + c_off] == c_next + 1);
		c_next++;
		c_off++;
		if
		:: c_off == c_bytes[SLOT(c_done)] -> c_off = 0; c_done++; irq = 1
		:: else
		fi
	}
	od
}

/* producer_refill(): acq_ring_put_open(), acq_ring_give(), then the card */
inline producer_refill()
{
	d_step {
		if
#if BUG == OPEN_BUSY
		:: put_bytes && (draining || put - done <= OPEN_AT) -> put_block()
#else
		:: put_bytes && !put_busy && (draining || put - done <= OPEN_AT) -> put_block()
#endif
		:: else
		fi;
#if BUG == BUSY_LAST
		last = draining;
#else
		last = draining && !put_busy;
#endif
		do
		:: given < put -> fetched = fetched + b_bytes[SLOT(given)]; given++
		:: else -> break
		od;
		invariant()
	}
	/* ops->give() */
	d_step {
		do
		:: c_given < given -> c_bytes[SLOT(c_given)] = b_bytes[SLOT(c_given)]; c_given++
		:: else -> break
		od
	}
	/* ops->finish() */
	c_finish = c_finish || last
}

/* acq_producer_turn() */
inline producer_turn()
{
	producer_refill();
	do
	:: done < c_done ->
		/* acq_ring_fill() */
		d_step { head = head + b_bytes[SLOT(done)]; invariant() }
		done++
	:: else -> break
	od;
	producer_refill();
	d_step { WAKE() }
	if
	:: c_finish && done == given ->
		/* acq_producer_finished(), acq_ring_drained() */
		if
		:: put == done && !put_bytes -> producer_end()
		:: else -> assert(false)	/* the card ends before all has been played */
		fi
	:: else
	fi
}

/* acq_producer_end() */
inline producer_end()
{
	c_stopped = 1;
#if BUG == WAKE_FIRST
	d_step { WAKE() }
	ended = 1
#else
	ended = 1;
	d_step { WAKE() }
#endif
}

/* output_finish(), with the producer's lock */
inline drain()
{
	d_step { draining = 1 }
	producer_turn()
}

/* acq_ring_cut(): the card has blocks, and does not say how far it has played them */
inline ring_cut()
{
	d_step {
		c_off = 0;
#if BUG == PLAY_AGAIN
		given = done;
		fetched = head + dropped;
#else
		dropped = fetched - head;
		done = given;
		c_next = fetched;
#endif
		c_given = done;
		c_done = done;
		c_finish = 0
	}
}

proctype producer()
{
	bit last;
#ifdef RESET
	bit again;
#endif

	do
	:: ended -> break
	:: d_step { !ended && (irq || poke) -> irq = 0; poke = 0 }
		producer_turn()
#ifdef ANY
	:: d_step { !ended && !draining -> skip }
		drain()
#endif
#ifdef DROP
	:: !ended -> producer_end()
#endif
#ifdef RESET
	:: d_step { !ended && !again -> again = 1 }
		ring_cut();
		producer_turn()
#endif
	:: timeout ->
		/* Nothing moves: who sleeps has no room, and all that was put has been played. */
		assert(!asleep || !READY);
		assert(head + dropped == accepted);
		assert(!draining);
		drain()
	od;
#ifndef DROP
	/* The end of a drain: it is all that was accepted. */
	assert(head + dropped == accepted && c_next == accepted)
#endif
}

/* acq_write_iter(), acq_write(), acq_reader_wait() */
proctype writer()
{
	byte taken, slot, off, room, k, h;
	bit late, dry;

	do
	:: taken == FRAMES -> break
	:: else ->
		if
		:: ended -> break
		:: else
		fi;
		/* acq_ring_reserve(), ring_pass_oldest() */
		d_step {
				room = 0;
			k = 0;
			h = 0;
			dry = 0;
			late = 0;
			if
#if BUG == LATE_RESERVE
			:: FULL
#else
			:: draining || FULL
#endif
			:: else ->
#if BUG != PASS_LATE
				if
				:: put + 1 > SLOTS && !put_bytes -> oldest = put + 1 - SLOTS
				:: else
				fi;
#endif
				put_busy = 1;
				slot = SLOT(put);
				off = put_bytes;
				room = ROOM - put_bytes
			fi
		}
		if
		:: room == 0 ->
#if BUG == LOOK_FIRST
			if
			:: READY
			:: else -> asleep = 1; !asleep
			fi;
#else
			asleep = 1;
			if
			:: READY -> asleep = 0
			:: else -> !asleep
			fi;
#endif
			goto again
		:: else
		fi;
		/* copy_from_iter(): as much as it likes */
		do
		:: k < room && taken + k < FRAMES ->
			mem[slot * ROOM + off + k] = taken + k + 1;
			k++
		:: k > 0 -> break
		od;
#if BUG == PASS_LATE
		if
		:: put + 1 > SLOTS -> oldest = put + 1 - SLOTS
		:: else
		fi;
#endif
#if BUG == POKE_FIRST
		h = done;
		dry = given - h <= POKE_AT;
#endif
		/* acq_ring_put() */
		atomic {
#if BUG != LATE_RESERVE
			late = draining;
#endif
			put_busy = 0;
			if
			:: late
			:: else ->
				put_bytes = put_bytes + k;
				accepted = accepted + k;
				taken = taken + k;
				if
				:: put_bytes == ROOM -> put_block()
				:: else
				fi
			fi;
			invariant()
		}
#if BUG != NO_LATE_POKE
		if
		:: draining -> poke = 1
		:: else
		fi;
#endif
		/* writer_put() */
#if BUG != NO_POKE
#if BUG != POKE_FIRST
		h = done;
		dry = given - h <= POKE_AT;
#endif
		if
		:: dry && !late -> poke = 1
		:: else
		fi;
#endif
again:
		skip
	od
}

#ifdef MONITOR
/* acq_cursor_look() and acq_cursor_valid(): what has been played, block by block */
proctype monitor()
{
	byte seq, o, value;

	do
	:: ended -> break
	:: seq < done ->
		o = oldest;
		if
		:: o > seq -> seq = o
		:: else ->
			value = mem[SLOT(seq)];
			if
			:: oldest <= seq -> assert(value == seq + 1); seq++
			:: else
			fi
		fi;
		d_step { o = 0; value = 0 }
	od
}
#endif

init {
	atomic {
		run card();
		run producer();
		run writer();
#ifdef MONITOR
		run monitor()
#endif
	}
}
