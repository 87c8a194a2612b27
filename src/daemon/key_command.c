#include "daemon/key_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/api_key.h"

enum { EXIT_USAGE = 2, LINE_MAX_LEN = 1024 };

static int complain_usage(const char *what, const char *about)
{
	fprintf(stderr, "shopd: %s%s\n", what, about);
	fputs("usage: shopd --new-api-key NAME --scope SCOPE [--scope SCOPE …]\nscopes:", stderr);
	for (size_t i = 0; scope_names[i] != NULL; i++)
		fprintf(stderr, " %s", scope_names[i]);
	fputs("\n", stderr);
	return EXIT_USAGE;
}

/* EXIT_SUCCESS, or what complain_usage returned. */
static int read_scopes(char *const arguments[], scope_set *scopes)
{
	*scopes = 0;
	for (; arguments[0] != NULL; arguments += 2) {
		enum scope scope;

		if (strcmp(arguments[0], "--scope") != 0)
			return complain_usage("this means nothing here: ", arguments[0]);
		if (arguments[1] == NULL || !scope_find(span_of(arguments[1]), &scope))
			return complain_usage("there is no such scope: ",
					      arguments[1] != NULL ? arguments[1] : "(none)");
		*scopes |= scope_bit(scope);
	}
	return *scopes != 0 ? EXIT_SUCCESS : complain_usage("a key needs a scope", "");
}

/* A line that somebody has left without an end gets one. */
static bool add_end(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char last;

	if (len <= 0)
		return len == 0;
	if (pread(fd, &last, 1, len - 1) != 1)
		return false;
	return last == '\n' || write(fd, "\n", 1) == 1;
}

static bool add_line(const char *path, const struct buf *line)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool ok;
	int error;

	if (fd < 0)
		return false;
	ok = add_end(fd) && write(fd, buf_text(line), line->len) == (ssize_t)line->len &&
	     fsync(fd) == 0;
	error = errno;
	close(fd);
	errno = error;
	return ok;
}

static int make_key(const char *path, const char *name, scope_set scopes)
{
	char key[API_KEY_SIZE];
	char memory[LINE_MAX_LEN];
	struct buf line;
	bool ok;

	buf_init_over(&line, memory, sizeof(memory));
	if (!api_key_make(name, scopes, key, &line)) {
		fputs("shopd: out of memory\n", stderr);
		return EXIT_FAILURE;
	}
	ok = add_line(path, &line);
	if (ok)
		puts(key);
	else
		fprintf(stderr, "shopd: %s: %s\n", path, strerror(errno));
	digest_wipe(key, sizeof(key));
	if (!ok || fflush(stdout) != 0)
		return EXIT_FAILURE;
	fprintf(stderr,
		"The key above is shown this once. Its line is in %s; a shopd that runs takes it "
		"up with SIGHUP.\n",
		path);
	return EXIT_SUCCESS;
}

int command_new_api_key(char *const arguments[])
{
	const char *path = getenv("SHOPD_API_KEYS");
	scope_set scopes;
	int status;

	if (arguments[0] == NULL || !api_key_is_name(arguments[0]))
		return complain_usage("a key has a name of 1 to 64 letters, digits, _ . or -", "");
	status = read_scopes(arguments + 1, &scopes);
	if (status != EXIT_SUCCESS)
		return status;
	if (path == NULL || path[0] == '\0')
		return complain_usage("SHOPD_API_KEYS must name the file of keys", "");
	return make_key(path, arguments[0], scopes);
}
