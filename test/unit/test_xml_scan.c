#include <check.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/xml_scan.h"

static const struct {
	const char *text;
	bool is_right;
} texts[] = {
	{"<a/>", true},
	{"<a></a>", true},
	{"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b='c' d = \"e>f\" >x<b/>y</a >\n", true},
	{"<!-- c --><a><!-- <b> & --></a><!-- d -->", true},
	{"<x:a xmlns:x=\"u\"><x:b>&lt;&#65;&#x20ac;&amp;&quot;&apos;&gt;</x:b></x:a>", true},
	{"<a><![CDATA[<b>&]]></a>", true},
	{"<\xc3\xa4>\xe2\x82\xac</\xc3\xa4>", true},
	{"", false},
	{" ", false},
	{"text", false},
	{"<a>", false},
	{"</a>", false},
	{"<a></b>", false},
	{"<a><b></a></b>", false},
	{"<a/><b/>", false},
	{"<a/>x", false},
	{"x<a/>", false},
	{"<a/><![CDATA[x]]>", false},
	{"<a>&nbsp;</a>", false},
	{"<a>&</a>", false},
	{"<a>&#0;</a>", false},
	{"<a>&#xd800;</a>", false},
	{"<a>&#x110000;</a>", false},
	{"<a>&#;</a>", false},
	{"<a>&#65</a>", false},
	{"<a b></a>", false},
	{"<a b=c></a>", false},
	{"<a b='c'd='e'></a>", false},
	{"<a b='<'></a>", false},
	{"<a b='c></a>", false},
	{"<a", false},
	{"<", false},
	{"< a/>", false},
	{"<1/>", false},
	{"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", false},
	{"<a><?php x ?></a>", false},
	{"<?xml version='1.0'", false},
	{"<a>\xff</a>", false},
	{"<a><!-- x</a>", false},
	{"<a><![CDATA[x</a>", false},
	{"<html><head><meta charset=utf-8></head></html>", false},
};

START_TEST(only_one_whole_element_passes)
{
	ck_assert_msg(xml_scan_check(span_of(texts[_i].text)) == texts[_i].is_right, "%s",
		      texts[_i].text);
}
END_TEST

START_TEST(depth_has_a_limit)
{
	char text[8 * (XML_SCAN_DEPTH + 1) + 1] = "";

	for (int i = 0; i < XML_SCAN_DEPTH; i++)
		strcat(text, "<a>");
	for (int i = 0; i < XML_SCAN_DEPTH; i++)
		strcat(text, "</a>");
	ck_assert(xml_scan_check(span_of(text)));
	text[0] = '\0';
	for (int i = 0; i <= XML_SCAN_DEPTH; i++)
		strcat(text, "<a>");
	for (int i = 0; i <= XML_SCAN_DEPTH; i++)
		strcat(text, "</a>");
	ck_assert(!xml_scan_check(span_of(text)));
}
END_TEST

START_TEST(a_nul_is_no_text)
{
	ck_assert(!xml_scan_check((struct span){"<a>\0</a>", 8}));
	ck_assert(!xml_scan_check((struct span){NULL, 0}));
}
END_TEST

START_TEST(elements_are_found_by_their_names)
{
	struct span text = span_of("<?xml version='1.0'?><R><s:A>1</s:A><B><A>2</A></B><A>3</A>"
				   "<C/></R>");
	struct span root;

	ck_assert(xml_scan_check(text));
	root = xml_scan_child(text, "R");
	ck_assert(span_equals(xml_scan_child(root, "A"), "1"));
	ck_assert(span_equals(xml_scan_child(xml_scan_child(root, "B"), "A"), "2"));
	ck_assert(span_equals(xml_scan_child(root, "C"), ""));
	ck_assert_ptr_null(xml_scan_child(root, "D").data);
	ck_assert_ptr_null(xml_scan_child(xml_scan_child(root, "D"), "A").data);
}
END_TEST

START_TEST(elements_of_one_name_are_walked)
{
	struct xml_walk walk;
	size_t count = 0;

	xml_walk_init(&walk, span_of(" <m>a</m>\n<m><m/></m> x <n/><m></m>"));
	while (xml_walk_next(&walk))
		count += span_equals(walk.name, "m");
	ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(text_is_decoded)
{
	struct buf out;

	buf_init(&out, 100);
	xml_text_decode(span_of("a&lt;&#xe4;&#8364;&#x1f600;<b>c</b><!-- d --><![CDATA[&e]]>"),
			&out);
	xml_text_decode(span_of("<?xml version='1.0' b='<c>'?>"), &out);
	ck_assert_str_eq(buf_text(&out), "a<\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"
					 "c&e");
	buf_clear(&out);
}
END_TEST

static void decode(void *context)
{
	struct buf out;

	(void)context;
	buf_init(&out, 100);
	xml_text_decode(span_of("text"), &out);
	ck_assert(buf_ok(&out) != alloc_has_failed());
	buf_clear(&out);
}

START_TEST(the_buffer_says_when_memory_was_short)
{
	alloc_fail_each(decode, NULL);
}
END_TEST

Suite *xml_scan_suite(void)
{
	Suite *all = suite_create("xml_scan");
	TCase *cases = tcase_create("all");

	tcase_add_loop_test(cases, only_one_whole_element_passes, 0,
			    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(cases, depth_has_a_limit);
	tcase_add_test(cases, a_nul_is_no_text);
	tcase_add_test(cases, elements_are_found_by_their_names);
	tcase_add_test(cases, elements_of_one_name_are_walked);
	tcase_add_test(cases, text_is_decoded);
	tcase_add_test(cases, the_buffer_says_when_memory_was_short);
	suite_add_tcase(all, cases);
	return all;
}
