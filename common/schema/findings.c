// Findings: everything wrong with a schema, as a list. Owns the texts; knows nothing of what is checked.
#include "common/schema/build.h"

#include <stdio.h>

enum { MAX_FINDINGS = 1000, MAX_NAME = 256, MAX_MESSAGE = 2048 };

void rel_findings_fini(rel_findings *findings) {
  if (findings == NULL) return;
  if (findings->texts != NULL) rel_arena_fini(findings->texts);
  free(findings->texts);
  free(findings->items);
  *findings = (rel_findings){0};
}

// Cuts to `max` bytes, never within a UTF-8 character.
static rel_str shorten(rel_str text, size_t max) {
  if (text.len <= max) return text;
  while (max > 0 && ((unsigned char)text.ptr[max] & 0xC0) == 0x80)
    max--;
  text.len = max;
  return text;
}

static rel_finding *append(rel_findings *findings) {
  if (findings->texts == NULL) {
    findings->texts = REL_NEW(rel_arena);
    rel_arena_init(findings->texts);
  }
  if (findings->count == findings->capacity) {
    findings->capacity = findings->capacity == 0 ? 16 : findings->capacity * 2;
    findings->items = rel_realloc(findings->items, findings->capacity * sizeof *findings->items);
  }
  rel_finding *finding = &findings->items[findings->count++];
  *finding = (rel_finding){0};
  return finding;
}

void rel_findings_addv(rel_findings *findings, rel_severity severity, rel_place place, rel_str model,
                       rel_str element, const char *format, va_list args) {
  if (severity == REL_ERROR) findings->errors++;
  if (findings->count > MAX_FINDINGS) return;
  bool last = findings->count == MAX_FINDINGS;
  rel_finding *finding = append(findings);
  finding->severity = severity;
  if (last) {
    finding->message = rel_cstr("there is more wrong than is listed here");
    return;
  }
  char message[MAX_MESSAGE + 4];
  int wanted = vsnprintf(message, sizeof message, format, args);
  rel_str text = shorten(rel_bytes(message, strlen(message)), MAX_MESSAGE);
  finding->place.line = place.line;
  finding->place.file = rel_arena_copy(findings->texts, shorten(place.file, MAX_NAME));
  finding->model = rel_arena_copy(findings->texts, shorten(model, MAX_NAME));
  finding->element = rel_arena_copy(findings->texts, shorten(element, MAX_NAME));
  finding->message =
      rel_arena_printf(findings->texts, "%.*s%s", REL_STR_A(text), wanted > MAX_MESSAGE ? "..." : "");
}

void rel_findings_add(rel_findings *findings, rel_severity severity, rel_place place, rel_str model,
                      rel_str element, const char *format, ...) {
  va_list args;
  va_start(args, format);
  rel_findings_addv(findings, severity, place, model, element, format, args);
  va_end(args);
}

void rel_finding_format(const rel_finding *finding, rel_buf *out) {
  if (finding->place.file.len > 0) rel_buf_str(out, finding->place.file);
  if (finding->place.line > 0) rel_buf_printf(out, ":%d", finding->place.line);
  if (finding->place.file.len > 0) rel_buf_cstr(out, ": ");
  rel_buf_cstr(out, finding->severity == REL_ERROR ? "error: " : "warning: ");
  rel_buf_str(out, finding->model);
  if (finding->element.len > 0) {
    if (finding->model.len > 0) rel_buf_cstr(out, ".");
    rel_buf_str(out, finding->element);
  }
  if (finding->model.len + finding->element.len > 0) rel_buf_cstr(out, ": ");
  rel_buf_str(out, finding->message);
}

static int compare(const rel_finding *a, const rel_finding *b) {
  int order = rel_str_cmp(a->place.file, b->place.file);
  if (order == 0) order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
  if (order == 0) order = rel_str_cmp(a->model, b->model);
  if (order == 0) order = rel_str_cmp(a->element, b->element);
  return order;
}

void rel_findings_sort(rel_findings *findings) {
  // By insertion: stable, and the list is bounded. The line that says that there is more stays last.
  size_t count = findings->count > MAX_FINDINGS ? MAX_FINDINGS : findings->count;
  for (size_t i = 1; i < count; i++) {
    rel_finding moved = findings->items[i];
    size_t at = i;
    for (; at > 0 && compare(&findings->items[at - 1], &moved) > 0; at--)
      findings->items[at] = findings->items[at - 1];
    findings->items[at] = moved;
  }
}
