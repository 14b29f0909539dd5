// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs the prototype of the model (sim.h and t2dec.h, which are not in this repository) over instructions
 * read from stdin, one a line, and prints when each began to execute:
 *   R core                                                 start over on Cortex-M<core>
 *   addr halfword halfword time skipped memory taken next  all but time, skipped and taken in hexadecimal
 * Build: cc -I DIR -o prototype prototype.c
 */
#include "sim.h"
#include <stdio.h>

static void start(int core)
{
	/* Flash: decodable 2 cycles after a request, one a cycle. SRAM: 4 and 2, shared with data: the values
	 * with which the prototype gives the costs of code in SRAM that the reference states. */
	CF = (cfg_t){ .m4 = core == 4, .lat_i = 2, .int_i = 1, .lat_s = 4, .int_s = 2, .sysconf = 1, .dfl = 1 };
	CF.opt[3] = 4;
	memset(dconf, 0xff, sizeof dconf);
	memset(sconf, 0xff, sizeof sconf);
	memset(&PV, 0, sizeof PV);
	busy = dmin = fhold = lastD = 0;
	lastfree = lastun = unx = pbus = stbus = 0;
	sim_reset();
	Efree = 1000;
	Dfree = lastE = 999;
}

int main(void)
{
	char line[256];
	while (fgets(line, sizeof line, stdin)) {
		unsigned core, addr, h1, h2, time, skipped, memory, taken, next;
		if (sscanf(line, "R%u", &core) == 1) {
			start((int)core);
			continue;
		}
		if (sscanf(line, "%x %x %x %u %u %x %u %x", &addr, &h1, &h2, &time, &skipped, &memory, &taken, &next) != 8)
			return 1;
		uint8_t code[4] = { (uint8_t)h1, (uint8_t)(h1 >> 8), (uint8_t)h2, (uint8_t)(h2 >> 8) };
		insn in;
		t2dec(code, addr, &in);
		if (in.cls == C_BAR)
			in.n = (h2 & 0xf0) == 0x60 ? 6 : 0; /* ISB */
		int folds = in.cls == C_IT && havep && PV.len == 2 && (PV.cls == C_ALU || PV.cls == C_NOP);
		CF.opt[5] = addr >> 29 == 1; /* a multiple access reaches SRAM a cycle later; in flash nothing says so */
		long long at = sim_issue(&in, (int)time, (int)skipped, memory, folds);
		int at_decode = in.cls == C_B || in.cls == C_BCC || in.cls == C_BL || in.cls == C_BXLR ||
				(in.cls == C_BLX && in.n == 14);
		if (!skipped && taken)
			sim_branch(&in, next, at_decode);
		else if (!skipped && in.cls == C_BCC)
			sim_nt(&in);
		printf("%lld\n", at);
	}
	return 0;
}
