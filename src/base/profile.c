#include "base/profile.h"

#include <errno.h>
#include <string.h>

#include "base/ini.h"
#include "base/secret.h"

enum { SHOWN_MAX = 200 };

static void add_mistake(struct buf *mistake, const char *path, const char *what)
{
	buf_add_escaped(mistake, path, strlen(path), SHOWN_MAX);
	buf_add_str(mistake, what);
}

static bool check_lines(const struct buf *text, const char *path, struct buf *mistake)
{
	struct ini_reader reader;

	ini_reader_init(&reader, (struct span){buf_text(text), text->len});
	while (ini_reader_next(&reader)) {
		if (reader.kind != INI_WRONG)
			continue;
		add_mistake(mistake, path, "");
		buf_add_format(mistake, ": line %zu is neither [section] nor name = value",
			       reader.number);
		return false;
	}
	return true;
}

static bool read_file(struct buf *text, const char *path, struct buf *mistake)
{
	if (!path)
		return true;
	if (secret_read_file(path, PROFILE_FILE_MAX, text))
		return check_lines(text, path, mistake);
	if (errno == ENOENT || errno == ENOTDIR)
		return true;
	add_mistake(mistake, path, " cannot be read: ");
	buf_add_str(mistake, strerror(errno));
	return false;
}

bool profiles_read(struct profiles *profiles, const char *config_path, const char *credentials_path,
		   struct buf *mistake)
{
	*profiles = (struct profiles){0};
	return read_file(&profiles->config, config_path, mistake) &&
	       read_file(&profiles->credentials, credentials_path, mistake);
}

void profiles_clear(struct profiles *profiles)
{
	secret_clear(&profiles->config);
	secret_clear(&profiles->credentials);
}

/* "profile x" is the profile x, in quotes or not; absent for another kind of section. */
static struct span name_behind(struct span section, const char *kind)
{
	size_t len = strlen(kind);

	if (section.len <= len || memcmp(section.data, kind, len) != 0 ||
	    !strchr(" \t", section.data[len]))
		return (struct span){0};
	section = (struct span){section.data + len, section.len - len};
	while (section.len > 0 && strchr(" \t", section.data[0]))
		section = (struct span){section.data + 1, section.len - 1};
	if (section.len > 2 && strchr("\"'", section.data[0]) &&
	    section.data[section.len - 1] == section.data[0])
		section = (struct span){section.data + 1, section.len - 2};
	return section;
}

/* How well a section of the config file fits a profile: "profile default" goes before "default". */
static int fit_in_config(struct span section, struct span profile)
{
	struct span name = name_behind(section, "profile");

	if (name.len > 0 && name.len == profile.len &&
	    memcmp(name.data, profile.data, name.len) == 0)
		return 2;
	return span_equals(profile, "default") && span_equals(section, "default") ? 1 : 0;
}

static int fit_in_credentials(struct span section, struct span profile)
{
	return span_same(section, profile);
}

typedef int fit_function(struct span section, struct span name);

/* How well the best section fits; 0: there is none. */
static int best_fit(const struct buf *text, fit_function *fit, struct span profile)
{
	struct ini_reader reader;
	int best = 0;

	ini_reader_init(&reader, (struct span){buf_text(text), text->len});
	while (ini_reader_next(&reader)) {
		if (reader.kind == INI_SECTION && fit(reader.section, profile) > best)
			best = fit(reader.section, profile);
	}
	return best;
}

bool profiles_have(const struct profiles *profiles, const char *profile)
{
	return best_fit(&profiles->config, fit_in_config, span_of(profile)) > 0 ||
	       best_fit(&profiles->credentials, fit_in_credentials, span_of(profile)) > 0;
}

/* Of several that are equal the last one counts. */
static struct span find_in(const struct buf *text, fit_function *fit, struct span profile,
			   const char *name)
{
	int best = best_fit(text, fit, profile);
	struct span value = {0};
	struct ini_reader reader;

	ini_reader_init(&reader, (struct span){buf_text(text), text->len});
	while (best > 0 && ini_reader_next(&reader)) {
		if (reader.kind == INI_PROPERTY && fit(reader.section, profile) == best &&
		    span_equals_nocase(reader.name, name))
			value = reader.value;
	}
	return value.len > 0 ? value : (struct span){0};
}

struct span profiles_find_beside(const struct profiles *profiles, const char *profile,
				 const char *beside, const char *name)
{
	struct span wanted = span_of(profile);

	if (find_in(&profiles->credentials, fit_in_credentials, wanted, beside).data)
		return find_in(&profiles->credentials, fit_in_credentials, wanted, name);
	if (find_in(&profiles->config, fit_in_config, wanted, beside).data)
		return find_in(&profiles->config, fit_in_config, wanted, name);
	return (struct span){0};
}

struct span profiles_find(const struct profiles *profiles, const char *profile, const char *name)
{
	return profiles_find_beside(profiles, profile, name, name);
}

static bool is_services_section(struct span section, struct span services)
{
	struct span name = name_behind(section, "services");

	return name.data && name.len == services.len &&
	       memcmp(name.data, services.data, name.len) == 0;
}

struct span profiles_find_service(const struct profiles *profiles, struct span services,
				  const char *service, const char *name)
{
	bool is_of_service = false;
	struct span value = {0};
	struct ini_reader reader;

	ini_reader_init(&reader, (struct span){buf_text(&profiles->config), profiles->config.len});
	while (services.data && ini_reader_next(&reader)) {
		if (reader.kind == INI_PROPERTY)
			is_of_service = is_services_section(reader.section, services) &&
					span_equals_nocase(reader.name, service);
		else if (reader.kind == INI_SECTION)
			is_of_service = false;
		else if (is_of_service && span_equals_nocase(reader.name, name))
			value = reader.value;
	}
	return value.len > 0 ? value : (struct span){0};
}
