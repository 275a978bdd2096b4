// Singular and plural of English words, as tables and columns use them: see naming.h. Tables of exceptions
// before rules; the exceptions are those that turn up in databases, not those of a grammar.
#include "client/cli/introspect/naming.h"

// Their own plural, or no noun that has one. Words that end in s and are singular stand here too.
static const char *const unchanging[] = {
    "analytics", "as",          "aws",      "chaos", "cms",      "css",       "data",        "deer",
    "dns",       "equipment",   "feedback", "fish",  "gps",      "has",       "hardware",    "headquarters",
    "info",      "information", "ios",      "is",    "its",      "logistics", "mathematics", "means",
    "media",     "metadata",    "money",    "news",  "os",       "physics",   "pos",         "research",
    "rice",      "series",      "sheep",    "sms",   "software", "species",   "staff",       "statistics",
    "stuff",     "this",        "tls",      "was",
};

static const struct {
  const char *singular;
  const char *plural;
} irregular[] = {
    {"alias", "aliases"},
    {"analysis", "analyses"},
    {"atlas", "atlases"},
    {"axis", "axes"},
    {"basis", "bases"},
    {"bias", "biases"},
    {"bonus", "bonuses"},
    {"bus", "buses"},
    {"cache", "caches"},
    {"calf", "calves"},
    {"calorie", "calories"},
    {"campus", "campuses"},
    {"canoe", "canoes"},
    {"canvas", "canvases"},
    {"census", "censuses"},
    {"child", "children"},
    {"cookie", "cookies"},
    {"corpus", "corpora"},
    {"crisis", "crises"},
    {"criterion", "criteria"},
    {"diagnosis", "diagnoses"},
    {"foot", "feet"},
    {"gas", "gases"},
    {"goose", "geese"},
    {"guru", "gurus"},
    {"half", "halves"},
    {"headache", "headaches"},
    {"index", "indices"},
    {"index", "indexes"},
    {"knife", "knives"},
    {"leaf", "leaves"},
    {"lens", "lenses"},
    {"life", "lives"},
    {"loaf", "loaves"},
    {"man", "men"},
    {"matrix", "matrices"},
    {"menu", "menus"},
    {"mouse", "mice"},
    {"movie", "movies"},
    {"niche", "niches"},
    {"ox", "oxen"},
    {"person", "people"},
    {"phenomenon", "phenomena"},
    {"process", "processes"},
    {"quiz", "quizzes"},
    {"salesman", "salesmen"},
    {"schema", "schemas"},
    {"schema", "schemata"},
    {"self", "selves"},
    {"shelf", "shelves"},
    {"shoe", "shoes"},
    {"status", "statuses"},
    {"synopsis", "synopses"},
    {"taxi", "taxis"},
    {"thesis", "theses"},
    {"thief", "thieves"},
    {"toe", "toes"},
    {"tooth", "teeth"},
    {"vertex", "vertices"},
    {"wife", "wives"},
    {"wolf", "wolves"},
    {"woman", "women"},
};

enum { IRREGULAR_COUNT = sizeof irregular / sizeof irregular[0] };

// What the end of a word becomes; the first rule that fits holds. `least` letters must stand before the
// ending.
typedef struct rule {
  const char *ending;
  const char *becomes;
  size_t least;
} rule;

static const rule to_singular[] = {
    {"ies", "y", 2},                                             // categories; but ties, pies
    {"ss", "ss", 0},      {"us", "us", 0},      {"is", "is", 0}, // address, virus, basis
    {"sses", "ss", 0},    {"shes", "sh", 0},    {"ches", "ch", 0}, {"xes", "x", 0}, {"zzes", "zz", 0},
    {"ouses", "ouse", 0}, {"auses", "ause", 0}, {"uses", "us", 1}, // houses, causes, viruses
    {"oes", "o", 1},                                               // heroes
    {"s", "", 2},
};

static const rule to_plural[] = {
    {"sis", "ses", 0},     {"s", "ses", 0},       {"x", "xes", 0},       {"z", "zes", 0},
    {"ch", "ches", 0},     {"sh", "shes", 0},     {"ay", "ays", 0},      {"ey", "eys", 0},
    {"oy", "oys", 0},      {"uy", "uys", 0},      {"y", "ies", 1},       {"hero", "heroes", 0},
    {"tato", "tatoes", 0}, {"mato", "matoes", 0}, {"echo", "echoes", 0}, {"", "s", 0},
};

static bool is_unchanging(rel_str word) {
  for (size_t i = 0; i < sizeof unchanging / sizeof unchanging[0]; i++)
    if (rel_str_is(word, unchanging[i])) return true;
  return false;
}

static rel_str apply(rel_arena *arena, const rule *rules, size_t count, rel_str word) {
  for (size_t i = 0; i < count; i++) {
    rel_str ending = rel_cstr(rules[i].ending);
    if (word.len < ending.len + rules[i].least) continue;
    size_t stem = word.len - ending.len;
    if (!rel_str_eq(rel_bytes(word.ptr + stem, ending.len), ending)) continue;
    return rel_arena_printf(arena, REL_STR_F "%s", (int)stem, word.ptr, rules[i].becomes);
  }
  return word;
}

rel_str rel_word_singular(rel_arena *arena, rel_str word) {
  if (is_unchanging(word)) return word;
  for (size_t i = 0; i < IRREGULAR_COUNT; i++) {
    if (rel_str_is(word, irregular[i].plural)) return rel_cstr(irregular[i].singular);
    if (rel_str_is(word, irregular[i].singular)) return word;
  }
  return apply(arena, to_singular, sizeof to_singular / sizeof to_singular[0], word);
}

rel_str rel_word_plural(rel_arena *arena, rel_str word) {
  if (is_unchanging(word)) return word;
  for (size_t i = 0; i < IRREGULAR_COUNT; i++) {
    if (rel_str_is(word, irregular[i].singular)) return rel_cstr(irregular[i].plural);
    if (rel_str_is(word, irregular[i].plural)) return word;
  }
  if (!rel_str_eq(rel_word_singular(arena, word), word)) return word; // it is one already
  return apply(arena, to_plural, sizeof to_plural / sizeof to_plural[0], word);
}
