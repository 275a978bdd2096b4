// Letters and digits of ASCII, which names and numbers are made of: whatever the locale says, which ctype.h
// asks.
#ifndef RELATIONS_COMMON_ASCII_H
#define RELATIONS_COMMON_ASCII_H

#include <stdbool.h>

static inline bool rel_is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
static inline bool rel_is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
static inline bool rel_is_digit(char c) {
  return c >= '0' && c <= '9';
}
static inline bool rel_is_alphanumeric(char c) {
  return rel_is_upper(c) || rel_is_lower(c) || rel_is_digit(c);
}
// What an identifier consists of.
static inline bool rel_is_word(char c) {
  return rel_is_alphanumeric(c) || c == '_';
}
static inline char rel_to_lower(char c) {
  return rel_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}
static inline char rel_to_upper(char c) {
  return rel_is_lower(c) ? (char)(c - 'a' + 'A') : c;
}

#endif
