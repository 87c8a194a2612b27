/*
 * What systemd wants to know: sd_notify(3) without its library, which is one datagram.
 */
#ifndef SHOPD_IO_SERVICE_MANAGER_H
#define SHOPD_IO_SERVICE_MANAGER_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1" to $NOTIFY_SOCKET; does nothing when there is none. */
void service_manager_notify(const char *state);

/*
 * "RELOADING=1" with the time, microseconds of CLOCK_MONOTONIC, that Type=notify-reload asks for;
 * "READY=1" is due when that is over.
 */
void service_manager_notify_reloading(uint64_t now_us);

/* How often systemd wants to hear WATCHDOG=1 ($WATCHDOG_USEC); 0: never. */
uint64_t service_manager_watchdog_us(void);

#endif
