#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum { PATH_SIZE = 4096 };

void spool_init(struct spool *spool, const char *folder)
{
	*spool = (struct spool){.folder = folder, .fd = -1};
	buf_init(&spool->tail, SPOOL_MEMORY);
}

void spool_clear(struct spool *spool)
{
	if (spool->folder && spool->fd >= 0)
		close(spool->fd);
	buf_clear(&spool->tail);
	*spool = (struct spool){.fd = -1};
}

bool spool_ok(const struct spool *spool)
{
	return !spool->failed && buf_ok(&spool->tail);
}

uint64_t spool_len(const struct spool *spool)
{
	return spool->filed + spool->tail.len;
}

static void fail(struct spool *spool, const char *what)
{
	log_event(LOG_ERROR, what, LOG_F_STR("folder", spool->folder),
		  LOG_F_STR("error", strerror(errno)));
	spool->failed = true;
}

/* A file that is gone from its folder at once; O_TMPFILE would be neater, but not all have it. */
static bool open_file(struct spool *spool)
{
	char path[PATH_SIZE];
	int len = snprintf(path, sizeof(path), "%s/shopd-XXXXXX", spool->folder);

	if (len < 0 || (size_t)len >= sizeof(path))
		errno = ENAMETOOLONG;
	else
		spool->fd = mkostemp(path, O_CLOEXEC);
	if (spool->fd < 0) {
		fail(spool, "cannot make a temporary file");
		return false;
	}
	unlink(path);
	return true;
}

static void write_tail(struct spool *spool)
{
	size_t written = 0;

	if (spool->fd < 0 && !open_file(spool))
		return;
	while (written < spool->tail.len) {
		ssize_t now = write(spool->fd, buf_text(&spool->tail) + written,
				    spool->tail.len - written);

		if (now < 0 && errno == EINTR)
			continue;
		if (now <= 0) {
			fail(spool, "cannot write a temporary file");
			return;
		}
		written += (size_t)now;
	}
	spool->filed += written;
	buf_reset(&spool->tail);
}

void spool_add(struct spool *spool, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0 && spool_ok(spool)) {
		size_t room = SPOOL_MEMORY - spool->tail.len;
		size_t now = len < room ? len : room;

		buf_add(&spool->tail, at, now);
		at += now;
		len -= now;
		/* Only when more comes: what just fits stays in memory. */
		if (len > 0 && buf_ok(&spool->tail))
			write_tail(spool);
	}
}

size_t spool_read(struct spool *spool, uint64_t from, char *out, size_t room)
{
	ssize_t got;

	if (from >= spool->filed) {
		uint64_t skipped = from - spool->filed;
		size_t len;

		if (skipped >= spool->tail.len)
			return 0;
		len = spool->tail.len - (size_t)skipped;
		len = len < room ? len : room;
		memcpy(out, buf_text(&spool->tail) + skipped, len);
		return len;
	}
	if (room > spool->filed - from)
		room = (size_t)(spool->filed - from);
	do
		got = pread(spool->fd, out, room, (off_t)from);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		return (size_t)got;
	fail(spool, "cannot read a temporary file");
	return 0;
}
