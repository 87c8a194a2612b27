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

static struct span without_quotes(struct span text)
{
	if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
		return (struct span){text.data + 1, text.len - 2};
	return text;
}

/* Of "by=192.0.2.1;for=203.0.113.9;proto=https" what stands behind "for=". */
static struct span find_for(struct span element)
{
	static const char name[] = "for=";
	const size_t name_len = sizeof(name) - 1;
	const char *end = span_end(element);

	for (const char *from = element.data; from < end;) {
		const char *semicolon = memchr(from, ';', (size_t)(end - from));
		const char *to = semicolon ? semicolon : end;
		struct span pair = trimmed(from, to);

		if (pair.len > name_len && strncasecmp(pair.data, name, name_len) == 0)
			return without_quotes(
				(struct span){pair.data + name_len, pair.len - name_len});
		from = to + 1;
	}
	return (struct span){"", 0};
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

bool forwarded_read(enum proxy_header header, const char *const lines[], size_t count,
		    uint64_t proxies, struct ip *ip)
{
	struct span entry;

	while (count > 0) {
		if (find_entry(lines[--count], &proxies, &entry))
			return read_entry(header == PROXY_FORWARDED ? find_for(entry) : entry, ip);
	}
	return false;
}

struct lines {
	const char *name;
	const char *texts[FRAMING_HEADERS_MAX];
	size_t count;
};

static enum MHD_Result take_line(void *context, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct lines *lines = context;

	(void)kind;
	if (strcasecmp(name, lines->name) != 0)
		return MHD_YES;
	if (lines->count < FRAMING_HEADERS_MAX)
		lines->texts[lines->count++] = value ? value : "";
	return MHD_YES;
}

struct ip forwarded_client(const struct request *rq)
{
	struct connection *connection = rq->connection;
	enum proxy_header header = rq->config->proxy_header;
	uint64_t proxies = rq->config->trusted_proxies;
	struct ip client = connection->peer_ip;
	struct lines lines;

	if (proxies == 0)
		return client;
	lines.name = header == PROXY_FORWARDED ? "Forwarded" : "X-Forwarded-For";
	lines.count = 0;
	MHD_get_connection_values(connection->mhd, MHD_HEADER_KIND, take_line, &lines);
	(void)!forwarded_read(header, lines.texts, lines.count, proxies, &client);
	return client;
}
