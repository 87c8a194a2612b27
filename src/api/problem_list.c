#include "api/problem_list.h"

#include "domain/validation.h"
#include "http/problem.h"

static void write_problems(struct buf *out)
{
	size_t count;
	const struct problem *problems = problem_table(&count);

	buf_add_str(out, "| code | status | what it says |\n|---|---|---|\n");
	for (size_t i = 0; i < count; i++)
		buf_add_format(out, "| `%s` | %d | %s. %s |\n", problems[i].code,
			       problems[i].status, problems[i].title, problems[i].detail);
}

static void write_mistakes(struct buf *out)
{
	buf_add_str(out, "| code | what it says of the field |\n|---|---|\n");
	for (int code = 0; code < MISTAKE_CODES; code++)
		buf_add_format(out, "| `%s` | %s |\n", mistake_code_name((enum mistake_code)code),
			       mistake_code_meaning((enum mistake_code)code));
}

void problem_list_write(struct buf *out)
{
	write_problems(out);
	buf_add_str(out, "\nThe codes in `errors`:\n\n");
	write_mistakes(out);
}
