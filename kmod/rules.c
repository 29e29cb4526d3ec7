// SPDX-License-Identifier: GPL-2.0-or-later
#include "rules.h"

static const struct spn_rule two_ports = {
	"encap", "encap takes two ports",
};

static const struct spn_rule encap = {
	"encap", "encap is for ESP in tunnel mode",
};

static const struct spn_rule keepalive = {
	"keepalive", "keepalive needs encap",
};

static const struct spn_rule follow = {
	"follow", "follow is for tunnel mode",
};

static const struct spn_rule tfc = {
	"tfc", "tfc is for ESP in tunnel mode",
};

static const struct spn_rule dummy = {
	"dummy", "dummy is for ESP in tunnel mode",
};

const struct spn_rule *spn_rules_broken(const struct spn_facts *facts)
{
	bool plain = !facts->transport && !facts->ah;

	if (facts->sport != facts->dport)
		return &two_ports;
	if (facts->dport && !plain)
		return &encap;
	if (facts->keepalive && !facts->dport)
		return &keepalive;
	if (facts->follow && facts->transport)
		return &follow;
	if (facts->tfc && !plain)
		return &tfc;
	if (facts->dummy && !plain)
		return &dummy;
	return NULL;
}
