#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module loads, shows its link kind, and leaves nothing behind.

here=$(dirname "$(realpath "$0")")
. "$here/../../build/linux/tools/testing/selftests/kselftest/ktap_helpers.sh"

module=$here/../../build/$(uname -r)/spindle.ko

# insmod resolves no dependencies.
load()
{
	modinfo -F depends "$module" | tr , '\n' | xargs -r modprobe -a && insmod "$module"
}

unload()
{
	rmmod spindle && ! [ -e /sys/module/spindle ]
}

ktap_print_header
ktap_set_plan 4

ktap_test_result "load" load
ktap_test_result "add a device" ip link add spin0 type spindle
ktap_test_result "delete a device" ip link del spin0
ktap_test_result "unload" unload

ktap_finished
