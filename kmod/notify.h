/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is told to the group "monitor": objects as they come, change and go, whoever did it.
 * Memory that is not there costs a notification and nothing else, and listeners are told that
 * they have missed one (ENOBUFS).  Under spn_net.lock.
 */
#ifndef _SPINDLE_NOTIFY_H
#define _SPINDLE_NOTIFY_H

struct genl_family;
struct spn_device;
struct spn_net;
struct spn_sa;
struct spn_spi;
struct spn_tunnel;

/* Before the first notification. */
void spn_notify_init(const struct genl_family *family);

/* To those in the namespace @sn, where the device is; its own may be another one. */
void spn_notify_device_set(struct spn_net *sn, struct spn_device *sd);

void spn_notify_tunnel_new(struct spn_tunnel *tunnel);
void spn_notify_tunnel_set(struct spn_tunnel *tunnel);
void spn_notify_tunnel_gone(struct spn_tunnel *tunnel);
void spn_notify_sa_new(struct spn_sa *sa);
void spn_notify_sa_gone(struct spn_sa *sa);
void spn_notify_spi_gone(struct spn_spi *entry);

#endif
