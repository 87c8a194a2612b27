#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

bool secret_reserve(struct buf *text)
{
	return buf_reserve(text, text->max - text->len) != NULL;
}

void secret_reset(struct buf *text)
{
	if (text->data)
		digest_wipe(text->data, text->len);
	buf_reset(text);
}

void secret_clear(struct buf *text)
{
	secret_reset(text);
	buf_clear(text);
}

void secret_renew(struct buf *text, size_t room)
{
	if (text->room <= room)
		secret_clear(text);
	buf_reset(text);
	buf_reserve(text, room);
}

static bool read_all(int fd, struct buf *text)
{
	char more;

	while (text->len < text->max) {
		ssize_t len = read(fd, text->data + text->len, text->max - text->len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return len == 0;
		buf_commit(text, (size_t)len);
	}
	errno = EFBIG;
	return read(fd, &more, 1) == 0;
}

bool secret_read_file(const char *path, size_t max, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool ok;
	int error;

	buf_init(text, max);
	if (fd < 0)
		return false;
	errno = ENOMEM;
	ok = secret_reserve(text) && read_all(fd, text);
	error = errno;
	close(fd);
	errno = error;
	return ok;
}

bool secret_is_readable(const char *path)
{
	struct stat found;

	if (stat(path, &found) != 0)
		return false;
	return (found.st_mode & S_IROTH) != 0 ||
	       ((found.st_mode & S_IRGRP) != 0 && found.st_uid == geteuid());
}

bool secret_is_writable(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}
