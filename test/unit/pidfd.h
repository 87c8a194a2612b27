/*
 * Valgrind does not know pidfd_open (Debian 12's does not), by which the end of a program is
 * watched. Tests that run programs are left out then.
 */
#ifndef SHOPD_TEST_PIDFD_H
#define SHOPD_TEST_PIDFD_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline bool programs_can_run(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd < 0 && errno == ENOSYS) {
		puts("without pidfd_open: tests that run programs are left out");
		return false;
	}
	if (fd >= 0)
		close(fd);
	return true;
}

#endif
