# SPDX-License-Identifier: GPL-2.0-or-later
#
# From samples to medians, the range they lie in, and the median of their ratios
# to xfrm's in the same round.

def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;

def mean: add / length;

# Of one path: {METRIC: [one value a round]}.
def by_metric: reduce group_by(.metric)[] as $m ({};
	.[$m[0].metric] = ($m | group_by(.round) | map(map(.value) | mean)));

def summary($reference): {
	median: median, min: min, max: max, samples: length,
	ratio: ([., $reference] | transpose | map(.[0] / .[1]) | median),
};

# Paths in the order they were measured.
def by_path: reduce .[] as $s ({}; .[$s.path] += [$s]) | map_values(by_metric) |
	.xfrm as $xfrm | map_values(with_entries(.key as $metric |
		.value |= summary($xfrm[$metric])));

{
	$date, $kernel, $cpu, rounds: (map(.round) | max),
	rows: (group_by(.cpus) | map({cpus: .[0].cpus, paths: by_path})),
}
