# SPDX-License-Identifier: GPL-2.0-only
"""Violations of the minimal card, and the clauses that have to notice; and cards that have to pass."""

# name | options | the clause that fails | those that may, as the same fault shows there
VIOLATIONS = """
id-wrong | | id.magic |
fifo-bytes-small | | id.fifo-bytes | fifo.level fifo.data loss.begin
fifo-bytes-lie | | loss.begin |
reserved-kept | | reg.nothing |
reset-keeps-mask | | reg.reset | pci.sleep pci.flr
irq-frames-cut | | reg.largest |
high-not-latched | --ts-hz 4000000000 | reg.latch |
pattern-unchecked | | config.pattern | config.error
start-restarts | | state.again |
stop-drops | | loss.fifo | state.ignored state.stop fifo.done fifo.data-end counter.sum counter.lost loss.stop state.again fifo.level
losing-in-draining | | state.losing |
ramp-breaks | | pattern.ramp |
dropped-one-more | | counter.sum | counter.lost
resumes-early | | loss.until | state.losing counter.lost fifo.index pattern.ramp
never-resumes | | loss.ends | irq.message state.start
index-one-less | | fifo.index | counter.lost
pops-below | | fifo.underrun |
window-in-idle | | fifo.outside |
data-below-word | | fifo.data-word | irq.message irq.storm
data-not-draining | | fifo.data-end |
clear-ignored | | irq.clear | irq.cause
message-for-nothing | | irq.cause | irq.storm
unmask-silent | | irq.mask | irq.message irq.seen-old
master-ignored | --dma | pci.master | pci.master-error pci.sleep
record-first | --dma | record.first |
page-first | --dma | record.page | pci.master-error page.progress page.first state.stop fifo.outside dma.given-outside state.ignored
irq-first | --dma | irq.order | page.first
update-first | --dma | page.ascending | page.counters page.stamp page.causes page.first page.when page.update page.progress irq.seen
no-done | --dma | record.done | record.whole
number-stuck | --dma | record.number |
lost-one-more | --dma | record.lost | counter.lost
gap-in-block | --dma | loss.one | record.lost counter.lost
beyond-block | --dma | dma.bounds |
rewrites-block | --dma | dma.told |
after-done | --dma | dma.quiet | config.error dma.told state.reset-quiet
after-reset | --dma | state.reset-quiet | dma.told pci.flr pci.sleep
reset-early | --dma | state.reset-idle | state.reset-quiet
entry-early | --dma | dma.entry | dma.bounds dma.given-outside
entry-unchecked | --dma | dma.entry-wrong | dma.bounds record.bytes
seen-never-checked | --dma | irq.seen-never |
seen-silent | --dma | irq.seen-old |
page-without-cause | --dma | page.causes | page.first
out-fifo-small | --output | play.identity |
out-starts-early | --output | play.start | play.filler play.stop play.stop-armed play.index
out-entry-early | --output | play.order |
out-page-first | --output | play.record | play.page play.sum play.filler
out-lost-more | --output | play.index |
out-irq-first | --output | play.page |
out-frames-less | --output | play.sum |
out-untold | --output | play.moderated |
out-silent | --output | play.filler |
out-stop-dry | --output | play.stop | play.index
out-stop-armed | --output | play.stop-armed |
out-reads-on | --output | play.last |
out-halt-forgets | --output | play.halt |
out-entry-unchecked | --output | play.entry-wrong | play.page play.record play.fails
out-fail-record | --output | play.fails |
"""

# These are looked at with --all, or by name.
MORE = """
rest-not-zero | --channels 3 --format 0 | fifo.rest |
given-unchecked | --dma | dma.given | dma.entry dma.told dma.bounds dma.order page.progress page.counters
address-cut | --dma | dma.bounds | page.when dma.entry state.start state.ignored
frames-writable | | reg.readonly |
mask-ignored | | irq.mask | irq.line
resumes-uncleared | | loss.until | fifo.rest state.losing
caps-unknown | | id.caps |
start-keeps-frames | | state.clears | fifo.index counter.sum counter.lost pattern.ramp
data-by-half | | fifo.data |
clears-all | | irq.clear |
storm | | irq.storm |
message-lost | | irq.mask | irq.message
table-unchecked | --dma | config.address |
index-of-next | --dma | record.index | pattern.ramp
page-part | --dma | record.whole | page.counters page.progress
dma-error-ignored | --dma | dma.failed | pci.master-error
field-in-parts | --dma | page.fields |
data-cleared | --dma | irq.seen | irq.data
reset-keeps-pattern | | reg.reset |
frames-one-less | | counter.sum | loss.fifo loss.stop
no-page | --dma | id.page |
clear-by-zero | | irq.clear | loss.until fifo.index counter.lost
bytes-of-entry | --dma | counter.sum | record.lost record.first page.counters loss.fifo loss.stop counter.lost
entry-twice | --dma | dma.entry |
given-in-idle | --dma | dma.given-outside | dma.entry
seen-old-is-new | --dma | irq.seen-old | irq.seen-never
page-reserved | --dma | page.reserved |
update-skips | --dma | page.update |
"""

# what has to conform
CARDS = """
minimal-card --ts-hz 4000000000
minimal-card --channels 3 --format 0 --fifo 6
minimal-card --dma --addr-bits 32 --output
acq-card --fifo 4096 --ts-hz 4000000000
acq-card --wait --fifo 1000 --channels 3 --format u8 --irq intx --addr-bits 28 --no-soft-reset --output --out-wait
acq-card --no-fifo --whole-blocks --fifo 2048 --irq msi,intx --pow2-channels --channels 5 --output
acq-card --no-dma --all-channels --without trig-soft,trig-level,trig-ext,pretrig,count,prbs,follow --fifo 1024 --formats 4 --div-min 1 --div-max 1 --clock 8000 --rate 8000 --ts-hz 0 --window-32
acq-card --output --fifo 3000
"""


def violations(more):
    """Name, options, the clause, those that may fail too."""
    for line in filter(None, (VIOLATIONS + MORE if more else VIOLATIONS).splitlines()):
        name, options, clause, more = (field.strip() for field in line.split("|"))
        yield name, options, clause, more.split()


def cards():
    return [line for line in CARDS.splitlines() if line]
