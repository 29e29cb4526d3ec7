# SPDX-License-Identifier: GPL-2.0-or-later
#
# From samples to medians, the range they lie in, and the median of their ratios to
# what xfrm did in the same round, with policies or with an interface, whichever
# was better.

def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;

def mean: add / length;

# Of one path: {METRIC: [one value a round]}.
def by_metric: reduce group_by(.metric)[] as $m ({};
	.[$m[0].metric] = ($m | group_by(.round) | map(map(.value) | mean)));

def summary($reference): {
	median: median, min: min, max: max, samples: length,
	ratio: ([., $reference] | transpose | map(.[0] / .[1]) | median),
};

def better($metric): if $metric | IN("tcp-out", "tcp-in", "udp") then max else min end;

def reference($metric): [.xfrm[$metric], .xfrmi[$metric]] | transpose | map(better($metric));

# Paths in the order they were measured.
def by_path: reduce .[] as $s ({}; .[$s.path] += [$s]) | map_values(by_metric) |
	. as $paths | map_values(with_entries(.key as $metric |
		.value |= summary($paths | reference($metric))));

{
	$date, $kernel, $cpu, rounds: (map(.round) | max),
	rows: (group_by(.cpus) | map({cpus: .[0].cpus, paths: by_path})),
}
