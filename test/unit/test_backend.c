#include <check.h>

#include "base/log.h"
#include "daemon/backend.h"

/* All that can be asked over TLS. With a bundle that is not there, it shows who wants one. */
static const struct {
	struct config config;
	bool wants_authorities;
} cases[] = {
	{{.endpoint_dynamodb = "http://127.0.0.1:1"}, false},
	{{.endpoint_dynamodb = "https://127.0.0.1:1"}, true},
	{{.topic_arn = "arn", .endpoint_sns = "http://127.0.0.1:1"}, false},
	{{.topic_arn = "arn", .endpoint_sns = "https://127.0.0.1:1"}, true},
	{{.endpoint_sns = "https://127.0.0.1:1"}, false},
	{{.jwks_url = "http://127.0.0.1:1/keys"}, false},
	{{.jwks_url = "https://127.0.0.1:1/keys"}, true},
	{{.balancers = "arn", .balancer_keys = "http://127.0.0.1:1"}, false},
	{{.balancers = "arn", .balancer_keys = "https://127.0.0.1:1"}, true},
};

START_TEST(authorities_are_read_when_somebody_is_asked_over_tls)
{
	struct config config = cases[_i].config;
	struct trust *trust;

	config.access_key_id = "AKID";
	config.secret_access_key = "secret";
	config.ca_bundle = "/nowhere/at/all.pem";
	if (!config.endpoint_dynamodb)
		config.endpoint_dynamodb = "http://127.0.0.1:1";
	log_set_level((enum log_level)(LOG_ERROR + 1));
	ck_assert(backend_load_trust(&config, &trust) != cases[_i].wants_authorities);
	ck_assert_ptr_null(trust);
}
END_TEST

Suite *backend_suite(void)
{
	Suite *all = suite_create("backend");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, authorities_are_read_when_somebody_is_asked_over_tls, 0,
			    sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(all, tests);
	return all;
}
