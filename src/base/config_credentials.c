#include "base/config_credentials.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct row {
	const char *name;
	size_t offset; /* of the setting's field */
} rows[] = {
	{"api-keys", offsetof(struct config, api_keys_file)},
	{"jwks", offsetof(struct config, jwks_file)},
	{"tls-cert", offsetof(struct config, tls_certificate_file)},
	{"tls-key", offsetof(struct config, tls_key_file)},
};

bool config_credentials_find(struct config *config)
{
	const char *folder = config->credentials_directory;
	char path[4096];

	for (size_t i = 0; folder && i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char **field = (const char **)(void *)((char *)config + rows[i].offset);
		int len = snprintf(path, sizeof(path), "%s/%s", folder, rows[i].name);

		if (*field || len >= (int)sizeof(path) || access(path, F_OK) != 0)
			continue;
		*field = arena_copy(&config->owned, path, (size_t)len);
		if (!*field)
			return false;
	}
	return true;
}
