# SPDX-License-Identifier: GPL-2.0-or-later
#
# The person's way in.  `make help` lists the targets; everything built goes to
# build/.  The kernel's own way in is Kbuild.

VERSION := $(shell sed -n 's/.*SPINDLE_VERSION "\(.*\)"/\1/p' kmod/version.h)
PREFIX ?= /usr
DESTDIR ?=

# The kernel to build for, by its name or what that begins with.  Without, it is the newest
# whose headers are installed, not the running one: in a container or on a build machine
# the two differ.
KVER ?=
# The kernels `make check` runs on, as selftests/vm/vm -k takes them.
KERNELS ?= 6.1 6.12 7
# The one of them that User Mode Linux is made of, too.
MAIN := 6.12

CC ?= cc
PKG_CONFIG ?= pkg-config
LIBRARIES := libnl-3.0 libnl-genl-3.0 libcrypto libevent_core jansson

CPPFLAGS += -D_GNU_SOURCE -DSPINDLE_VERSION='"$(VERSION)"' \
	    -I. -Iinclude/uapi -Iuserspace -Iuserspace/lib
CFLAGS ?= -O2 -g
STRICT := -std=c11 -Wall -Wextra -Wpedantic -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection \
	  -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
HARDEN_LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# Asked for when first used, so that `make deps` runs on a machine that has neither.
LIB_CFLAGS = $(eval LIB_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(LIBRARIES)))$(LIB_CFLAGS)
LDLIBS = $(eval LDLIBS := $$(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -lm)$(LDLIBS)

all: modules build/spindle build/spindled

# --- the module -------------------------------------------------------------
#
# Built among links to the sources, because kernels before 6.13 write their
# objects beside the source.  TREE is where the kernel's own Makefile is, if that kernel is
# none of Debian's.  One at a time: lint reads what is built for the check beside it.
#
# Which kernel it is and where its headers are is asked when the recipe is, so that what it
# lacks is there by then.

TREE ?=
find_kernel = kver=$(if $(TREE),$(KVER),$$(selftests/vm/kernel $(KVER)))
# Tests want the whole kernel.
find_test_kernel = kver=$$(selftests/vm/kernel $(or $(KVER),$(MAIN)))
kernel_tree = $(or $(TREE),$$(selftests/vm/kernel -r $*)/lib/modules/$*/build)
kernel_inside = $(if $(TREE),,$$(selftests/vm/kernel -i $*))
kbuild = tree=$(kernel_tree) && inside="$(kernel_inside)" && flock $(@D) $$inside \
	$(MAKE) --no-print-directory -C $$tree M=$(CURDIR)/$(@D) W=1 KCFLAGS=-Werror \
	$(if $(C),$(SPARSE)) modules

# C=2 asks for sparse.  The headers of Debian's newest kernels lack the script that asks
# whether it works, so they are told that it does, and it is told what it does not know:
# another word for typeof, and that the length of a literal is a constant.
SPARSE = C=$(C) KBUILD_CHECKSRC=$(C) \
	CF='-D__typeof_unqual__=__typeof__ -D"__builtin_strlen(s)=(sizeof(s)-1)"'

modules:
	+@$(find_kernel) && $(MAKE) --no-print-directory build/$$kver/spindle.ko

build/%/spindle.ko: FORCE
	@mkdir -p $(@D)/kmod
	@find $(@D) -xtype l -delete
	@ln -srfn kmod/*.[ch] $(@D)/kmod/
	@ln -srfn Kbuild include $(@D)/
	+$(kbuild)

# What the kselftests load beside it, and on kernels of our own what shows their detectors.
test-modules:
	+@$(find_kernel) && $(MAKE) --no-print-directory build/$$kver/asynccrypt/asynccrypt.ko \
		$(if $(TREE),build/$$kver/planted/planted.ko)

build/%/asynccrypt/asynccrypt.ko: FORCE
	@mkdir -p $(@D)
	@ln -srfn selftests/kernel/asynccrypt/* $(@D)/
	+$(kbuild)

build/%/planted/planted.ko: FORCE
	@mkdir -p $(@D)
	@ln -srfn selftests/sanitizer/planted/* $(@D)/
	+$(kbuild)

# --- userspace --------------------------------------------------------------
#
# One archive a room, four times: build/obj for use, build/san with the sanitizers for
# the unit tests, build/fuzz/obj for the fuzzer, build/cov to count what lines are reached.

# The rooms, floor by floor from the lowest up.  A room includes headers of its own and of lower
# floors; selftests/lint/floors fails otherwise, and on a folder that is not here.
ROOMS := lib | crypto | netlink config io | keys show | keying | keying/rsa keying/ike | daemon cli

rooms := $(filter-out |,$(ROOMS))
objects_of = $(patsubst %.c,%.o,$(sort $(wildcard $(1)/*.c)))
archive_of = $(subst /,-,$(1)).a
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
UNIT := $(call objects_of,selftests/unit)
# Files of the module that build in userspace too: what both must agree on, and what tests look
# at (kmod/pure.h).
SHARED := kmod/suite.o kmod/rules.o
PURE := kmod/prefix.o kmod/replay.o kmod/selector.o

# As they are linked: who calls, before who is called.
ARCHIVES := $(foreach room,$(call reverse,$(rooms)),$(call archive_of,$(room))) shared.a pure.a
# The command explains the states of keying, whose table is plain data.
SPINDLE := userspace/cli/main.o $(filter-out daemon.a io.a keying.a keying-rsa.a,$(ARCHIVES))
SPINDLED := userspace/daemon/main.o $(filter-out cli.a,$(ARCHIVES))

build/spindle: $(SPINDLE:%=build/obj/%)
build/spindled: $(SPINDLED:%=build/obj/%)
build/spindle build/spindled:
	$(CC) $(CFLAGS) $(LDFLAGS) $(HARDEN_LINK) -o $@ $^ $(LDLIBS)

build/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(STRICT) $(CFLAGS) $(HARDEN) -MMD -MP -c -o $@ $<

build/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(STRICT) $(SANITIZE) -MMD -MP -c -o $@ $<

build/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	clang $(CPPFLAGS) $(LIB_CFLAGS) $(STRICT) $(SANITIZE) -fsanitize=fuzzer-no-link \
		-MMD -MP -c -o $@ $<

build/cov/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(STRICT) -O0 -g --coverage -MMD -MP -c -o $@ $<

define archive_of_room
$(1)/$(call archive_of,$(2)): $(patsubst %,$(1)/%,\
	$(filter-out %/main.o,$(call objects_of,userspace/$(2))))
endef

define archives
$(foreach room,$(rooms),$(eval $(call archive_of_room,$(1),$(room))))
$(1)/shared.a: $(SHARED:%=$(1)/%)
$(1)/pure.a: $(PURE:%=$(1)/%)
# Kernel code speaks the kernel's dialect.
$(PURE:%=$(1)/%): STRICT := -std=gnu11 -Wall -Wextra -Werror
endef
$(foreach objects,obj san fuzz/obj cov,$(eval $(call archives,build/$(objects))))

build/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

# --- tests ------------------------------------------------------------------

comma := ,
TESTS := $(UNIT:selftests/unit/%.o=build/unit/%)

# Tests of what several threads do at once: a sanitizer of its own, one file of kmod/ each.
RACES := build/unit/test_queue

$(RACES): build/unit/test_%: selftests/unit/test_%.c kmod/%.c kmod/%.h kmod/pure.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -Wall -Wextra -Werror -O1 -g -fsanitize=thread \
		-o $@ $(filter %.c,$^) -pthread -lcmocka

# The daemon without RSA keying, and with a kernel of its own.
SEAM := build/unit/test_seam build/unit/test_claim
SEAM_LINK := $(patsubst %,-Wl$(comma)--wrap=sp_nl_%,port_open spi_alloc sa_new sa_del_generation \
		tunnel_new tunnel_set tunnel_del tunnel_dump sa_dump)

$(SEAM): build/unit/%: build/san/selftests/unit/%.o \
		$(patsubst %,build/san/%,$(filter-out keying-%,$(ARCHIVES)))
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) $(SEAM_LINK) -o $@ $^ $(LDLIBS) -lcmocka

$(filter-out $(RACES) $(SEAM),$(TESTS)): build/unit/%: build/san/selftests/unit/%.o \
		$(ARCHIVES:%=build/san/%)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -o $@ $^ $(LDLIBS) -lcmocka

# A target that has functions of its own in place of a room's is linked with these.
FUZZ := $(patsubst selftests/fuzz/%.c,build/fuzz/%,$(wildcard selftests/fuzz/fuzz_*.c))

$(FUZZ): build/fuzz/%: build/fuzz/obj/selftests/fuzz/%.o $(ARCHIVES:%=build/fuzz/obj/%)
	clang $(SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LDLIBS) -lpthread

fuzz-targets: $(FUZZ)

# What counts the lines that tests reach: for the kselftests, the unit tests, and the fuzzer's
# targets over inputs that are there.
COUNTING := build/cov/spindle build/cov/spindled $(FUZZ:build/fuzz/%=build/cov/fuzz/%) \
	    $(patsubst build/unit/%,build/cov/unit/%,$(filter-out $(RACES) $(SEAM),$(TESTS)))

build/cov/spindle: $(SPINDLE:%=build/cov/%)
build/cov/spindled: $(SPINDLED:%=build/cov/%)
build/cov/spindle build/cov/spindled: build/cov/selftests/coverage/signals.o
build/cov/unit/%: build/cov/selftests/unit/%.o $(ARCHIVES:%=build/cov/%)
	@mkdir -p $(@D)
	$(CC) --coverage -o $@ $^ $(LDLIBS) -lcmocka
build/cov/fuzz/%: build/cov/selftests/fuzz/%.o build/cov/selftests/fuzz/corpus.o \
		$(ARCHIVES:%=build/cov/%)
	@mkdir -p $(@D)
	$(CC) --coverage -o $@ $^ $(LDLIBS) -lpthread
build/cov/spindle build/cov/spindled:
	$(CC) --coverage -o $@ $^ $(LDLIBS)

# What the kselftests send and receive packets with, and what they run most often.  Static,
# because an emulated processor takes longer to link a program than to run it.
TOOLS := $(patsubst selftests/kernel/%.c,build/kselftest/%,$(wildcard selftests/kernel/*.c))

# From 3.5 on it brings libraries of its own.
LIBCRYPTO_STATIC = $(shell $(PKG_CONFIG) --static --libs libcrypto)

build/kselftest/%: build/obj/selftests/kernel/%.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ $(LIBCRYPTO_STATIC) -ljansson

# What the soak refreshes keys with.
build/soak/%: build/obj/selftests/soak/%.o $(patsubst %,build/obj/%,$(filter %.a,$(SPINDLE)))
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(HARDEN_LINK) -o $@ $^ $(LDLIBS)

# Long-term keys of the hosts in keying.sh: an emulated processor takes long for them.
TEST_KEYS := $(addprefix build/kselftest/keys/,a b stranger)

build/kselftest/keys/%: | build/spindle
	@mkdir -p $(@D)
	build/spindle key new $@ 2048 > /dev/null

# All that the guests run but the modules.
GUEST := build/linux build/spindle build/spindled build/soak/refresh $(TOOLS) $(TEST_KEYS)

# What the kernel's own tree lends: checkpatch, the kselftest runner, YNL, and the
# schema of netlink specifications.
LINUX_FILES := scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch \
	       tools/testing/selftests/lib.mk tools/testing/selftests/kselftest \
	       tools/net/ynl/lib Documentation/netlink/genetlink-legacy.yaml

build/linux:
	rm -rf $@.part
	mkdir -p $@.part
	source=$$(selftests/vm/kernel -s 6.12) && \
		tar -xJf $$source -C $@.part --strip-components=1 $(LINUX_FILES:%=linux-source-6.12/%)
	mv $@.part $@

# Each part leaves TAP in build/check/, which the same script adds up.
unit:
	+selftests/check unit

# Which the check makes beside the virtual machines.
unit-tests: $(TESTS)

# What one kselftest alone needs.
guest: $(GUEST)

lint: build/linux
	+selftests/check lint

kernel: $(GUEST)
	+selftests/check $(KERNELS:%=kernel-%)

# Every kselftest once, at the host's own speed in User Mode Linux: what depends on the
# kernel's version on each, what wants several processors on the one that can have them.  On
# Debian's own kernels, emulated, whether they carry a packet, and what comes of processors that
# go.  The long parts first.
OTHERS := $(filter-out $(MAIN),$(KERNELS))
CHECK := kernel-native:single@1of2 kernel-native-6.1:version kernel-native:single@2of2 \
	kernel-native-7:version,several kernel-$(MAIN):load,asynccrypt,order \
	$(OTHERS:%=kernel-%:load) unit lint
# What no kselftest on a common kernel shows, and the demo on machines that are bare.
MORE := soak-uml bare-bookworm bare-trixie fuzz detectors-uml
# What takes longer than an hour has room for: whole kernels, sanitizers, races, releases.
WHOLE := $(KERNELS:%=kernel-%) kernel-uml kernel-kcsan:several detectors-kcsan \
	release-bookworm release-trixie
# Of that each commit has its turn: a sixth of the sanitizer's kernel, and part of another.
TURNS := kernel-native-7:all@1of2 kernel-native-7:all@2of2 kernel-kcsan:several \
	kernel-native-6.1:all@1of3 kernel-native-6.1:all@2of3 kernel-native-6.1:all@3of3
turn = $(shell echo $$(($$(git log -1 --format=%ct || date +%s) / 60 % $(words $(TURNS)) + 1)))

check:
	selftests/deps build check sanitize
	+$(MAKE) --no-print-directory -j$(shell nproc) $(GUEST)
	+selftests/check $(CHECK)

# The same and more, in an hour.
check-ci:
	selftests/deps build check fuzz sanitize bare
	+$(MAKE) --no-print-directory -j$(shell nproc) $(GUEST)
	+turn=$(turn) && selftests/check $(CHECK) $(MORE) \
		kernel-uml:all@$${turn}of$(words $(TURNS)) $(word $(turn),$(TURNS))

# Everything on every kernel.
check-all:
	selftests/deps build check fuzz sanitize bare
	+$(MAKE) --no-print-directory -j$(shell nproc) $(GUEST)
	+selftests/check unit lint kernel-native $(WHOLE) $(MORE)

# Every parser of userspace, each TIME seconds long.
fuzz: TIME ?= 60
fuzz:
	selftests/deps build fuzz
	selftests/fuzz/run $(TIME)

# What lines of the module and of userspace all these tests reach, and why not the others.
coverage:
	selftests/deps build check sanitize coverage
	+$(MAKE) --no-print-directory -j$(shell nproc) $(GUEST) $(COUNTING)
	+selftests/coverage/run

# What the inputs of the fuzzer alone reach.
fuzz-coverage:
	selftests/deps build coverage
	+$(MAKE) --no-print-directory -j$(shell nproc) $(filter build/cov/fuzz/%,$(COUNTING))
	selftests/coverage/run fuzz

# Everything at once for TIME seconds, on MAIN, or SOAK=soak-uml.
soak: TIME ?= 300
soak: SOAK ?= soak-$(MAIN)
soak:
	selftests/deps build check $(if $(filter %-uml,$(SOAK)),sanitize)
	+$(MAKE) --no-print-directory $(GUEST)
	+SOAK_TIME=$(TIME) selftests/check $(SOAK)

# The kselftests on kernels that look for what goes wrong unseen, and whether those would see it.
check-sanitize: SANITIZER = uml
check-races: SANITIZER = kcsan
check-sanitize check-races:
	selftests/deps build check sanitize
	+$(MAKE) --no-print-directory $(GUEST)
	+selftests/check detectors-$(SANITIZER) kernel-$(SANITIZER)

demo:
	selftests/deps build demo
	+$(find_test_kernel) && $(MAKE) --no-print-directory -j$(shell nproc) all KVER=$$kver && \
		selftests/vm/vm -k $$kver -c 2 -t 600 -- selftests/demo.sh

# On processors that are emulated, of which there can be several and instructions can be
# counted, and on the host's own, of which User Mode Linux has one.  A million SAs take
# 8 GiB and half an hour; SAS says how many else, and PEERS of how many peers the daemon is
# measured, against targets.
bench: SAS ?= 2 1000 1000000
bench: PEERS ?= 1000 10000
bench:
	selftests/deps build bench sanitize
	+$(find_test_kernel) && $(MAKE) --no-print-directory all KVER=$$kver
	+tree=$$(selftests/sanitizer/tree native) && \
		$(MAKE) --no-print-directory modules ARCH=um TREE=$$tree \
			KVER=$$(cat $$tree/include/config/kernel.release)
	$(find_test_kernel) && \
	selftests/vm/vm -k $$kver -c 4 -t 3600 -- selftests/bench/run.sh && \
	selftests/vm/vm -k $$kver -c 2 -t 300 -- selftests/bench/fair.sh && \
	selftests/vm/vm -i -k $$kver -c 1 -t 900 -- selftests/bench/count.sh && \
	selftests/vm/vm -k $$kver -c 2 -m 4096 -t 3600 -- selftests/bench/scale.sh spindle $(SAS) && \
	selftests/vm/vm -k $$kver -c 2 -m 8192 -t 3600 -- selftests/bench/scale.sh xfrm $(SAS) && \
	for kind in remotes locals; do \
		selftests/vm/vm -i -k $$kver -c 1 -m 4096 -t 1800 -- \
			selftests/bench/scale.sh -i $$kind 1 100000 || exit; done
	selftests/uml/uml -k native -t 900 -- selftests/bench/run.sh 300 native
	selftests/uml/uml -k native -t 300 -- selftests/bench/peers.sh $(PEERS)
	for name in results native; do \
		selftests/bench/plot build/bench/$$name.json build/bench/$$name.png || exit; done

deps:
	selftests/deps build check demo bench

# --- installation -----------------------------------------------------------

DKMS := $(DESTDIR)$(PREFIX)/src/spindle-$(VERSION)
MAN := $(wildcard Documentation/man/*.[1-8])
COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH := $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions
UNITS := $(wildcard userspace/daemon/*.service)

install: build/spindle build/spindled
	install -D -m 755 build/spindle $(DESTDIR)$(PREFIX)/sbin/spindle
	install -D -m 755 build/spindled $(DESTDIR)$(PREFIX)/sbin/spindled
	install -d -m 755 $(DKMS)/kmod $(DKMS)/include/uapi/linux $(DESTDIR)/etc/spindle/conf.d
	install -d -m 700 $(DESTDIR)/etc/spindle/keys
	install -m 644 Kbuild $(DKMS)/
	install -m 644 kmod/*.[ch] $(DKMS)/kmod/
	install -m 644 include/uapi/linux/spindle.h $(DKMS)/include/uapi/linux/
	sed 's/@VERSION@/$(VERSION)/' dkms.conf.in > $(DKMS)/dkms.conf
	$(foreach page,$(MAN),install -D -m 644 $(page) \
		$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page));)
	$(foreach unit,$(UNITS),install -D -m 644 $(unit) \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/$(notdir $(unit));)
	install -d -m 755 $(COMPLETIONS) $(ZSH)
	build/spindle completion bash > $(COMPLETIONS)/spindle
	build/spindle completion zsh > $(ZSH)/_spindle

clean:
	rm -rf build

help:
	@echo 'make            the module for KVER=$(or $(KVER),the newest kernel that has headers), spindle and spindled'
	@echo 'make demo       two hosts agree on keys and exchange traffic, in a virtual machine'
	@echo 'make check      every test once; ends with "N passed, N failed"'
	@echo 'make check-ci   check, the soak, fuzzing and the demo on bare machines, in an hour'
	@echo 'make check-all  everything on every kernel'
	@echo 'make check-sanitize  the kselftests with KASAN, lockdep, kmemleak and faults'
	@echo 'make check-races     the kselftests with KCSAN and lockdep on 4 processors'
	@echo 'make unit       the unit tests alone; likewise lint and kernel'
	@echo 'make fuzz       every parser of userspace with TIME=60 seconds of input that nobody thought of'
	@echo 'make coverage   what lines the tests reach, in build/coverage/table, and why not the others'
	@echo 'make soak       everything at once on a bad wire for TIME=300 seconds; then it must add up'
	@echo 'make bench      throughput beside xfrm and WireGuard, and what many SAs cost'
	@echo 'make install    to DESTDIR and PREFIX, the module as DKMS source'
	@echo 'make deps       the Debian packages that all of these need'
	@echo 'make clean      remove build/'

-include $(shell find build/obj build/san build/fuzz/obj build/cov -name '*.d' 2>/dev/null)

.PHONY: all modules test-modules guest unit unit-tests lint kernel check check-ci check-all check-sanitize \
	check-races fuzz fuzz-targets fuzz-coverage coverage soak demo bench deps install clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:
