#include "daemon/key_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "http/api_key.h"

enum { EXIT_USAGE = 2, LINE_MAX_LEN = 1024 };

struct new_key {
	const char *path; /* of the file of keys */
	char text[API_KEY_SIZE];
	struct buf line;
};

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

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "shopd: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

static bool write_all(int fd, const struct buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t now = write(fd, buf_text(text) + done, text->len - done);

		if (now < 0)
			return false;
		done += (size_t)now;
	}
	return true;
}

/* A line that somebody has left without an end gets one. */
static bool add_end(int fd, off_t len)
{
	char last = '\n';

	if (len > 0 && pread(fd, &last, 1, len - 1) != 1)
		return false;
	return last == '\n' || write(fd, "\n", 1) == 1;
}

/* Whether shopd takes the file as it is now: a key that it does not take is worth nothing. */
static bool is_taken(const char *path, char why[static API_KEY_WHY_SIZE])
{
	struct api_keys *keys = api_keys_read(path, NULL, why);

	api_keys_release(keys);
	return keys != NULL;
}

/* The key is shown last, so whoever sees it can use it. */
static int add_and_show(int fd, off_t len, const struct new_key *key)
{
	char why[API_KEY_WHY_SIZE];

	if (!add_end(fd, len) || !write_all(fd, &key->line) || fsync(fd) != 0)
		return complain(key->path, strerror(errno));
	if (!is_taken(key->path, why))
		return complain(key->path, why);
	if (puts(key->text) < 0 || fflush(stdout) != 0)
		return complain("cannot show the key", strerror(errno));
	fprintf(stderr,
		"The key above is shown this once. Its line is in %s; a shopd that runs takes it "
		"up with SIGHUP.\n",
		key->path);
	return EXIT_SUCCESS;
}

/* The lock is against another of us: what we take back is then ours. */
static int change_file(const struct new_key *key)
{
	int fd = open(key->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	off_t len = fd >= 0 && flock(fd, LOCK_EX) == 0 ? lseek(fd, 0, SEEK_END) : -1;
	int status;

	status = len >= 0 ? add_and_show(fd, len, key) : complain(key->path, strerror(errno));
	if (len >= 0 && status != EXIT_SUCCESS && ftruncate(fd, len) != 0)
		complain(key->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}

static int make_key(const char *path, const char *name, scope_set scopes)
{
	struct new_key key = {.path = path};
	char memory[LINE_MAX_LEN];
	int status;

	/* A reader that has gone must not end us before the line is taken back. */
	signal(SIGPIPE, SIG_IGN);
	buf_init_over(&key.line, memory, sizeof(memory));
	status = api_key_make(name, scopes, key.text, &key.line)
			 ? change_file(&key)
			 : complain("no key", "out of memory");
	digest_wipe(key.text, sizeof(key.text));
	return status;
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
