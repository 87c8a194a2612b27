#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/buf.h"
#include "base/digest.h"

static struct digest *digest;
static struct buf hex;

static void set_up(void)
{
	digest = digest_new();
	ck_assert_ptr_nonnull(digest);
	buf_init(&hex, 1000);
}

static void tear_down(void)
{
	buf_clear(&hex);
	digest_free(digest);
}

static const char *sha256(const char *text, size_t len)
{
	uint8_t hash[DIGEST_SHA256_SIZE];

	ck_assert(digest_sha256(digest, text, len, hash));
	buf_reset(&hex);
	buf_add_hex(&hex, hash, sizeof(hash));
	return buf_text(&hex);
}

/* FIPS 180-4, examples of NIST. */
START_TEST(sha_256_is_what_nist_says)
{
	ck_assert_str_eq(sha256("", 0),
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_assert_str_eq(sha256("abc", 3),
			 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_str_eq(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
			 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	ck_assert_str_eq(sha256(NULL, 0),
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

static const struct {
	const char *key;
	size_t key_len;
	const char *text;
	size_t len;
	const char *mac;
} macs[] = {
	/* RFC 4231, test cases 1 and 2; then empty keys and texts, by Python's hmac. */
	{"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20,
	 "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"Jefe", 4, "what do ya want for nothing?", 28,
	 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{"", 0, "", 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
	{NULL, 0, NULL, 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

static const char *hmac(struct bytes key, struct bytes text)
{
	uint8_t mac[DIGEST_SHA256_SIZE];

	ck_assert(digest_hmac_sha256(digest, key, text, mac));
	buf_reset(&hex);
	buf_add_hex(&hex, mac, sizeof(mac));
	return buf_text(&hex);
}

START_TEST(hmac_is_what_rfc_4231_says)
{
	char key[131];
	char text[50];

	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		ck_assert_str_eq(hmac((struct bytes){macs[i].key, macs[i].key_len},
				      (struct bytes){macs[i].text, macs[i].len}),
				 macs[i].mac);
	}
	memset(key, 0xaa, sizeof(key));
	memset(text, 0xdd, sizeof(text));
	ck_assert_str_eq(hmac((struct bytes){key, 20}, (struct bytes){text, 50}),
			 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	ck_assert_str_eq(
		hmac((struct bytes){key, 131},
		     (struct bytes){"Test Using Larger Than Block-Size Key - Hash Key First", 54}),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

START_TEST(keys_of_64_and_65_bytes_are_treated_differently)
{
	/* Computed with Python's hmac module. */
	char key[65];

	memset(key, 'k', sizeof(key));
	ck_assert_str_eq(hmac((struct bytes){key, 64}, (struct bytes){"x", 1}),
			 "f91c4c403625fb06910ef93999265bbd2d62baeaec6ff36455498cc124fe3e66");
	ck_assert_str_eq(hmac((struct bytes){key, 65}, (struct bytes){"x", 1}),
			 "75092ca3ee2b307470c227697b42b3e65376aa3bae98fb5a1f7b7536daa9588a");
}
END_TEST

START_TEST(the_mac_may_replace_the_key)
{
	uint8_t key[DIGEST_SHA256_SIZE] = {1, 2, 3};
	uint8_t mac[DIGEST_SHA256_SIZE];
	const struct bytes text = {"text", 4};

	ck_assert(digest_hmac_sha256(digest, (struct bytes){key, sizeof(key)}, text, mac));
	ck_assert(digest_hmac_sha256(digest, (struct bytes){key, sizeof(key)}, text, key));
	ck_assert_mem_eq(key, mac, sizeof(mac));
}
END_TEST

START_TEST(a_text_that_is_started_may_end_in_many_ways)
{
	char text[200];
	struct digest_prefix prefix = {0};
	uint8_t whole[DIGEST_SHA256_SIZE];
	uint8_t parts[DIGEST_SHA256_SIZE];

	memset(text, 't', sizeof(text));
	ck_assert(!digest_prefix_sha256(digest, &prefix, "", 0, parts));
	for (size_t first = 0; first <= 130; first += 13) {
		ck_assert(digest_prefix_set(digest, &prefix, text, first));
		for (size_t len = first; len <= sizeof(text); len += 7) {
			ck_assert(digest_sha256(digest, text, len, whole));
			ck_assert(digest_prefix_sha256(digest, &prefix, text + first, len - first,
						       parts));
			ck_assert_mem_eq(parts, whole, sizeof(whole));
		}
	}
	digest_prefix_clear(&prefix);
	digest_prefix_clear(&prefix);
}
END_TEST

START_TEST(crc_32_is_that_of_zlib)
{
	ck_assert_uint_eq(digest_crc32("123456789", 9), 0xcbf43926);
	ck_assert_uint_eq(digest_crc32("", 0), 0);
	ck_assert_uint_eq(digest_crc32("{}", 2), 2745614147);
}
END_TEST

START_TEST(equal_is_equal_in_each_byte)
{
	ck_assert(digest_equal("abc", "abc", 3));
	ck_assert(digest_equal("abc", "abd", 2));
	ck_assert(!digest_equal("abc", "abd", 3));
	ck_assert(!digest_equal("xbc", "abc", 3));
	ck_assert(digest_equal(NULL, NULL, 0));
}
END_TEST

START_TEST(random_bytes_fill_all_and_do_not_repeat)
{
	uint8_t one[1000] = {0};
	uint8_t other[1000] = {0};
	bool is_seen[256] = {0};
	size_t count = 0;

	digest_random(one, sizeof(one));
	digest_random(other, sizeof(other));
	digest_random(NULL, 0);
	ck_assert_mem_ne(one, other, sizeof(one));
	for (size_t i = 0; i < sizeof(one); i++) {
		count += !is_seen[one[i]];
		is_seen[one[i]] = true;
	}
	ck_assert_uint_gt(count, 200);
}
END_TEST

START_TEST(a_wiped_secret_is_gone)
{
	char secret[] = "secret";

	digest_wipe(secret, sizeof(secret));
	ck_assert_mem_eq(secret, "\0\0\0\0\0\0\0", 7);
	digest_wipe(NULL, 0);
}
END_TEST

static void make(void *context)
{
	struct digest *own = digest_new();

	(void)context;
	ck_assert((own != NULL) != alloc_has_failed());
	digest_free(own);
}

START_TEST(it_is_null_when_there_is_no_memory)
{
	alloc_fail_each(make, NULL);
}
END_TEST

Suite *digest_suite(void)
{
	Suite *all = suite_create("digest");
	TCase *cases = tcase_create("all");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, sha_256_is_what_nist_says);
	tcase_add_test(cases, hmac_is_what_rfc_4231_says);
	tcase_add_test(cases, keys_of_64_and_65_bytes_are_treated_differently);
	tcase_add_test(cases, the_mac_may_replace_the_key);
	tcase_add_test(cases, a_text_that_is_started_may_end_in_many_ways);
	tcase_add_test(cases, crc_32_is_that_of_zlib);
	tcase_add_test(cases, equal_is_equal_in_each_byte);
	tcase_add_test(cases, random_bytes_fill_all_and_do_not_repeat);
	tcase_add_test(cases, a_wiped_secret_is_gone);
	tcase_add_test(cases, it_is_null_when_there_is_no_memory);
	suite_add_tcase(all, cases);
	return all;
}
