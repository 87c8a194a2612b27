#include <check.h>

#include "aws/provider.h"
#include "providing.h"

START_TEST(what_providers_share_is_made_once)
{
	struct imds *imds = provider_context_imds(&providing.context);
	struct sts *sts = provider_context_sts(&providing.context);

	ck_assert_ptr_nonnull(imds);
	ck_assert_ptr_nonnull(sts);
	ck_assert_ptr_eq(provider_context_imds(&providing.context), imds);
	ck_assert_ptr_eq(provider_context_sts(&providing.context), sts);
	provider_context_clear(&providing.context);
	ck_assert_ptr_null(providing.context.imds);
	ck_assert_ptr_null(providing.context.sts);
}
END_TEST

Suite *provider_suite(void)
{
	Suite *all = suite_create("provider");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, providing_set_up, providing_tear_down);
	tcase_add_test(cases, what_providers_share_is_made_once);
	suite_add_tcase(all, cases);
	return all;
}
