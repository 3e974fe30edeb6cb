/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Part of struct Bench: the bus is a link that carries packets of PCI Express (TLPs), as
 * LitePCIe's endpoint gives them to its PHY and takes them, with big-endian words. The
 * other side of the link believes nothing: it checks each packet against PCI Express.
 */
#define W_VALID card.tx_valid
#define TLP_BAR 0xf7e00000u
#define TLP_HOST 0x0008u		/* requester and completer ids */
#define TLP_CARD 0x0300u
#define TLP_PAYLOAD 32u			/* dwords: 128 bytes, which each machine takes */
	struct packet {
		std::vector<uint32_t> dw;
		size_t at = 0;
	};
	std::deque<packet> down;		/* to the card */
	std::vector<uint32_t> up;		/* under way from it */
	unsigned int stray = 0;			/* packets since bus mastering was taken away */
#ifndef STALLS
#define STALLS 0
#endif
	uint64_t stalled = 0, stall_clocks = STALLS;	/* the link takes nothing until then; how long that is at most */
	uint64_t packets = 0, words = 0;
	bool waits = false;			/* for a completion */
	bool answered = false;
	uint32_t answer = 0, wants = 0;
	uint64_t answer_when = 0;
	uint8_t tag = 0;

	static uint32_t swapped(uint32_t x)
	{
		return __builtin_bswap32(x);
	}

	void bus()
	{
		card.id = TLP_CARD;
		card.bus_master = master;
		card.msi_enable = msi;
		card.msi_ready = chance(0.5);
		stray = master ? 0 : stray;
		if (stall_clocks && clock >= stalled && chance(0.001))
			stalled = clock + below(stall_clocks);
		card.tx_ready = clock >= stalled && chance(ready);
		if (reading && !mute && clock >= read_when) {
			complete();
			reading = false;
		}
		if (!card.rx_valid && !down.empty() && chance(0.8)) {
			packet &p = down.front();

			card.rx_valid = 1;
			card.rx_dat = p.dw[p.at] | (p.at + 1 < p.dw.size() ? (uint64_t)p.dw[p.at + 1] << 32 : 0);
			card.rx_be = p.at + 1 < p.dw.size() ? 0xff : 0x0f;
			card.rx_last = p.at + 2 >= p.dw.size();
		}
	}

	/* answers the card's read */
	void complete()
	{
		packet p;

		p.dw = {0x0a000000u | (read_fails ? 0 : 0x40000004u), TLP_HOST << 16 | (read_fails ? 1u << 13 : 0) | 16,
			TLP_CARD << 16 | (uint32_t)read_beat << 8 | (uint32_t)(read_addr & 0x7f)};
		for (unsigned int i = 0; i < 4 && !read_fails; i++)
			p.dw.push_back(swapped((uint32_t)(get(read_addr + 4 * i) >> (i & 1 ? 32 : 0))));
		down.push_back(p);
	}

	void bussed()
	{
		if (card.rx_valid && card.rx_ready)
			r_taken = true;
		if (card.rst || !card.tx_valid || !card.tx_ready)
			return;
		words++;
		CHECK(card.tx_be == 0xff || (card.tx_be == 0x0f && card.tx_last), "bytes %02x of a beat", card.tx_be);
		up.push_back((uint32_t)card.tx_dat);
		if (card.tx_be == 0xff)
			up.push_back((uint32_t)(card.tx_dat >> 32));
		if (card.tx_last) {
			arrived(up);
			up.clear();
		}
	}
	bool r_taken = false;

	void ended()
	{
		if (!r_taken)
			return;
		r_taken = false;
		card.rx_valid = 0;
		down.front().at += 2;
		if (down.front().at >= down.front().dw.size())
			down.pop_front();
	}

	/* the link goes down: what was under way is gone */
	void drop()
	{
		card.rst = 1;
		card.rx_valid = 0;
		down.clear();
		posted.clear();
		up.clear();
		reading = false;
		runs = false;
		for (int i = 0; i < 30; i++) {
			cycle();
			CHECK(i < 2 || !card.tx_valid, "sends while the link is down");
		}
		card.rst = 0;
		cycles(30);
	}

	void arrived(const std::vector<uint32_t> &dw)
	{
		CHECK(dw.size() >= 3, "a packet of %zu words", dw.size());
		unsigned int kind = dw[0] >> 24, length = dw[0] & 0x3ff, header = kind & 0x20 ? 4 : 3;

		packets++;
		CHECK(!(dw[0] & 0xfffc00), "class, digest, poison or attributes: %08x", dw[0]);
		CHECK(dw.size() == header + (kind & 0x40 ? length : 0), "%zu words, of a length of %u", dw.size(), length);
		if (kind == 0x4a || kind == 0x0a) {
			completed(dw);
			return;
		}
		CHECK(kind == 0x40 || kind == 0x60 || kind == 0x00 || kind == 0x20, "a packet of kind %02x", kind);
		uint64_t addr = header == 4 ? (uint64_t)dw[2] << 32 | dw[3] : dw[2];

		CHECK(!(addr & 3) && (header == 3 || addr >> 32), "address %016lx in %u words", addr, header);
		CHECK(dw[1] >> 16 == TLP_CARD, "requester %04x", dw[1] >> 16);
		CHECK((dw[1] & 0xff) == (length > 1 ? 0xffu : 0x0fu), "enables %02x of %u words", dw[1] & 0xff, length);
		CHECK(length && (addr & 0xfff) + 4 * length <= 4096, "%u words at %016lx", length, addr);
		/* what LitePCIe had taken may still come */
		CHECK(master || ++stray <= 3, "uses the bus without leave");
		if (!(kind & 0x40)) {
			CHECK(length == 4 && !(addr & 15), "reads %u words at %016lx", length, addr);
			CHECK(!reading, "reads twice at a time");
			reading = true;
			read_addr = addr;
			read_beat = dw[1] >> 8 & 0xff;
			read_when = (last_when > clock ? last_when : clock) + 1 + below(delay + 1);
			return;
		}
		CHECK(length <= TLP_PAYLOAD && !(length & 1) && !(addr & 7), "%u words at %016lx", length, addr);
		bursts++;
		beats += length / 2;
		uint64_t when = clock + (delay ? below(delay) : 0);
		last_when = when > last_when ? when : last_when;
		for (unsigned int i = 0; i < length; i += 2)
			posted.push_back({addr + 4 * i, swapped(dw[header + i]) | (uint64_t)swapped(dw[header + i + 1]) << 32, last_when, !i, i + 2 == length});
	}

	/* a completion comes behind all that was posted before it */
	void completed(const std::vector<uint32_t> &dw)
	{
		CHECK(waits && !answered, "a completion that nobody waits for");
		CHECK(dw[0] == 0x4a000001 && dw[1] == (TLP_CARD << 16 | 4), "a completion of kind %08x %08x", dw[0], dw[1]);
		CHECK(dw[2] == (TLP_HOST << 16 | (uint32_t)tag << 8 | (wants & 0x7f)), "a completion for %08x", dw[2]);
		answer = swapped(dw[3]);
		answered = true;
		answer_when = last_when;
	}

	uint32_t read(uint32_t at)
	{
		packet p;

		tag = (uint8_t)dice();
		wants = at;
		waits = true;
		answered = false;
		p.dw = {0x00000001, TLP_HOST << 16 | (uint32_t)tag << 8 | 0x0f, TLP_BAR + at};
		down.push_back(p);
		for (uint64_t i = 0; !answered || clock < answer_when || (!posted.empty() && posted.front().when <= answer_when); i++) {
			CHECK(i < 1000 + 4 * stall_clocks, "a read of %03x is not answered", at);
			cycle();
		}
		waits = false;
		return answer;
	}

	void write(uint32_t at, uint32_t value)
	{
		packet p;
		bool was = paused;

		p.dw = {0x40000001, TLP_HOST << 16 | 0x0f, TLP_BAR + at, swapped(value)};
		down.push_back(p);
		if (at != ACQ_R1_COMMAND) {
			cycles(below(4));
			return;
		}
		/* the bench wants to know when it was obeyed: none comes between */
		paused = true;
		read(ACQ_R1_ID);
		paused = was;
	}
