// Names: see naming.h. Owns how letters become words, and which names clash; inflect.c owns singular and
// plural.
#include "client/cli/introspect/naming.h"

#include "common/ascii.h"

#include <stdio.h>

// What the letters from U+00C0 to U+017F are without their accents; "" separates words.
static const char *const latin[] = {
    "A", "A", "A",  "A",  "A", "A", "Ae", "C", "E", "E", "E",  "E",  "I", "I", "I",  "I",  // 00C0
    "D", "N", "O",  "O",  "O", "O", "O",  "",  "O", "U", "U",  "U",  "U", "Y", "Th", "ss", // 00D0
    "a", "a", "a",  "a",  "a", "a", "ae", "c", "e", "e", "e",  "e",  "i", "i", "i",  "i",  // 00E0
    "d", "n", "o",  "o",  "o", "o", "o",  "",  "o", "u", "u",  "u",  "u", "y", "th", "y",  // 00F0
    "A", "a", "A",  "a",  "A", "a", "C",  "c", "C", "c", "C",  "c",  "C", "c", "D",  "d",  // 0100
    "D", "d", "E",  "e",  "E", "e", "E",  "e", "E", "e", "E",  "e",  "G", "g", "G",  "g",  // 0110
    "G", "g", "G",  "g",  "H", "h", "H",  "h", "I", "i", "I",  "i",  "I", "i", "I",  "i",  // 0120
    "I", "i", "Ij", "ij", "J", "j", "K",  "k", "k", "L", "l",  "L",  "l", "L", "l",  "L",  // 0130
    "l", "L", "l",  "N",  "n", "N", "n",  "N", "n", "n", "Ng", "ng", "O", "o", "O",  "o",  // 0140
    "O", "o", "Oe", "oe", "R", "r", "R",  "r", "R", "r", "S",  "s",  "S", "s", "S",  "s",  // 0150
    "S", "s", "T",  "t",  "T", "t", "T",  "t", "U", "u", "U",  "u",  "U", "u", "U",  "u",  // 0160
    "U", "u", "U",  "u",  "W", "w", "Y",  "y", "Y", "Z", "z",  "Z",  "z", "Z", "z",  "s",  // 0170
};

// Takes one character off the front. Returns its code point, or -1 and one byte in *byte when it is not
// UTF-8.
static int32_t next_character(rel_str *rest, uint8_t *byte) {
  *byte = (uint8_t)rest->ptr[0];
  size_t len = *byte < 0x80 ? 1 : *byte < 0xE0 ? 2 : *byte < 0xF0 ? 3 : 4;
  bool valid = len <= rest->len && rel_utf8_valid(rel_bytes(rest->ptr, len));
  int32_t code = len == 1 ? *byte : *byte & (0x7F >> len);
  if (!valid) len = 1;
  for (size_t i = 1; i < len; i++)
    code = code << 6 | (rest->ptr[i] & 0x3F);
  rest->ptr += len;
  rest->len -= len;
  return valid ? code : -1;
}

// The name in ASCII: letters, digits, and spaces where words end.
static void to_ascii(rel_str name, rel_buf *out) {
  while (name.len > 0) {
    uint8_t byte;
    int32_t code = next_character(&name, &byte);
    char c = (char)code;
    if (code < 0)
      rel_buf_printf(out, " x%02x ", byte);
    else if (code < 0x80)
      rel_buf_printf(out, "%c", rel_is_upper(c) || rel_is_lower(c) || rel_is_digit(c) ? c : ' ');
    else if (code < 0xC0 || (code >= 0x2000 && code < 0x2070))
      rel_buf_cstr(out, " "); // signs and punctuation
    else if (code < 0x180)
      rel_buf_cstr(out, latin[code - 0xC0][0] != '\0' ? latin[code - 0xC0] : " ");
    else if (code < 0x300 || code >= 0x370) // between them: accents that stand alone
      rel_buf_printf(out, " u%04x ", (unsigned)code);
  }
}

// True when a word begins at text[i], i > 0, of two adjoining letters or digits.
static bool begins_word(rel_str text, size_t i) {
  char before = text.ptr[i - 1], here = text.ptr[i];
  char after = i + 1 < text.len ? text.ptr[i + 1] : ' ';
  char behind = i + 2 < text.len ? text.ptr[i + 2] : ' ';
  if (!rel_is_upper(here)) return false;
  if (rel_is_lower(before)) return true;
  // The last capital of a run begins the next word ("HTTPServer"), but not before a plural s ("userIDs").
  return rel_is_lower(after) && !(after == 's' && !rel_is_lower(behind) && rel_is_upper(before));
}

rel_words rel_name_words(rel_arena *arena, rel_str name) {
  rel_buf ascii = {0};
  to_ascii(name, &ascii);
  rel_str text = rel_buf_view(&ascii);
  rel_words words = {.items = REL_ARENA_ARRAY(arena, rel_str, text.len + 1)};
  for (size_t i = 0; i < text.len;) {
    if (text.ptr[i] == ' ') {
      i++;
      continue;
    }
    size_t end = i + 1;
    while (end < text.len && text.ptr[end] != ' ' && !begins_word(text, end))
      end++;
    char *word = rel_arena_alloc(arena, end - i);
    for (size_t k = i; k < end; k++)
      word[k - i] = rel_to_lower(text.ptr[k]);
    words.items[words.count++] = rel_bytes(word, end - i);
    i = end;
  }
  rel_buf_fini(&ascii);
  return words;
}

rel_str rel_name_snake(rel_arena *arena, rel_words words) {
  rel_buf text = {0};
  for (size_t i = 0; i < words.count; i++) {
    if (i > 0) rel_buf_cstr(&text, "_");
    rel_buf_str(&text, words.items[i]);
  }
  rel_str name = rel_arena_copy(arena, rel_buf_view(&text));
  rel_buf_fini(&text);
  return name;
}

rel_str rel_name_camel(rel_arena *arena, rel_words words) {
  rel_buf text = {0};
  for (size_t i = 0; i < words.count; i++) {
    size_t at = text.len;
    rel_buf_str(&text, words.items[i]);
    if (rel_is_lower((char)text.data[at])) text.data[at] = (uint8_t)(text.data[at] - 'a' + 'A');
  }
  rel_str name = rel_arena_copy(arena, rel_buf_view(&text));
  rel_buf_fini(&text);
  return name;
}

static rel_words with_last(rel_arena *arena, rel_words words, rel_str (*inflect)(rel_arena *, rel_str)) {
  if (words.count == 0) return words;
  rel_words copy = {.items = REL_ARENA_ARRAY(arena, rel_str, words.count), .count = words.count};
  memcpy(copy.items, words.items, words.count * sizeof *words.items);
  copy.items[copy.count - 1] = inflect(arena, words.items[words.count - 1]);
  return copy;
}

rel_words rel_name_singular(rel_arena *arena, rel_words words) {
  return with_last(arena, words, rel_word_singular);
}

rel_words rel_name_plural(rel_arena *arena, rel_words words) {
  return with_last(arena, words, rel_word_plural);
}

// Compares without case and underscores.
static bool clash(rel_str a, rel_str b) {
  size_t i = 0, j = 0;
  for (;;) {
    while (i < a.len && a.ptr[i] == '_')
      i++;
    while (j < b.len && b.ptr[j] == '_')
      j++;
    if (i == a.len || j == b.len) return i == a.len && j == b.len;
    if (rel_to_lower(a.ptr[i++]) != rel_to_lower(b.ptr[j++])) return false;
  }
}

bool rel_names_has(const rel_names *names, rel_str name) {
  for (size_t i = 0; i < names->count; i++)
    if (clash(names->items[i], name)) return true;
  return false;
}

void rel_names_add(rel_names *names, rel_arena *arena, rel_str name) {
  if (names->count == names->capacity) {
    size_t capacity = names->capacity * 2 + 16;
    rel_str *items = REL_ARENA_ARRAY(arena, rel_str, capacity);
    if (names->count > 0) memcpy(items, names->items, names->count * sizeof *items);
    names->items = items;
    names->capacity = capacity;
  }
  names->items[names->count++] = name;
}

rel_str rel_names_take(rel_names *names, rel_arena *arena, rel_str wanted, const char *separator) {
  rel_str name = wanted;
  for (unsigned n = 2; rel_names_has(names, name); n++)
    name = rel_arena_printf(arena, REL_STR_F "%s%u", REL_STR_A(wanted), separator, n);
  rel_names_add(names, arena, name);
  return name;
}
