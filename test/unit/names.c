#include "names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "peer.h"

static atomic_int moved_to = 1;
static atomic_int moved_asked;
static atomic_int slow_answered;

void names_move(int x)
{
	atomic_store(&moved_to, x);
}

int names_moved_asked(void)
{
	return atomic_load(&moved_asked);
}

int names_slow_answered(void)
{
	return atomic_load(&slow_answered);
}

static int answer_slowly(void)
{
	peer_sleep(NAMES_SLOW_MS);
	atomic_fetch_add(&slow_answered, 1);
	return EAI_AGAIN;
}

int getaddrinfo(const char *restrict name, const char *restrict service,
		const struct addrinfo *restrict wanted, struct addrinfo **restrict found)
{
	__typeof__(&getaddrinfo) real;
	char address[sizeof("127.0.0.255")];

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (!name)
		return real(name, service, wanted, found);
	if (strcmp(name, "nobody.test") == 0)
		return EAI_NONAME;
	if (strcmp(name, "slow.test") == 0)
		return answer_slowly();
	if (strcmp(name, "moved.test") != 0)
		return real(name, service, wanted, found);
	atomic_fetch_add(&moved_asked, 1);
	snprintf(address, sizeof(address), "127.0.0.%d", atomic_load(&moved_to) & 255);
	return real(address, service, wanted, found);
}
