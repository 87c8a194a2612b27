#include "daemon/files.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "base/secret.h"

static void warn_of_others(const char *path, const char *what)
{
	log_event(LOG_WARNING, "others on this machine should not be able to do that; chmod",
		  LOG_F_STR("what", what), LOG_F_STR("file", path));
}

/* Its hashes tell nobody anything, but who adds a line has a key. */
static void judge_keys_file(const char *path)
{
	if (secret_is_writable(path))
		warn_of_others(path, "write API keys");
}

static void judge_identity_files(const struct config *config)
{
	if (secret_is_writable(config->tls_certificate_file))
		warn_of_others(config->tls_certificate_file, "write the TLS certificate");
	if (secret_is_writable(config->tls_key_file))
		warn_of_others(config->tls_key_file, "write the TLS key");
	if (secret_is_readable(config->tls_key_file))
		warn_of_others(config->tls_key_file, "read the TLS key");
}

static bool read_keys(struct files *files, const struct config *config)
{
	char why[API_KEY_WHY_SIZE];
	const char *path = config->api_keys_file;
	struct api_keys *keys = api_keys_read(path, files->keys, why);

	if (!keys) {
		log_event(LOG_ERROR, "cannot take the API keys", LOG_F_STR("file", path),
			  LOG_F_STR("why", why));
		return false;
	}
	log_event(LOG_INFO, "API keys", LOG_F_STR("file", path),
		  LOG_F_NUM("keys", api_keys_count(keys)));
	judge_keys_file(path);
	api_keys_release(files->keys);
	files->keys = keys;
	return true;
}

/* A load balancer does not mind, so it is no reason not to serve. */
static void tell_of_identity(const struct tls_identity *identity, const char *path)
{
	const struct tls_identity_facts *facts = tls_identity_facts(identity);
	int64_t now_ms = clock_wall_ms(clock_system());
	bool is_valid = now_ms >= facts->from_ms && now_ms < facts->until_ms;
	char until[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(facts->until_ms, until);
	log_event(is_valid ? LOG_INFO : LOG_WARNING,
		  is_valid ? "TLS certificate" : "the TLS certificate is not valid at this time",
		  LOG_F_STR("file", path), LOG_F_STR("subject", facts->subject),
		  LOG_F_STR("expires", until));
}

static bool read_identity(struct files *files, const struct config *config)
{
	char why[TLS_IDENTITY_WHY_SIZE];
	struct tls_identity *identity =
		tls_identity_read(config->tls_certificate_file, config->tls_key_file, why);

	if (!identity) {
		log_event(LOG_ERROR,
			  files->identity
				  ? "cannot take the TLS certificate; the one from before stays"
				  : "cannot take the TLS certificate",
			  LOG_F_STR("why", why));
		return false;
	}
	tell_of_identity(identity, config->tls_certificate_file);
	judge_identity_files(config);
	tls_identity_release(files->identity);
	files->identity = identity;
	return true;
}

bool files_read(struct files *files, const struct config *config)
{
	bool is_sound = !config->api_keys_file || read_keys(files, config);

	return (!config->tls_certificate_file || read_identity(files, config)) && is_sound;
}

static bool check_keys(const char *path, struct buf *mistakes)
{
	char why[API_KEY_WHY_SIZE];
	struct api_keys *keys = api_keys_read(path, NULL, why);

	if (!keys)
		buf_add_format(mistakes, "SHOPD_API_KEYS: %s: %s\n", path, why);
	judge_keys_file(path);
	api_keys_release(keys);
	return keys != NULL;
}

static bool check_identity(const struct config *config, struct buf *mistakes)
{
	char why[TLS_IDENTITY_WHY_SIZE];
	struct tls_identity *identity =
		tls_identity_read(config->tls_certificate_file, config->tls_key_file, why);

	if (!identity)
		buf_add_format(mistakes, "SHOPD_TLS_CERT, SHOPD_TLS_KEY: %s\n", why);
	judge_identity_files(config);
	tls_identity_release(identity);
	return identity != NULL;
}

bool files_check(const struct config *config, struct buf *mistakes)
{
	bool is_sound = !config->api_keys_file || check_keys(config->api_keys_file, mistakes);

	return (!config->tls_certificate_file || check_identity(config, mistakes)) && is_sound;
}

void files_write_metrics(const struct files *files, struct buf *out)
{
	if (files->keys)
		api_keys_write_metrics(files->keys, out);
	if (!files->identity)
		return;
	metric_write_head(out, "shopd_tls_certificate_expires_seconds", "gauge",
			  "Unix time when the TLS certificate for new connections expires.");
	metric_write(out, "shopd_tls_certificate_expires_seconds", "",
		     (uint64_t)tls_identity_facts(files->identity)->until_ms / 1000);
}

void files_clear(struct files *files)
{
	api_keys_release(files->keys);
	tls_identity_release(files->identity);
	*files = (struct files){0};
}
