// Uses the accessors of two schemas in one program, without a server: what is asked fails, and in the right
// way.
#include "books.relations.h"
#include "people/people.relations.h"

#include <stdio.h>

static int failed(const char *what, const rel_error *error) {
  fprintf(stderr, "FAILED: %s (%s)\n", what, error->message);
  return 1;
}

int main(void) {
  rel_error error = {0};
  rel_client *client;
  rel_client_options options = {.target = "unix:/nonexistent/relations.sock", .max_attempts = 1};
  if (rel_client_connect(&options, &client, &error) != REL_OK) return failed("connect", &error);

  Bookshop__Books__Book book = BOOKSHOP__BOOKS__BOOK__INIT;
  bookshop_people_person_result person;
  if (bookshop_books_book_author(client, &book, &person, &error) != REL_UNAVAILABLE)
    return failed("no server is there", &error);

  Bookshop__People__Person somebody = BOOKSHOP__PEOPLE__PERSON__INIT;
  if (bookshop_people_person_partner(client, &somebody, &person, &error) != REL_OK)
    return failed("no partner, no call", &error);
  if (person.state != REL_STATE_NULL) return failed("no partner is NULL", &error);
  bookshop_people_person_result_free(&person);

  if (bookshop_books_book_model.relations[0].target != &bookshop_people_person_model)
    return failed("one model, not two", &error);
  rel_client_free(client);
  return 0;
}
