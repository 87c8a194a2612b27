/*
 * The profiles of ~/.aws/config and ~/.aws/credentials, where the AWS tools keep their settings.
 *
 * The texts are kept as they are and looked through for each question: there are few, and so there
 * is one place to wipe. Values are borrowed from them; an empty one counts as none.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 */
#ifndef SHOPD_BASE_PROFILE_H
#define SHOPD_BASE_PROFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/result.h"
#include "base/text.h"

enum { PROFILE_FILE_MAX = 256 * 1024 };

/* Zeroed memory is valid: no files. */
struct profiles {
	struct buf config;
	struct buf credentials;
};

/*
 * Reads both files. A path that is NULL or leads to nothing is an empty file. False when a file
 * cannot be read, is too long, or has a line that makes no sense; `mistake` then has that in words,
 * without an end of line. Clear the profiles in either case.
 */
MUST_CHECK bool profiles_read(struct profiles *profiles, const char *config_path,
			      const char *credentials_path, struct buf *mistake);
/* Overwrites and releases. */
void profiles_clear(struct profiles *profiles);

bool profiles_have(const struct profiles *profiles, const char *profile);

/* A property of a profile; absent when there is none. The credentials file goes first. */
struct span profiles_find(const struct profiles *profiles, const char *profile, const char *name);

/*
 * The same, but only from that file which has `beside`, so that what belongs together is not of two
 * files. Absent when neither has that.
 */
struct span profiles_find_beside(const struct profiles *profiles, const char *profile,
				 const char *beside, const char *name);

/* A property of a service in a [services] section, such as "dynamodb" and "endpoint_url". */
struct span profiles_find_service(const struct profiles *profiles, struct span services,
				  const char *service, const char *name);

#endif
