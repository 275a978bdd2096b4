// Writes a draft as a .proto file: see draft.h. Owns the form of the text; decides nothing.
#include "client/cli/introspect/draft.h"

#include <ctype.h>

// A comment line; what could end it, or is not printable, becomes a question mark.
static void put_comment(rel_buf *out, const char *indent, rel_str text) {
  rel_buf_printf(out, "%s// ", indent);
  bool plain = rel_utf8_valid(text);
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    rel_buf_printf(out, "%c", iscntrl(c) || (c >= 0x80 && !plain) ? '?' : c);
  }
  rel_buf_cstr(out, "\n");
}

// A string of the text format; bytes beyond ASCII as octal unless the whole is UTF-8.
static void put_string(rel_buf *out, rel_str text) {
  bool plain = rel_utf8_valid(text);
  rel_buf_cstr(out, "\"");
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c == '"' || c == '\\')
      rel_buf_printf(out, "\\%c", c);
    else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !plain))
      rel_buf_printf(out, "\\%03o", c);
    else
      rel_buf_printf(out, "%c", c);
  }
  rel_buf_cstr(out, "\"");
}

static void put_column_option(rel_buf *out, const rel_draft_field *field) {
  bool renamed = !rel_str_eq(field->name, field->column->name);
  if (!renamed && field->c_name.len == 0 && !field->decimal && !field->uuid && field->time_unit == NULL)
    return;
  rel_buf_cstr(out, " [(.relations.v1.column) = {");
  if (renamed) {
    rel_buf_cstr(out, " name: ");
    put_string(out, field->column->name);
  }
  if (field->decimal) rel_buf_cstr(out, " decimal: true");
  if (field->uuid) rel_buf_cstr(out, " uuid: true");
  if (field->time_unit != NULL) rel_buf_printf(out, " time_unit: %s", field->time_unit);
  if (field->c_name.len > 0) rel_buf_printf(out, " c_name: \"" REL_STR_F "\"", REL_STR_A(field->c_name));
  rel_buf_cstr(out, " }]");
}

static void put_field(rel_buf *out, rel_arena *arena, const rel_draft_field *field) {
  if (field->type == NULL) {
    put_comment(out, "  ",
                rel_arena_printf(arena, "Column %u \"" REL_STR_F "\" is left out: it " REL_STR_F ".",
                                 field->number, REL_STR_A(field->column->name), REL_STR_A(field->note)));
    return;
  }
  if (field->note.len > 0) put_comment(out, "  ", field->note);
  rel_buf_printf(out, "  %s%s " REL_STR_F " = %u", field->optional ? "optional " : "", field->type,
                 REL_STR_A(field->name), field->number);
  put_column_option(out, field);
  rel_buf_cstr(out, ";\n");
}

static void put_key(rel_buf *out, const char *option, const rel_draft_field *const *fields, size_t count) {
  for (size_t i = 0; i < count; i++)
    rel_buf_printf(out, " %s: \"" REL_STR_F "\"", option, REL_STR_A(fields[i]->name));
}

static void put_relation(rel_buf *out, const rel_draft_relation *relation) {
  static const char *const kinds[] = {"belongs_to", "has_one", "has_many"};
  rel_buf_printf(out, "  %s%s" REL_STR_F " " REL_STR_F " = %u [(.relations.v1.%s) = {",
                 relation->guessed ? "// " : "", relation->kind == REL_DRAFT_HAS_MANY ? "repeated " : "",
                 REL_STR_A(relation->target->name), REL_STR_A(relation->name), relation->number,
                 kinds[relation->kind]);
  if (relation->through.len > 0)
    rel_buf_printf(out, " through: \"" REL_STR_F "\" source: \"" REL_STR_F "\"", REL_STR_A(relation->through),
                   REL_STR_A(relation->source));
  put_key(out, "foreign_key", relation->foreign_key, relation->key_count);
  if (relation->references != NULL) put_key(out, "references", relation->references, relation->key_count);
  if (relation->inverse.len > 0)
    rel_buf_printf(out, " inverse_of: \"" REL_STR_F "\"", REL_STR_A(relation->inverse));
  if (relation->c_name.len > 0)
    rel_buf_printf(out, " c_name: \"" REL_STR_F "\"", REL_STR_A(relation->c_name));
  rel_buf_cstr(out, " }];\n");
}

static void put_model_option(rel_buf *out, const rel_draft_message *message) {
  rel_buf_cstr(out, "  option (.relations.v1.model) = {\n    table: ");
  put_string(out, message->table->name);
  rel_buf_cstr(out, "\n");
  bool by_default = message->primary_key_count == 1 && rel_str_is(message->primary_key[0]->name, "id");
  for (size_t i = 0; !by_default && i < message->primary_key_count; i++)
    rel_buf_printf(out, "    primary_key: \"" REL_STR_F "\"\n", REL_STR_A(message->primary_key[i]->name));
  rel_buf_cstr(out, "  };\n");
}

static void put_message(rel_buf *out, rel_arena *arena, const rel_draft_message *message) {
  rel_buf_cstr(out, "\n");
  if (message->left_out.len > 0) {
    put_comment(out, "",
                rel_arena_printf(arena, "%s \"" REL_STR_F "\" is left out: " REL_STR_F ".",
                                 message->table->kind == REL_DB_VIEW ? "View" : "Table",
                                 REL_STR_A(message->table->name), REL_STR_A(message->left_out)));
    return;
  }
  if (message->note.len > 0) put_comment(out, "", message->note);
  rel_buf_printf(out, "message " REL_STR_F " {\n", REL_STR_A(message->name));
  put_model_option(out, message);
  for (size_t i = 0; i < message->table->column_count; i++)
    put_field(out, arena, &message->fields[i]);
  if (message->relations != NULL || message->notes != NULL) rel_buf_cstr(out, "\n");
  for (const rel_draft_note *note = message->notes; note != NULL; note = note->next)
    put_comment(out, "  ", note->text);
  bool guessed = false;
  for (const rel_draft_relation *relation = message->relations; relation != NULL; relation = relation->next) {
    if (relation->guessed && !guessed)
      put_comment(out, "  ",
                  rel_cstr("Columns that are only called like foreign keys. If they are, then also:"));
    guessed = relation->guessed;
    put_relation(out, relation);
  }
  rel_buf_printf(out, "\n  .relations.v1.LoadInfo " REL_STR_F " = %u;\n}\n", REL_STR_A(message->load_info),
                 message->load_info_number);
}

static bool uses_timestamps(const rel_draft *draft) {
  for (size_t i = 0; i < draft->message_count; i++) {
    const rel_draft_message *message = &draft->messages[i];
    for (size_t k = 0; message->left_out.len == 0 && k < message->table->column_count; k++)
      if (message->fields[k].type != NULL &&
          strcmp(message->fields[k].type, ".google.protobuf.Timestamp") == 0)
        return true;
  }
  return false;
}

void rel_draft_emit(const rel_draft *draft, const rel_emit_options *options, rel_buf *out) {
  rel_arena arena;
  rel_arena_init(&arena);
  put_comment(out, "",
              rel_arena_printf(&arena, "Models of " REL_STR_F ", written by `relations introspect`.",
                               REL_STR_A(options->database)));
  rel_buf_printf(out, "syntax = \"proto3\";\n\npackage " REL_STR_F ";\n", REL_STR_A(options->package));
  if (rel_draft_models(draft) > 0) {
    rel_buf_cstr(out, "\n");
    if (uses_timestamps(draft)) rel_buf_cstr(out, "import \"google/protobuf/timestamp.proto\";\n");
    rel_buf_cstr(out, "import \"relations/v1/options.proto\";\nimport \"relations/v1/types.proto\";\n");
  }
  for (size_t i = 0; i < draft->message_count; i++)
    put_message(out, &arena, &draft->messages[i]);
  rel_arena_fini(&arena);
}
