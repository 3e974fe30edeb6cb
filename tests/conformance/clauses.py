# SPDX-License-Identifier: GPL-2.0-only
"""The clauses of docs/acq-r1.md that are judged: name, section, and what is demanded."""

TABLE = """
card.answers | What a host does | each access is answered, and the card does not go away

pci.bar | PCI | BAR 0 is memory, not prefetchable, of 0x2000 bytes or more; class 0x118000
pci.interrupt | PCI | at least one of MSI-X, MSI and INTx
pci.master | PCI | no DMA and no message while Bus Master Enable is 0; a condition that holds sends one when it is set
pci.master-error | PCI | DMA without Bus Master Enable is error DMA
pci.sleep | PCI | D3hot: no DMA, no interrupt; the way back is a reset, or loses nothing
pci.flr | PCI | function level reset does what RESET does, and resets the configuration space

id.magic | Identity | ID is 0x31514341
id.version | Identity | VERSION has major 1 and minor 1 or more
id.caps | Identity | DMA, FIFO or both; bits above 16 are 0, and so are those of what is not there
id.channels | Identity | CHANNELS is 1 to 32; FORMATS has one at least, and none above bit 5
id.clock | Identity | CLOCK_HZ is not 0; 0 < DIV_MIN <= DIV_MAX
id.fifo-bytes | Identity | FIFO_BYTES holds the largest frame, with FIFO and 3 bytes more
id.limits | Identity | LIMITS is 0 without DMA; else 6 <= smallest <= largest <= 22, 4 to 65536 entries, 24 to 64 address bits
id.page | Identity | 4096 bytes are possible as a block
id.stamp | Counters | the timestamp counter runs with TS_HZ, and is not set by START or RESET; without, it is 0
id.pretrigger | Identity | PRETRIG_BYTES is 0 without PRETRIG, and not with it

reg.reset | Registers | each register has its reset value at first, and after RESET
reg.suitable | Registers | the configuration of the reset values is a possible one, and keeps to the capabilities
reg.readonly | Registers | registers of access r ignore writes
reg.nothing | Registers | addresses without a register read 0 and ignore writes
reg.kept | Registers | registers of access rw read back what was written
reg.largest | Configuration | IRQ_FRAMES and IRQ_US have 16 bits or more, and take a larger value for the largest
reg.command | Registers | COMMAND reads 0
reg.latch | Counters | reading LO latches HI

config.transfer | States | START refuses a transfer that is unknown or not there
config.divider | States | START refuses a divider out of range
config.channels | States | START refuses no channel, one that does not exist, channels that do not go together
config.format | States | START refuses a format that is unknown or not there
config.pattern | States | START refuses a pattern that is unknown or not there
config.count | States | START refuses COUNT without the capability
config.trigger | States | START refuses a trigger that is unknown or not there, unknown bits, a channel that is not enabled
config.pretrigger | States | START refuses a PRETRIGGER without the capability, or too large a one
config.table | States | START refuses TABLE_LOG2 above the limit
config.address | States | START refuses an address of 0, not aligned to 64 bytes, or beyond the address bits
config.error | States | a refusal: state ERROR, code 1, the bit ERROR, no DMA; a good START goes on from there

state.start | States | START is accepted in IDLE, DONE and ERROR, and STATE after it reads what the run has come to
state.again | States | START is ignored in ARMED, RUNNING and DRAINING
state.clears | States | START sets GIVEN, SEEN, the counters, the index and IRQ_STATUS to 0
state.stop | States | STOP: RUNNING to DRAINING, to DONE when all has been taken
state.stop-armed | States | STOP in ARMED: DONE, with 0 frames
state.ignored | What accesses do | STOP elsewhere, TRIGGER where none is waited for, GO where nothing is held: ignored
state.losing | States | LOSING is set in RUNNING only, while frames are dropped
state.code | Control, state, interrupts | the error code is 0 but in ERROR, and bits that say nothing are 0
state.keeps | States | DONE: the counters stay
state.reset | States | RESET from any state leads to IDLE within 100 ms
state.reset-idle | States | RESET: STATE reads IDLE only when the last read of host memory has ended
state.reset-quiet | States | RESET: no DMA once STATE has read IDLE

pattern.ramp | Patterns | RAMP: sample n has the value n, at the index that the card says
pattern.prbs | Patterns | PRBS: the bits of b[n] = b[n - 31] xor b[n - 28]

count.frames | Time axis, trigger, count | COUNT: so many frames, lost ones included, then the run ends by itself
trigger.soft | Time axis, trigger, count | the software trigger: index, first frame, TRIGGERED, the bit TRIGGER
trigger.level | Time axis, trigger, count | the level trigger: the first frame across the level, exactly
trigger.before | Time axis, trigger, count | PRETRIGGER frames are before the trigger's frame, or as many as there were

counter.sum | Counters | FRAMES = delivered + DROPPED + what is in the FIFO
counter.lost | Losses and waiting | DROPPED is what the jumps of the index say
counter.grow | Counters | counters of a run never go back

loss.begin | Losses and waiting | a frame that does not fit begins an episode: OVERFLOW, LOSING; not before FIFO_BYTES are used
loss.fifo | Losses and waiting | all that was in the FIFO arrives
loss.until | Losses and waiting | nothing is stored until the FIFO is empty, and with the FIFO transfer OVERFLOW cleared
loss.ends | Losses and waiting | then frames are stored again, a millisecond later at the latest
loss.one | Losses and waiting | an episode makes one gap
loss.stop | Losses and waiting | STOP while frames are lost: what is in the FIFO arrives, the rest is in DROPPED
loss.wait | Losses and waiting | a card with WAIT loses nothing

fifo.level | FIFO transfer | FIFO_LEVEL is at most FIFO_BYTES, and 0 outside of RUNNING and DRAINING, and with DMA
fifo.pop | FIFO window | each read of 32 bits, at any address of the window, is one pop of the next 4 bytes
fifo.pop64 | FIFO window | WINDOW64: each read of 64 bits is one pop of the next 8 bytes
fifo.underrun | FIFO transfer | a pop of more than there is: error UNDERRUN
fifo.rest | FIFO transfer | DRAINING and LOSING: a last pop of less than it takes reads zeros after it
fifo.outside | FIFO transfer | the window reads 0 and does nothing outside of a run, and with DMA; writes are ignored
fifo.index | FIFO transfer | FIFO_INDEX is that of the stretch's first frame
fifo.follow | Counters | FOLLOW: FIFO_INDEX follows each pop
fifo.done | FIFO transfer | DONE and FINISHED when the FIFO has been read empty after the source's stop
fifo.data | Interrupts | DATA with the FIFO transfer: from IRQ_FRAMES frames on, from half of FIFO_BYTES on, when no frame fits
fifo.data-word | Interrupts | DATA with the FIFO transfer: never for less than a word while more may come
fifo.data-end | Interrupts | DATA with the FIFO transfer: in DRAINING and LOSING, while anything is left
fifo.data-time | Interrupts | DATA with the FIFO transfer: IRQ_US after there was a word

dma.bounds | DMA | nothing is read but the table, and nothing written but the records, the page and blocks that were given
dma.order | DMA | blocks are filled in the order of their entries, each from its begin
dma.entry | DMA | an entry is read not before GIVEN covers it, and once
dma.entry-wrong | DMA | a wrong entry is error TABLE: addr, bytes, flags
dma.given | DMA | GIVEN that goes back, or ahead by more than the table: error TABLE
dma.given-outside | States | GIVEN is ignored before START and outside of a run
dma.failed | States | a bus master access that fails is error DMA
dma.told | DMA | what the card has told of stays as it is, and complete blocks are not touched
dma.quiet | States | no DMA in DONE
dma.wrap | DMA | more blocks than the table has entries

record.first | Order | data come before the record that tells of them
record.page | Order | a record comes before the page that counts its block
record.done | DMA | the record of a complete block has DONE
record.number | DMA | the record has the block's number, in the slot of its entry
record.bytes | DMA | bytes: whole frames, not 0, not more than the entry's; less only at a gap or at the end
record.index | DMA | index is that of the block's first frame
record.lost | DMA | lost is what is between the previous block and this one
record.flags | DMA | TRIGGER in the trigger's block only, LAST in the last one only, other bits 0
record.stamp | DMA | timestamps do not go back; 0 without TS_HZ
record.open | DMA | a record without DONE is there before a page tells of a part of its block
record.whole | DMA | WHOLE_BLOCKS: no record without DONE, the low half of progress is 0

page.ascending | Order | the page is written in ascending order, `update` last
page.fields | Order | each field of the page is written as a whole
page.update | DMA | update counts from 1, one by one
page.progress | DMA | progress: complete blocks, bytes of the open one; never back, never more than there is
page.counters | DMA | frames and dropped are as the registers at this update
page.causes | DMA | state and irq have what this update announces: OVERFLOW, ERROR, FINISHED and DONE, DATA
page.reserved | DMA | reserved is 0
page.stamp | DMA | timestamp is the counter at this update; 0 without TS_HZ
page.when | DMA | an update for each complete block, when an episode begins, and when the run is over
page.first | Interrupts | the page comes before the bits of IRQ_STATUS and the state that it announces
page.moderated | DMA | an update after IRQ_FRAMES frames, and IRQ_US after the first frame, though no block is complete

irq.order | Order | the interrupt comes after the page that announces it
irq.cause | Interrupts | there is no message without (IRQ_STATUS & IRQ_MASK)
irq.message | Interrupts | there is one when (IRQ_STATUS & IRQ_MASK) becomes not 0
irq.mask | Interrupts | what is masked sends none, and what is pending when it is unmasked sends one
irq.clear | Interrupts | writing ones clears these bits, and no others; zeros clear none
irq.data | Interrupts | DATA is not cleared by writing to IRQ_STATUS
irq.seen | Interrupts | DATA is set exactly while the newest due update is newer than SEEN
irq.seen-old | Interrupts | SEEN of an older update: DATA stays, and a message is sent again
irq.seen-never | Interrupts | a SEEN that was never issued is ignored
irq.storm | Interrupts | there are no more messages than changes
irq.kinds | PCI | each kind of interrupt that the card has works
irq.line | Interrupts | INTx is the level of (IRQ_STATUS & IRQ_MASK)

play.identity | Output | CAPS of the output has DMA or FIFO, and what an output can have; FIFO_BYTES is twice the largest block or more
play.start | Output | ARMED until a block is in the FIFO, then RUNNING: it begins at index 0
play.order | Output | entries and blocks are read in their order, and not before GIVEN; nothing else is accessed
play.record | Output | the record of a block that was played comes before the page that counts it: DONE, number, bytes as in the entry
play.index | Output | index is that of the block's first frame, lost the filler right before it
play.page | Output | pages: update, blocks played and read, state and irq; the interrupt comes after them
play.sum | Output | FRAMES = DROPPED + what was played, in each page
play.moderated | Output | IRQ_FRAMES and IRQ_US: a page tells of a part of a block
play.filler | Output | filler, between blocks alone: LOSING, OVERFLOW, a page; with WAIT there is none
play.stop | Output | STOP: what GIVEN counts is played, read already or not, and DONE is right after it
play.stop-armed | Output | STOP in ARMED when none was given: DONE at once, with 0 frames
play.last | Output | LAST: DONE is right after that block, and no entry after it is read
play.halt | Output | HALT: DONE at once, then no DMA; page, and a record without DONE, tell how far the block was played
play.entry-wrong | Output | a wrong entry, or GIVEN, is error TABLE
play.fails | Output | a failure: ERROR and a page, no record of a block that it has cut

driver.probe | What a host does | the driver takes the card, and has nothing to complain of
driver.ramp | What a host does | a ramp is read through the driver bit for bit
driver.stop | What a host does | stop and start again, several times
driver.counters | Counters | the driver's counters agree with what was read
"""


def read_table(text):
    """Name to (section, demand), in the order of the table."""
    clauses = {}
    for line in filter(None, text.splitlines()):
        name, section, demand = line.split(" | ")
        assert name not in clauses, name
        clauses[name] = (section, demand)
    return clauses


CLAUSES = read_table(TABLE)
