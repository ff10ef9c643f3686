/* SPDX-License-Identifier: GPL-2.0 */
/* Power: the guest's ways to switch off and to reset, and the power button. */
#ifndef VMM_POWER_H
#define VMM_POWER_H

void power_init(void);

/* Press the power button. What comes of it is the guest's business. */
void power_button(void);

#endif /* VMM_POWER_H */
