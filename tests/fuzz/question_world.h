// The database of questions: rows that fit the models of question.proto, and rows that do not.
#ifndef RELATIONS_TESTS_FUZZ_QUESTION_WORLD_H
#define RELATIONS_TESTS_FUZZ_QUESTION_WORLD_H

#include "server/store/store.h"

// Writes the database into a new file, whose path ends in XXXXXX and becomes its name, and opens it.
void question_store(char *path, rel_store **store);
// Ends the process with the error's message unless the code is REL_OK.
void question_must(rel_code code, const rel_error *error);

#endif
