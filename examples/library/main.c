// Prints an author, the books, and how readers like them: typed calls from C. Usage: library_client [TARGET]
#include "library.relations.h"

#include <stdio.h>

static int fail(const rel_error *error) {
  fprintf(stderr, "%s: %s\n", rel_code_reason(error->code), error->message);
  return 1;
}

static double mean_stars(const library_v1_review_list *reviews) {
  double sum = 0;
  for (size_t i = 0; i < reviews->count; i++)
    sum += reviews->records[i]->stars;
  return reviews->count > 0 ? sum / (double)reviews->count : 0;
}

int main(int argc, char **argv) {
  rel_client_options options = {.target = argc > 1 ? argv[1] : NULL, .wait_for_ready = true};
  rel_client *client;
  rel_error error;
  if (rel_client_connect(&options, &client, &error) != REL_OK) return fail(&error);

  library_v1_author_result author;
  if (library_v1_author_get(client, 1, &author, &error) != REL_OK) return fail(&error);
  printf("%s, born %d\n", author.record->name, author.record->birth_year);

  library_v1_book_list books;
  if (library_v1_author_books(client, author.record, &books, &error) != REL_OK) return fail(&error);

  library_v1_review_lists reviews; // of all the books, in one call
  if (library_v1_book_reviews_many(client, books.records, books.count, &reviews, &error) != REL_OK)
    return fail(&error);
  for (size_t i = 0; i < books.count; i++)
    printf("  %s: %zu reviews, %.1f stars\n", books.records[i]->title, reviews.items[i].count,
           mean_stars(&reviews.items[i]));

  library_v1_review_lists_free(&reviews);
  library_v1_book_list_free(&books);
  library_v1_author_result_free(&author);
  rel_client_free(client);
  return 0;
}
