/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMICTL_LINK_H
#define VMICTL_LINK_H

/* Return: 1 for "up", 0 for "down", -1 for anything else. */
int link_parse(const char *word);

#endif /* VMICTL_LINK_H */
