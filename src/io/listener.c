#include "io/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

enum { BACKLOG = 4096, HOST_SIZE = 256, SYSTEMD_FIRST = 3 };

/* Splits "host:port"; brackets around an IPv6 address go. */
static bool split_address(const char *address, char host[static HOST_SIZE], const char **port)
{
	const char *colon = strrchr(address, ':');
	uint64_t number;
	size_t len;

	/* getaddrinfo would take 65536 for 0. */
	if (colon == NULL || colon == address || !text_parse_u64(span_of(colon + 1), &number) ||
	    number > UINT16_MAX)
		return false;
	len = (size_t)(colon - address);
	if (address[0] == '[' && colon[-1] == ']') {
		address++;
		len -= 2;
	}
	if (len == 0 || len >= HOST_SIZE)
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

static int bind_one(const struct addrinfo *found, bool is_shared)
{
	int one = 1;
	int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    (!is_shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == 0) &&
	    bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

int listener_open(const char *address, bool is_shared, char error[static LISTENER_ERROR_SIZE])
{
	struct addrinfo wanted = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[HOST_SIZE];
	const char *port;
	int fd = -1;
	int code;

	if (!split_address(address, host, &port)) {
		snprintf(error, LISTENER_ERROR_SIZE, "%.100s is not host:port", address);
		return -1;
	}
	code = getaddrinfo(host, port, &wanted, &found);
	if (code != 0) {
		snprintf(error, LISTENER_ERROR_SIZE, "cannot resolve %.60s: %.60s", address,
			 gai_strerror(code));
		return -1;
	}
	for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
		fd = bind_one(at, is_shared);
	if (fd < 0)
		snprintf(error, LISTENER_ERROR_SIZE, "cannot listen on %.80s: %s", address,
			 strerror(errno));
	freeaddrinfo(found);
	return fd;
}

bool listener_is_free(const char *address, char error[static LISTENER_ERROR_SIZE])
{
	int fd = listener_open(address, false, error);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

bool listener_is_local(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {0};
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len) != 0)
		return false;
	if (address.any.sa_family == AF_INET)
		return ntohl(address.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (address.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
	return address.any.sa_family == AF_UNIX;
}

int listener_from_systemd(int *first)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	uint64_t number;

	if (pid == NULL || count == NULL || !text_parse_u64(span_of(pid), &number) ||
	    number != (uint64_t)getpid() || !text_parse_u64(span_of(count), &number) ||
	    number == 0 || number > 16)
		return 0;
	for (int fd = SYSTEMD_FIRST; fd < SYSTEMD_FIRST + (int)number; fd++) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
	*first = SYSTEMD_FIRST;
	return (int)number;
}
