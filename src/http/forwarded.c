#include "http/forwarded.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "http/connection.h"
#include "http/framing.h"

static struct span trimmed(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (from < to && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct span){from, (size_t)(to - from)};
}

/* An IPv6 address without brackets has colons of its own. */
static bool read_entry(struct span text, struct ip *ip)
{
	struct address address;

	return ip_parse(text, ip) || (address_parse(text, &address) && ip_parse(address.host, ip));
}

/* Goes `*entries` entries to the left; true when the last of them is in this line. */
static bool find_entry(const char *line, uint64_t *entries, struct span *entry)
{
	const char *end = line + strlen(line);

	for (;;) {
		const char *comma = memrchr(line, ',', (size_t)(end - line));

		if (--*entries == 0) {
			*entry = trimmed(comma ? comma + 1 : line, end);
			return true;
		}
		if (!comma)
			return false;
		end = comma;
	}
}

bool forwarded_read(const char *const lines[], size_t count, uint64_t proxies, struct ip *ip)
{
	struct span entry;

	while (count > 0) {
		if (find_entry(lines[--count], &proxies, &entry))
			return read_entry(entry, ip);
	}
	return false;
}

struct lines {
	const char *texts[FRAMING_HEADERS_MAX];
	size_t count;
};

static enum MHD_Result take_line(void *context, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct lines *lines = context;

	(void)kind;
	if (strcasecmp(name, "X-Forwarded-For") != 0)
		return MHD_YES;
	if (lines->count < FRAMING_HEADERS_MAX)
		lines->texts[lines->count++] = value ? value : "";
	return MHD_YES;
}

struct ip forwarded_client(const struct request *rq)
{
	struct connection *connection = rq->connection;
	uint64_t proxies = rq->config->trusted_proxies;
	struct ip client = connection->peer_ip;
	struct lines lines;

	if (proxies == 0)
		return client;
	lines.count = 0;
	MHD_get_connection_values(connection->mhd, MHD_HEADER_KIND, take_line, &lines);
	(void)!forwarded_read(lines.texts, lines.count, proxies, &client);
	return client;
}
