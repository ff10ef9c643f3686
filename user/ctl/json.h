/* SPDX-License-Identifier: GPL-2.0 */
/* The model as JSON. Absent values are left out. */
#ifndef VMICTL_JSON_H
#define VMICTL_JSON_H

#include <json-c/json.h>

#include "model.h"

/* text of others: what is not UTF-8 or controls a terminal becomes \xNN */
void json_put_text(struct json_object *to, const char *key, const char *text);
void json_put_number(struct json_object *to, const char *key, uint64_t val);
void json_put_bool(struct json_object *to, const char *key, bool val);
void json_put_ip(struct json_object *to, const char *key, struct in_addr ip);
void json_put_mac(struct json_object *to, const char *key, const uint8_t *mac);

struct json_object *vm_to_json(const struct vmi_vm *vm);
struct json_object *net_to_json(const struct vmi_net *net);
struct json_object *port_to_json(const struct vmi_port *port);
struct json_object *event_to_json(const struct vmi_event *ev);

/* counters; drops by reason are an object */
void json_put_stats(struct json_object *to, const struct vmi_stats *stats);

/* Print with a newline, and free. */
void json_print(struct json_object *obj);

#endif /* VMICTL_JSON_H */
