/*
 * Runs the unit tests: all suites, or those named on the command line.
 *
 * A suite is a file test/unit/test_<module>.c with one function `Suite *<module>_suite(void)`; the
 * Makefile makes suites.inc from the names of the files. Each test runs in a process of its own;
 * CK_FORK=no keeps them in this one, for a debugger.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(module) Suite *module##_suite(void);
#include "suites.inc"
#undef SUITE

struct suite {
	const char *name;
	Suite *(*make)(void);
};

#define SUITE(module) {#module, module##_suite},
static const struct suite suites[] = {
#include "suites.inc"
	{NULL, NULL},
};
#undef SUITE

static const struct suite *find_suite(const char *name)
{
	for (const struct suite *suite = suites; suite->name != NULL; suite++)
		if (strcmp(suite->name, name) == 0)
			return suite;
	return NULL;
}

static void add_all(SRunner *runner)
{
	for (const struct suite *suite = suites; suite->name != NULL; suite++)
		srunner_add_suite(runner, suite->make());
}

int main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	int failed;

	setenv("CK_DEFAULT_TIMEOUT", "30", 0); /* seconds for each test: machines may be busy */
	if (argc == 1)
		add_all(runner);
	for (int i = 1; i < argc; i++) {
		const struct suite *suite = find_suite(argv[i]);

		if (suite == NULL) {
			fprintf(stderr, "unit: no suite is called '%s'\n", argv[i]);
			return EXIT_FAILURE;
		}
		srunner_add_suite(runner, suite->make());
	}
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
