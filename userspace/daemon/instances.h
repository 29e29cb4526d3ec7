/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnels that an engine asks for at run time: each is configured as another one is, its section,
 * but for its networks, and is called NAME~N.  They are the kernel's as any other, outlive the
 * daemon there, and end when what their section says is changed.
 */
#ifndef INSTANCES_H
#define INSTANCES_H

#include "daemon.h"
#include "keying/port.h"
#include "snapshot.h"

struct party;

/* What the engine has asked for, if it can be done. */
void instance_make(struct party *party, const struct port_instance *asked);
void instance_end(struct party *party, const char *name);

/* All of a tunnel that ends, or is keyed otherwise. */
void instances_end(struct daemon *daemon, struct tunnel *section);
/* Another configuration is in force, which says the same of the section. */
void instances_follow(struct tunnel *section);
/* Those that a daemon before us has left; others that look alike are deleted. */
void instances_adopt(struct daemon *daemon, struct snapshot *kernel);

/* Whether the kernel's tunnel may be one, of a tunnel of that configuration. */
bool instance_is_left(const struct sp_config *config, const struct snapshot_tunnel *is);

#endif
