/*
 * A provider of credentials on a scripted transport, and what came of its last fetch.
 */
#ifndef SHOPD_TEST_PROVIDING_H
#define SHOPD_TEST_PROVIDING_H

#include "aws/provider.h"
#include "scripted.h"

struct providing {
	struct script script;
	struct config config; /* for the test to change */
	struct provider_context context;
	struct provider *provider;
	bool is_done;
	struct aws_keys keys; /* the last fetch's; none when it failed */
	char why[PROVIDER_WHY_SIZE];
};

extern struct providing providing;

/* Checked fixtures. Files can be written (written.h). */
void providing_set_up(void);
void providing_tear_down(void);

/* Makes a provider and asks it; again, if it is made already. */
void providing_fetch(const struct provider_kind *kind);
/* Forgets the provider that was made. */
void providing_end(void);
/* Runs the script until the fetch is over that is under way. */
void providing_wait(void);

void providing_assert_key(const char *access_key);
void providing_assert_why(const char *part);
/* What the provider says of itself. */
void providing_assert_look(const struct provider_kind *kind, enum provider_state state,
			   const char *about);

/* For alloc_fail_each with the kind: it makes, asks and ends one, which works or says why not. */
void providing_fetch_once(void *kind);

/* Answers. */
#define PROVIDING_JSON(key)                                                            \
	{                                                                              \
		.status = 200, .body = "{\"AccessKeyId\":\"" key                       \
				       "\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"," \
				       "\"Expiration\":\"2015-08-30T18:36:00Z\"}"      \
	}
#define PROVIDING_TEXT(text)                  \
	{                                     \
		.status = 200, .body = (text) \
	}
#define PROVIDING_STS(operation, key)                                                       \
	{                                                                                   \
		.status = 200,                                                              \
		.body = "<" operation "Response><" operation                                \
			"Result><Credentials><AccessKeyId>" key                             \
			"</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t" \
			"</SessionToken><Expiration>2015-08-30T18:36:00Z</Expiration>"      \
			"</Credentials></" operation "Result></" operation "Response>"      \
	}

#endif
