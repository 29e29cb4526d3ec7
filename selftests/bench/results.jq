# SPDX-License-Identifier: GPL-2.0-or-later
#
# From samples to medians, and to ratios within each round to what xfrm did then, with
# policies or with an interface, whichever was better; without encryption, to what xfrm
# did without.

def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;

def mean: add / length;

def spread: {median: median, min: min, max: max};

# Of one path: {METRIC: [one value a round]}.
def by_metric: reduce group_by(.metric)[] as $m ({};
	.[$m[0].metric] = ($m | group_by(.round) | map(map(.value) | mean)));

def better($metric): if $metric | test("^(tcp|udp)") then max else min end;

def reference($path; $metric):
	if $path | endswith("-null") then .["xfrm-null"][$metric]
	else [.xfrm[$metric], .xfrmi[$metric]] | transpose | map(better($metric)) end;

def summary($reference):
	spread + {samples: length, ratio: ([., $reference] | transpose | map(.[0] / .[1]) | spread)};

# Paths in the order they were measured.
def by_path: reduce .[] as $s ({}; .[$s.path] += [$s]) | map_values(by_metric) |
	. as $paths | with_entries(.key as $path | .value |= with_entries(.key as $metric |
		.value |= summary($paths | reference($path; $metric))));

{
	$date, $kernel, $cpu, rounds: (map(.round) | max),
	rows: (group_by(.cpus) | reverse | map({cpus: .[0].cpus, paths: by_path})),
}
