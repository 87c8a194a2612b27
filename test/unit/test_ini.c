#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/ini.h"

/* What a text says: "[section]", "name=value", ">name=value" for nested ones, "!line". */
static const char *read_all(const char *text)
{
	static char all[1000];
	struct ini_reader reader;
	size_t len = 0;

	all[0] = '\0';
	ini_reader_init(&reader, span_of(text));
	while (ini_reader_next(&reader)) {
		char *at = all + len;
		size_t room = sizeof(all) - len;

		if (reader.kind == INI_SECTION)
			snprintf(at, room, "[%.*s]", (int)reader.section.len, reader.section.data);
		else if (reader.kind == INI_WRONG)
			snprintf(at, room, "!%zu ", reader.number);
		else
			snprintf(at, room, "%s%.*s=%.*s;", reader.kind == INI_NESTED ? ">" : "",
				 (int)reader.name.len, reader.name.data, (int)reader.value.len,
				 reader.value.data);
		len = strlen(all);
	}
	return all;
}

static const struct {
	const char *text;
	const char *said;
} cases[] = {
	{"", ""},
	{"\n\n  \n\t\r\n", ""},
	{"[default]\nregion = eu-west-1\noutput=json", "[default]region=eu-west-1;output=json;"},
	{"[default]\r\nregion = eu-west-1\r\n", "[default]region=eu-west-1;"},
	{"\xef\xbb\xbf[default]\n", "[default]"},
	{"  # comment\n;[x]\n[ profile  a ] ; more\na=1", "[profile  a]a=1;"},
	{"[a]#c\n", "[a]"},
	{"[a] b\n", "!1 "},
	{"[a\n[]\n[b]", "!1 !2 [b]"},
	{"a=1\n[b]\nno equals sign\n=1\na=", "!1 [b]!3 !4 a=;"},
	{"[a]\nsecret = ab#c;d ; comment\nb =# c\nd = #e\nf = g\t;h",
	 "[a]secret=ab#c;d;b=# c;d=;f=g;"},
	{"[a]\nb = c = d\n", "[a]b=c = d;"},
	{"[a]\ns3 =\n  x = 1\n\ty=2\n\n  # none\nz = 3", "[a]s3=;>x=1;>y=2;z=3;"},
	{"[a]\nb = c\n  d = e\nf = g", "[a]b=c;f=g;"},
	{"[a]\n  b = c\n  d = e\nf = g", "[a]b=c;d=e;f=g;"},
	{"[a]\nb =\n[c]\n  d = e", "[a]b=;[c]d=e;"},
	{"[a]\nb =\n  words\nc = d", "[a]b=;c=d;"},
};

START_TEST(lines_are_read_as_the_aws_tools_read_them)
{
	ck_assert_str_eq(read_all(cases[_i].text), cases[_i].said);
}
END_TEST

Suite *ini_suite(void)
{
	Suite *all = suite_create("ini");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, lines_are_read_as_the_aws_tools_read_them, 0,
			    sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(all, tests);
	return all;
}
