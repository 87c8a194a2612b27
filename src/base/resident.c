#include "base/resident.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Only what is mapped without PROT_WRITE: such pages are as they are in the file, while dropping a
 * written one, a relocated table for one, would undo what was written.
 */
static int drop_segments(struct dl_phdr_info *object, size_t size, void *context)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)context;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + segment->p_vaddr;
		uintptr_t first = start & ~(page - 1);

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0)
			(void)madvise((void *)first, start + segment->p_memsz - first,
				      MADV_DONTNEED);
	}
	return 0;
}

void resident_drop_code(void)
{
	dl_iterate_phdr(drop_segments, NULL);
}
