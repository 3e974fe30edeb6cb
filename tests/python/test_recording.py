# SPDX-License-Identifier: GPL-2.0-only
"""Recordings: made here from what is written of the format, and by the tool, if it makes them."""

import asyncio
import hashlib
import json
import os
import subprocess
import tempfile
import time
import unittest
import zlib

import numpy as np

import acqdev
from acqdev import Block, Gap, RecordingError
from support import is_ramp, ramp

CONFIG = {"rate": 48000.0, "format": "s16", "channel_mask": 5, "count": 0, "trigger": "level", "trigger_channel": 2,
          "trigger_level": -7, "trigger_edge": "falling", "pretrigger": 0, "pattern": "ramp", "transfer": "auto",
          "block": 65536, "ring": 1 << 24, "irq_frames": 0, "irq_us": 0, "filter": "", "frame_bytes": 4,
          "block_used": 65536}
UTC = "2026-11-30T12:00:00.123456789Z"


def line(**what):
    text = json.dumps(what).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


class Made(unittest.TestCase):
    def setUp(self):
        where = tempfile.TemporaryDirectory()
        self.addCleanup(where.cleanup)
        self.base = os.path.join(where.name, "r")

    def data(self, *parts, base=None):
        with open((base or self.base) + ".sigmf-data", "wb") as file:
            for index, frames in parts:
                file.write(ramp(index, frames, 2, "<i2").tobytes())

    def meta(self, captures, annotations=(), base=None, **more):
        with open((base or self.base) + ".sigmf-meta", "w") as file:
            json.dump({
                "global": {"core:datatype": "ri16_le", "core:sample_rate": 48000, "core:num_channels": 2,
                           "core:version": "1.2.5", "acqdev:family": "acq-r1", "acqdev:card": "0000:01:00.0",
                           "acqdev:serial": "17", "acqdev:run": 3, "acqdev:config": CONFIG,
                           "acqdev:timestamp_hz": 100000000, **more},
                "captures": [{"core:sample_start": start, "core:global_index": index, "core:datetime": UTC, **rest}
                             if index != "unsaid" else {"core:sample_start": start, **rest}
                             for start, index, rest in captures],
                "annotations": [{"core:sample_start": start, "core:sample_count": 0, "core:label": "gap",
                                 "acqdev:index": index, "acqdev:lost": lost, "acqdev:cause": cause,
                                 "acqdev:estimated": False} for start, index, lost, cause in annotations]}, file)

    def journal(self, *lines, base=None, tail=b"", **begin):
        with open((base or self.base) + ".sigmf-journal", "wb") as file:
            file.write(line(t="begin", version=1, recorder="acq 0.9", device="/dev/acqdev", card="0000:01:00.0",
                            family="acq-r1", serial="17", format="s16", datatype="ri16_le", channels=2,
                            frame_bytes=4, rate_millihz=48000000, config=CONFIG, run=3, timestamp_hz=0, **begin))
            for each in lines:
                file.write(line(**each))
            file.write(tail)

    def check(self, items, *parts):
        """What comes: (index, frames) of samples, joined where they follow each other, and Gaps as (index, lost, cause)."""
        got = []
        position = 0
        for item in items:
            self.assertEqual(item.position, position)
            if isinstance(item, Gap):
                got.append((item.index, item.lost, item.cause))
                continue
            self.assertTrue(is_ramp(item.samples, item.index))
            position += item.frames * 4
            if got and len(got[-1]) == 2 and sum(got[-1]) == item.index:
                got[-1] = (got[-1][0], got[-1][1] + item.frames)
            else:
                got.append((item.index, item.frames))
        self.assertEqual(got, list(parts))


class Finished(Made):
    def test_everything(self):
        self.data((100, 1000), (1150, 200000))
        self.meta([(0, 100, {}), (1000, 1150, {})], [(1000, 1100, 50, "ring-full"), (201000, 201150, 9, "unplug")],
                  **{"acqdev:frames": 201000})
        for suffix in ("", ".sigmf", ".sigmf-data", ".sigmf-meta"):
            with acqdev.open_recording(self.base + suffix) as rec:
                self.check(rec, (100, 1000), (1100, 50, "ring-full"), (1150, 200000), (201150, 9, "unplug"))
        self.assertEqual((rec.frames, rec.finished, rec.samples.shape), (201000, True, (201000, 2)))
        self.assertEqual([gap.lost for gap in rec.gaps], [50, 9])
        self.assertEqual((rec.info.family, rec.info.serial, rec.info.channels), ("acq-r1", "17", 2))
        self.assertEqual((rec.config["channels"], rec.config["trigger"], rec.config["rate"]),
                         ((0, 2), "level:2:-7:falling", 48000))
        with self.assertRaises(TypeError):
            rec.config["rate"] = 1
        with self.assertRaisesRegex(ValueError, "is closed"):
            iter(rec)

    def test_blocks(self):
        self.data((0, 1000))
        self.meta([(0, 0, {})])
        rec = acqdev.open_recording(self.base)
        blocks = list(rec.blocks(frames=48))
        self.assertEqual([block.frames for block in blocks], [48] * 20 + [40])
        self.assertEqual(blocks[1].utc - blocks[0].utc, np.timedelta64(1000000, "ns"))
        self.assertEqual(blocks[0].utc, np.datetime64(UTC[:-1], "ns"))
        self.assertEqual((blocks[3].time_ns, blocks[3].run, blocks[3].rate), (None, 3, 48000))
        self.assertFalse(blocks[3].samples.flags.writeable)
        rec.close()
        os.unlink(self.base + ".sigmf-data")
        del rec
        # what was got stays
        self.check(blocks, (0, 1000))

    def test_copies(self):
        self.data((0, 1000))
        self.meta([(0, 0, {})])
        rec = acqdev.open_recording(self.base)
        items = rec.blocks(frames=100, copy=True)
        next(items).samples[0] = 1
        os.truncate(self.base + ".sigmf-data", 399 + 400)
        with self.assertRaisesRegex(RecordingError, "shorter than it was"):
            next(items)

    def test_gaps_as_exceptions_and_async(self):
        self.data((0, 10), (15, 10))
        self.meta([(0, 0, {}), (10, 15, {})], [(10, 10, 5, "reset")])
        items = acqdev.open_recording(self.base).blocks(on_gap="raise")
        next(items)
        with self.assertRaisesRegex(acqdev.GapError, "5 frames lost at index 10: card reset"):
            next(items)
        self.assertEqual(next(items).index, 15)

        async def count():
            return [type(item) async for item in acqdev.open_recording(self.base)]

        self.assertEqual(asyncio.run(count()), [Block, Gap, Block])

    def test_no_silent_splice(self):
        """What no annotation says is a gap all the same."""
        self.data((0, 10), (15, 10), (0, 10))
        self.meta([(0, 0, {}), (10, 15, {}), (20, 0, {"acqdev:run": 4})])
        rec = acqdev.open_recording(self.base)
        self.check(rec, (0, 10), (10, 5, "none"), (15, 10), (25, 0, "new-run"), (0, 10))
        self.assertEqual([gap.open for gap in rec.gaps], [False, True])

    def test_what_contradicts_itself(self):
        """Within one file the index of a run leads on, by what the gaps say."""
        self.data((100, 10), (50, 10))
        for index, lost, text in ((50, [], "goes back"), (50, [3], "goes back"), (120, [30], "more is lost than"),
                                  (130, [9], "less is lost than")):
            self.meta([(0, 100, {}), (10, index, {})], [(10, 110, each, "reset") for each in lost])
            with self.assertRaisesRegex(RecordingError, f"contradict themselves at frame 10: .*{text}"):
                acqdev.open_recording(self.base)

    def test_captures_without_an_index(self):
        """As other programs write them: the index is what follows, unless the clock says otherwise."""
        def at(second):
            return {"core:datetime": f"2026-11-30T12:{second // 60:02}:{second % 60:02}Z"}

        self.data((0, 96000), (96000, 48000), (144000, 10))
        self.meta([(0, "unsaid", {}), (96000, "unsaid", {}), (144000, "unsaid", {})])
        self.check(acqdev.open_recording(self.base), (0, 144010))
        self.meta([(0, "unsaid", at(0)), (96000, "unsaid", at(3)), (144000, "unsaid", {})])
        self.check(acqdev.open_recording(self.base), (0, 144010))
        self.data((500, 96000), (96500, 48000))
        self.meta([(0, 500, {}), (96000, "unsaid", {})])
        self.check(acqdev.open_recording(self.base), (500, 144000))
        self.data((0, 96000), (576000, 48000), (624000, 10))
        self.meta([(0, "unsaid", at(0)), (96000, "unsaid", at(12)), (144000, "unsaid", at(5))])
        rec = acqdev.open_recording(self.base)
        self.check(rec, (0, 96000), (96000, 480000, "new-run"), (576000, 48000), (624000, 0, "new-run"), (624000, 10))
        self.assertEqual([(gap.estimated, gap.open) for gap in rec.gaps], [(True, False), (True, True)])

    def test_many_gaps(self):
        """Eight times as many take about eight times as long, not 64 times."""
        def took(gaps):
            self.data((0, gaps + 1))
            self.meta([(n, 2 * n, {}) for n in range(gaps + 1)], [(n, 2 * n - 1, 1, "reset") for n in range(1, gaps + 1)])
            times = []
            for _ in range(3):
                began = time.process_time()
                rec = acqdev.open_recording(self.base)
                times.append(time.process_time() - began)
                self.assertEqual(len(rec.gaps), gaps)
            return min(times)

        self.assertLess(took(16000), 24 * took(2000))

    def test_nothing_in_it(self):
        self.data()
        self.meta([])
        rec = acqdev.open_recording(self.base)
        self.assertEqual((list(rec), rec.samples.shape), ([], (0, 2)))

    def test_what_is_wrong(self):
        def wrong(text):
            with self.assertRaisesRegex(RecordingError, text):
                list(acqdev.open_recording(self.base))

        wrong("there are no samples: .*r.sigmf-data does not exist")
        self.data((0, 100))
        wrong("neither metadata nor a journal")
        for captures, text in (([], "where its first frame belongs"), ([(5, 5, {})], "where its first frame"),
                               ([(0, 0, {}), (101, 101, {})], "frames that it does not have"),
                               ([(0, 0, {}), (50, 50, {}), (20, 20, {})], "frames that it does not have"),
                               ([(0, 0, {}), ("a", 0, {})], "not what they must be"),
                               ([(0, 0, {"core:datetime": "noon"})], "not what they must be"),
                               ([(0, None, {})], "not what they must be")):
            self.meta(captures)
            wrong(text)
        self.meta([(0, 0, {})], **{"acqdev:frames": 99})
        wrong("has 400 bytes, and its metadata say 99 frames of 4 bytes")
        self.meta([(0, 0, {})], **{"core:datatype": "cf32_le"})
        wrong("samples that this does not read: cf32_le")
        self.meta([(0, 0, {})], **{"core:num_channels": 3})
        wrong("has 400 bytes")
        self.meta([(0, 0, {})], **{"core:sample_rate": float("nan")})
        wrong("have a rate that is not possible: nan")
        self.meta([(0, 0, {})], **{"core:num_channels": 1 << 90})
        wrong("samples that this does not read")
        for text in (b"", b"[]", b"{}", b'{"global": 3}', b"\xff", b'{"global": {"core:datatype": 5}}'):
            with open(self.base + ".sigmf-meta", "wb") as file:
                file.write(text)
            wrong("is no metadata|not what they must be")


class Unfinished(Made):
    def test_as_far_as_good(self):
        self.data((0, 100), (110, 90), (500, 50))
        self.journal(dict(t="segment", frame=0, index=0, utc=UTC, run=3),
                     dict(t="gap", frame=100, index=100, lost=10, cause="ring-full", estimated=False),
                     dict(t="segment", frame=100, index=110, utc=UTC, run=3),
                     dict(t="good", bytes=190 * 4),
                     dict(t="gap", frame=190, index=200, lost=300, cause="reset", estimated=True),
                     dict(t="segment", frame=190, index=500, utc=UTC, run=3), tail=b"00000000 {\"t\"")
        rec = acqdev.open_recording(self.base)
        self.assertEqual((rec.finished, rec.frames, rec.info.family), (False, 190, "acq-r1"))
        self.check(rec, (0, 100), (100, 10, "ring-full"), (110, 90), (200, 300, "reset"))
        self.assertTrue(rec.gaps[1].estimated)
        self.assertIn("not finished", repr(rec))

    def test_a_gap_whose_length_is_known_later(self):
        self.data((0, 100), (110, 90))
        for lost in (0, 7, 30):
            self.journal(dict(t="segment", frame=0, index=0, utc=UTC, run=3),
                         dict(t="gap", frame=100, index=100, lost=lost, cause="reset", estimated=True, open=True),
                         dict(t="gap", frame=100, index=100, lost=10, cause="reset", estimated=False),
                         dict(t="segment", frame=100, index=110, utc=UTC, run=3), dict(t="good", bytes=190 * 4))
            rec = acqdev.open_recording(self.base)
            self.check(rec, (0, 100), (100, 10, "reset"), (110, 90))
            self.assertEqual((rec.gaps[0].estimated, rec.gaps[0].open), (False, False))
            # nobody came to say so: the index does
            self.journal(dict(t="segment", frame=0, index=0, utc=UTC, run=3),
                         dict(t="gap", frame=100, index=100, lost=lost, cause="reset", estimated=True, open=True),
                         dict(t="segment", frame=100, index=110, utc=UTC, run=3), dict(t="good", bytes=190 * 4))
            self.check(acqdev.open_recording(self.base), (0, 100), (100, 10, "reset"), (110, 90))

    def test_what_is_not_good_is_not_read(self):
        self.data((0, 100))
        segment = dict(t="segment", frame=0, index=0, utc=UTC, run=3)
        self.journal(segment, dict(t="good", bytes=40), tail=line(t="good", bytes=80)[:-1] + b" " + line(t="good", bytes=120))
        self.check(acqdev.open_recording(self.base), (0, 10))
        self.journal(segment)
        self.check(acqdev.open_recording(self.base))
        self.journal(segment, dict(t="good", bytes=42))
        self.check(acqdev.open_recording(self.base), (0, 10))
        self.journal(segment, dict(t="good", bytes=404))
        with self.assertRaisesRegex(RecordingError, "has 400 bytes, and its journal says 404.*--repair"):
            acqdev.open_recording(self.base)
        for text in (b"", b"nonsense\n", line(t="good", bytes=3), line(t="begin", version=2), line(t="begin"),
                     line(t="begin", version=1, datatype="ri16_le", channels=2), line(t="x")[:-1], line(n=1)):
            with open(self.base + ".sigmf-journal", "wb") as file:
                file.write(text)
            with self.assertRaises(RecordingError, msg=text):
                acqdev.open_recording(self.base)


class Series(Made):
    def collection(self, *bases, **more):
        streams = []
        for base in bases:
            with open(base + ".sigmf-meta", "rb") as file:
                streams.append({"name": os.path.basename(base), "hash": hashlib.sha512(file.read()).hexdigest()})
        with open(self.base + ".sigmf-collection", "w") as file:
            json.dump({"collection": {"core:version": "1.2.5", "core:streams": streams}}, file)

    def test_files_are_one_stream(self):
        names = [f"{self.base}-00000{n}" for n in range(4)]
        self.data((0, 100), base=names[0])
        self.meta([(0, 0, {})], [(100, 100, 5, "ring-full")], base=names[0])
        self.data((105, 100), base=names[1])
        # said once more, as it may be
        self.meta([(0, 105, {})], [(0, 100, 5, "ring-full")], base=names[1])
        self.data((0, 50), base=names[2])
        self.meta([(0, 0, {"acqdev:run": 4})], base=names[2], **{"acqdev:missing_seconds": 0.5})
        self.collection(*names[:3])
        want = [(0, 100), (100, 5, "ring-full"), (105, 100), (205, 24000, "new-run"), (0, 50)]
        self.check(acqdev.open_recording(self.base), *want)
        # one that is being recorded
        self.data((50, 30), base=names[3])
        self.journal(dict(t="segment", frame=0, index=50, utc=UTC, run=4), dict(t="good", bytes=80), base=names[3],
                     series="r", number=3)
        self.data((50, 30), base=self.base + "other")
        self.journal(dict(t="segment", frame=0, index=50, utc=UTC, run=4), dict(t="good", bytes=80),
                     base=self.base + "other", series="s", number=3)
        rec = acqdev.open_recording(self.base + ".sigmf-collection")
        self.assertEqual((len(rec.files), rec.finished), (4, False))
        self.check(rec, *want[:-1], (0, 70))
        with self.assertRaisesRegex(RecordingError, "has 4 files"):
            rec.samples
        self.assertEqual(len(rec.gaps), 2)
        with open(names[1] + ".sigmf-meta", "a") as file:
            file.write("\n")
        with self.assertRaisesRegex(RecordingError, "r-000001.sigmf-meta is not the file that"):
            acqdev.open_recording(self.base)
        self.collection()
        os.unlink(names[3] + ".sigmf-journal")
        with self.assertRaisesRegex(RecordingError, "lists no file that is there"):
            acqdev.open_recording(self.base)

    def test_a_listed_file_that_is_gone(self):
        """As somebody keeps it elsewhere: it is a gap, and said."""
        names = [f"{self.base}-00000{n}" for n in range(3)]
        for n, base in enumerate(names):
            self.data((n * 100, 100), base=base)
            self.meta([(0, n * 100, {})], base=base)
        self.collection(*names)
        os.rename(names[1] + ".sigmf-meta", self.base + "-kept.sigmf-meta")
        with self.assertWarnsRegex(UserWarning, "r-000001, which .*r.sigmf-collection has in its list, is not there: ") as said:
            rec = acqdev.open_recording(self.base)
        self.assertEqual(said.filename, __file__)
        self.check(rec, (0, 100), (100, 100, "none"), (200, 100))
        # somebody records it anew
        self.journal(dict(t="segment", frame=0, index=100, utc=UTC, run=3), dict(t="good", bytes=200), base=names[1])
        self.check(acqdev.open_recording(self.base), (0, 150), (150, 50, "none"), (200, 100))
        os.unlink(names[1] + ".sigmf-journal")
        os.unlink(names[0] + ".sigmf-meta")
        with self.assertWarnsRegex(UserWarning, "r-000000, .* is not there, as 1 others: "):
            self.check(acqdev.open_recording(self.base), (200, 100))
        os.unlink(names[2] + ".sigmf-meta")
        with self.assertWarns(UserWarning), self.assertRaisesRegex(RecordingError, "lists no file that is there"):
            acqdev.open_recording(self.base)

    def test_a_collection_that_is_none(self):
        self.data((0, 100), base=self.base + "-0")
        self.meta([(0, 0, {})], base=self.base + "-0")
        for streams, text in (([{"name": "r-0"}], "no recording with its name and hash: .'name': 'r-0'"),
                              ([{"hash": "00"}], "name and hash"), (["r-0"], "name and hash"), ([None], "name and hash"),
                              ([{"name": 3, "hash": "00"}], "name and hash"), ([{"name": "r-0", "hash": 3}], "name and"),
                              ([{"name": "r-0", "hash": "00"}], "r-0.sigmf-meta is not the file"),
                              (3, "is no collection"), (None, "is no collection")):
            with open(self.base + ".sigmf-collection", "w") as file:
                json.dump({"collection": {"core:streams": streams}}, file)
            with self.assertRaisesRegex(RecordingError, text):
                acqdev.open_recording(self.base)

    def two(self, first, second, gap=None, frames=96000, **more):
        """Two files: each (index, second of the clock). What comes between their samples."""
        names = [f"{self.base}-00000{n}" for n in range(2)]
        for base, (index, at) in zip(names, (first, second)):
            self.data((index if index != "unsaid" else frames, 96000), base=base)
            self.meta([(0, index, {"core:datetime": f"2026-11-30T12:{at // 60:02}:{at % 60:02}Z"})],
                      [(96000, first[0] + 96000, *gap)] if gap and base == names[0] else [], base=base,
                      **(more if base == names[1] else {}))
        self.collection(*names)
        rec = acqdev.open_recording(self.base)
        items = list(rec)
        self.assertEqual([gap for gap in items if isinstance(gap, Gap)], rec.gaps)
        self.assertTrue(all(gap.lost >= 0 and gap.position == 96000 * 4 for gap in rec.gaps))
        return [(gap.index, gap.lost, gap.cause, gap.open) for gap in rec.gaps]

    def test_a_run_number_that_comes_again(self):
        """After a reboot runs are counted from 1 again: the clock says whether it is the same."""
        known = {"acqdev:missing_seconds": 40}
        # 2 s are in the first file
        self.assertEqual(self.two((0, 0), (96000, 2)), [])
        self.assertEqual(self.two((0, 0), (96000, 40)), [])
        self.assertEqual(self.two((0, 0), (480000, 10)), [(96000, 384000, "none", False)])
        self.assertEqual(self.two((0, 0), (480000, 12)), [(96000, 384000, "none", False)])
        self.assertEqual(self.two((0, 0), (480000, 13), **known), [(96000, 1920000, "new-run", False)])
        self.assertEqual(self.two((0, 0), (480000, 7)), [(96000, 240000, "new-run", False)])
        self.assertEqual(self.two((96000, 0), (0, 42), **known), [(192000, 1920000, "new-run", False)])
        self.assertEqual(self.two((96000, 0), (0, 1)), [(192000, 0, "new-run", True)])
        # 0.1 % of an hour are 3.6 s
        self.assertEqual(self.two((0, 0), (3000 * 48000, 3004)), [(96000, 2998 * 48000, "none", False)])
        # what was lost at the end of the first is said, and what is known then leads across
        self.assertEqual(self.two((0, 0), (96005, 50), (5, "ring-full")), [(96000, 5, "ring-full", False)])
        self.assertEqual(self.two((480000, 0), (5, 42), (5, "ring-full"), **known),
                         [(576000, 5, "ring-full", False), (576000, 1920000, "new-run", False)])
        # who says no index: a file of its own
        self.assertEqual(self.two((0, 0), ("unsaid", 2)), [(96000, 0, "new-run", True)])


@unittest.skipUnless(os.path.exists(os.environ.get("ACQ_FAKE_TOOL", "")), "no acq-fake is built")
class ByTheTool(Made):
    def test_what_acq_record_makes(self):
        plot = "frames=100000,gap=5000:300:2,gap=70000:~7:4"
        env = {**os.environ, "ACQ_FAKE": plot, "LD_PRELOAD": ""}
        subprocess.run([os.environ["ACQ_FAKE_TOOL"], "record", "--config", "pattern=ramp,channels=2", "-q", "acqdev",
                        self.base], env=env, check=True, capture_output=True)
        if not os.path.exists(self.base + ".sigmf-meta"):
            self.skipTest("this acq does not record in SigMF")
        with acqdev.open_recording(self.base) as rec:
            self.check(rec, (0, 5000), (5000, 300, "ring-full"), (5300, 64700), (70000, 7, "suspend"), (70007, 29993))
            self.assertEqual([gap.estimated for gap in rec.gaps], [False, True])
            self.assertEqual((rec.info.family, rec.info.serial), ("fake", "0123"))
            self.assertEqual((rec.config["pattern"], rec.config["channels"]), ("ramp", (0, 1)))


if __name__ == "__main__":
    unittest.main()
