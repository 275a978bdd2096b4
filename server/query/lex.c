// A text of the filter language becomes tokens: see internal.h.
#include "common/ascii.h"
#include "server/query/internal.h"

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char peek(const rel_lexer *lexer, size_t ahead) {
  return lexer->at + ahead < lexer->text.len ? lexer->text.ptr[lexer->at + ahead] : '\0';
}

static rel_spot spot(const rel_lexer *lexer, size_t at) {
  return (rel_spot){.path = lexer->path, .text = lexer->text, .at = at};
}

// A member such as "a.b" is one token, so that the message about it names all of it.
static void take_word(rel_lexer *lexer, rel_token *out, rel_token_kind kind) {
  size_t start = lexer->at;
  while (rel_is_word(peek(lexer, 0)) ||
         (kind == REL_TOKEN_NAME && peek(lexer, 0) == '.' && rel_is_word(peek(lexer, 1))))
    lexer->at++;
  out->kind = kind;
  out->bytes = rel_bytes(lexer->text.ptr + start, lexer->at - start);
}

// Digits, a fraction, an exponent: what JSON calls a number, leading zeros allowed. What is attached to it
// makes it something else, which is an error.
static rel_code take_number(rel_lexer *lexer, rel_token *out, rel_error *error) {
  size_t start = lexer->at;
  if (peek(lexer, 0) == '-') lexer->at++;
  while (rel_is_digit(peek(lexer, 0)))
    lexer->at++;
  if (peek(lexer, 0) == '.' && rel_is_digit(peek(lexer, 1))) {
    lexer->at++;
    while (rel_is_digit(peek(lexer, 0)))
      lexer->at++;
  }
  size_t sign = peek(lexer, 1) == '-' || peek(lexer, 1) == '+' ? 1 : 0;
  if ((peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') && rel_is_digit(peek(lexer, 1 + sign))) {
    lexer->at += 1 + sign;
    while (rel_is_digit(peek(lexer, 0)))
      lexer->at++;
  }
  out->kind = REL_TOKEN_NUMBER;
  out->bytes = rel_bytes(lexer->text.ptr + start, lexer->at - start);
  char next = peek(lexer, 0);
  if (!rel_is_word(next) && next != '.' && next != '-' && next != ':') return REL_OK;
  rel_spot at = spot(lexer, start);
  return rel_spot_fail(&at, error, "this is no number; texts and times stand in quotes");
}

// --- Strings ---

static void put_utf8(rel_buf *out, uint32_t c) {
  uint8_t bytes[3];
  size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
  if (len == 1) {
    bytes[0] = (uint8_t)c;
  } else if (len == 2) {
    bytes[0] = (uint8_t)(0xC0 | c >> 6);
    bytes[1] = (uint8_t)(0x80 | (c & 0x3F));
  } else {
    bytes[0] = (uint8_t)(0xE0 | c >> 12);
    bytes[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    bytes[2] = (uint8_t)(0x80 | (c & 0x3F));
  }
  rel_buf_append(out, bytes, len);
}

static int hex_value(char c) {
  if (rel_is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits behind \u; 0 when they are not there, or when they are no character of their own.
static uint32_t take_unicode(rel_lexer *lexer) {
  uint32_t c = 0;
  for (size_t i = 0; i < 4; i++) {
    int digit = hex_value(peek(lexer, i));
    if (digit < 0) return 0;
    c = c << 4 | (uint32_t)digit;
  }
  lexer->at += 4;
  return c >= 0xD800 && c <= 0xDFFF ? 0 : c;
}

static bool take_escape(rel_lexer *lexer, rel_buf *out) {
  char c = peek(lexer, 1);
  lexer->at += 2;
  uint32_t character = 0;
  switch (c) {
  case '\\':
  case '"':
  case '\'':
    rel_buf_append(out, &c, 1);
    return true;
  case 'n':
    rel_buf_cstr(out, "\n");
    return true;
  case 'r':
    rel_buf_cstr(out, "\r");
    return true;
  case 't':
    rel_buf_cstr(out, "\t");
    return true;
  case 'u':
    character = take_unicode(lexer);
    if (character != 0) put_utf8(out, character);
    return character != 0;
  default:
    return false;
  }
}

static rel_code take_string(rel_lexer *lexer, rel_token *out, rel_error *error) {
  char quote = peek(lexer, 0);
  rel_spot start = spot(lexer, lexer->at);
  rel_buf bytes = {0};
  rel_code code = REL_OK;
  lexer->at++;
  while (lexer->at < lexer->text.len && peek(lexer, 0) != quote) {
    if (peek(lexer, 0) != '\\') {
      rel_buf_append(&bytes, lexer->text.ptr + lexer->at++, 1);
      continue;
    }
    rel_spot escape = spot(lexer, lexer->at);
    if (take_escape(lexer, &bytes)) continue;
    code = rel_spot_fail(&escape, error,
                         "a backslash stands before \\, \", ', n, r, t, or u and four hexadecimal digits");
    goto out;
  }
  if (lexer->at >= lexer->text.len) {
    code = rel_spot_fail(&start, error, "the string that begins here is not closed");
    goto out;
  }
  lexer->at++;
  out->kind = REL_TOKEN_STRING;
  out->bytes = rel_arena_copy(lexer->arena, rel_buf_view(&bytes));
out:
  rel_buf_fini(&bytes);
  return code;
}

// --- The rest ---

static bool take_operator(rel_lexer *lexer, rel_token *out) {
  static const char *const operators[] = {"!=", "<=", ">=", "=", "<", ">", ":"}; // the longer ones first
  for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
    size_t len = strlen(operators[i]);
    if (lexer->text.len - lexer->at < len || memcmp(lexer->text.ptr + lexer->at, operators[i], len) != 0)
      continue;
    out->kind = REL_TOKEN_OPERATOR;
    out->bytes = rel_cstr(operators[i]);
    lexer->at += len;
    return true;
  }
  return false;
}

static bool take_mark(rel_lexer *lexer, rel_token *out) {
  static const struct {
    char c;
    rel_token_kind kind;
  } marks[] = {{'(', REL_TOKEN_OPEN},
               {')', REL_TOKEN_CLOSE},
               {',', REL_TOKEN_COMMA},
               {'*', REL_TOKEN_STAR},
               {'-', REL_TOKEN_MINUS}};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (peek(lexer, 0) != marks[i].c) continue;
    out->kind = marks[i].kind;
    out->bytes = rel_bytes(lexer->text.ptr + lexer->at++, 1);
    return true;
  }
  return false;
}

rel_code rel_lex(rel_lexer *lexer, bool value_follows, rel_token *out, rel_error *error) {
  while (lexer->at < lexer->text.len && is_space(peek(lexer, 0)))
    lexer->at++;
  *out = (rel_token){.kind = REL_TOKEN_END, .at = lexer->at};
  if (lexer->at >= lexer->text.len) return REL_OK;
  char c = peek(lexer, 0);
  if (c == '"' || c == '\'') return take_string(lexer, out, error);
  if (rel_is_digit(c) || (c == '-' && value_follows && rel_is_digit(peek(lexer, 1))))
    return take_number(lexer, out, error);
  if (rel_is_word(c)) {
    take_word(lexer, out, REL_TOKEN_NAME);
    return REL_OK;
  }
  if (c == '$' && rel_is_word(peek(lexer, 1))) {
    lexer->at++;
    take_word(lexer, out, REL_TOKEN_PARAMETER);
    return REL_OK;
  }
  if (take_operator(lexer, out) || take_mark(lexer, out)) return REL_OK;
  rel_spot at = spot(lexer, lexer->at);
  return rel_spot_fail(&at, error, "this character means nothing here%s", rel_hint_mark(c));
}
