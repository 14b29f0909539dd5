# SPDX-License-Identifier: GPL-2.0-or-later
# Figures, the report, and the baselines: counts are exact, so a change of one instruction shows.

.PHONY: figures report headline headline-check regress baseline

figures: setup-run build ## measure and draw the paper's figures into build/figures
	bin/ubench figures -o build/figures

report: setup-run build ## measure and write the report into build/report
	bin/ubench report -o build/report

headline: figures ## redraw the figure of README.md
	cp build/figures/a-fletcher16.svg docs/fletcher16.svg

headline-check: figures ## that the figure of README.md is what is measured
	@cmp -s build/figures/a-fletcher16.svg docs/fletcher16.svg || { \
		echo "docs/fletcher16.svg is not what is measured: run make headline" >&2; exit 1; }

BASELINES = cortex-m4 cortex-m3 sizes
MEASURE_cortex-m4 = run --all --target unicorn:cortex-m4
MEASURE_cortex-m3 = run --all --target unicorn:cortex-m3
MEASURE_sizes = size examples

.PHONY: $(BASELINES:%=build/baseline/%.json)
$(BASELINES:%=build/baseline/%.json): build/baseline/%.json: setup-test build
	@mkdir -p $(@D)
	bin/ubench $(MEASURE_$*) --json --reproducible > $@

regress: $(BASELINES:%=build/baseline/%.json) ## measure again: fail if a count or size is not the one committed
	@status=0; for b in $(BASELINES); do \
		echo "$$b:"; bin/ubench compare results/baseline/$$b.json build/baseline/$$b.json --exact || status=1; \
	done; exit $$status

baseline: $(BASELINES:%=build/baseline/%.json) ## commit to what is measured now: rewrite results/baseline
	@mkdir -p results/baseline; for b in $(BASELINES); do \
		bin/ubench compare results/baseline/$$b.json build/baseline/$$b.json --exact >/dev/null 2>&1 || \
			mv build/baseline/$$b.json results/baseline/$$b.json; \
	done
