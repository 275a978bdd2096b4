// Arguments of a command: see command.h. Owns the forms (--name VALUE, --name=VALUE, -o VALUE, -- ends
// options), what a wrong one is told, and how --help looks.
#include "client/cli/command.h"

#include <ctype.h>

const char *rel_nearest(const char *name, const char *const *names, size_t count) {
  rel_near near = rel_near_begin(rel_cstr(name));
  for (size_t i = 0; i < count; i++)
    rel_near_offer(&near, rel_cstr(names[i]));
  return near.best.ptr;
}

int rel_cli_fail(FILE *err, const rel_error *error) {
  fprintf(err, "relations: %s\n", error->message);
  return REL_EXIT_FAILED;
}

static const rel_option *find_option(const rel_command *command, rel_str name) {
  for (size_t i = 0; i < command->option_count; i++)
    if (rel_str_is(name, command->options[i].name)) return &command->options[i];
  return NULL;
}

static const rel_option *find_letter(const rel_command *command, char letter) {
  for (size_t i = 0; i < command->option_count; i++)
    if (command->options[i].letter == letter && letter != 0) return &command->options[i];
  return NULL;
}

static rel_code unknown_option(const rel_command *command, rel_str name, rel_error *error) {
  const char *names[REL_ARGS_MAX_OPTIONS];
  for (size_t i = 0; i < command->option_count; i++)
    names[i] = command->options[i].name;
  char *copy = rel_strdup(name);
  const char *near = rel_nearest(copy, names, command->option_count);
  rel_code code =
      near != NULL ? rel_fail(error, REL_INVALID, "%s has no option --%s; did you mean --%s?", command->name,
                              copy, near)
                   : rel_fail(error, REL_INVALID, "%s has no option --%s; `relations %s --help` lists them",
                              command->name, copy, command->name);
  free(copy);
  return code;
}

// Reads the option argv[*at] and its value, which may be the next argument.
static rel_code take_option(rel_args *args, int argc, char **argv, int *at, rel_error *error) {
  const char *text = argv[*at];
  bool is_long = text[1] == '-';
  const char *equals = is_long ? strchr(text, '=') : NULL;
  rel_str name = is_long
                     ? rel_bytes(text + 2, equals != NULL ? (size_t)(equals - text) - 2 : strlen(text) - 2)
                     : rel_cstr(text + 1);
  const rel_option *option = is_long ? find_option(args->command, name) : find_letter(args->command, text[1]);
  if (option == NULL || (!is_long && text[2] != '\0')) return unknown_option(args->command, name, error);
  const char *value = equals != NULL ? equals + 1 : NULL;
  if (option->value == NULL && value != NULL)
    return rel_fail(error, REL_INVALID, "--%s takes no value", option->name);
  if (option->value != NULL && value == NULL) {
    if (*at + 1 >= argc) return rel_fail(error, REL_INVALID, "--%s needs %s", option->name, option->value);
    value = argv[++*at];
  }
  for (size_t i = 0; i < args->value_count; i++)
    if (args->values[i].option == option && !option->repeated)
      return rel_fail(error, REL_INVALID, "--%s is given twice", option->name);
  args->values[args->value_count].option = option;
  args->values[args->value_count++].value = value != NULL ? value : "";
  return REL_OK;
}

// "-5" is an argument: a key may be negative.
static bool is_option(const char *text) {
  return text[0] == '-' && text[1] != '\0' && !isdigit((unsigned char)text[1]);
}

static rel_code check_count(const rel_args *args, rel_error *error) {
  const rel_command *command = args->command;
  if (args->positional_count >= command->least_arguments && args->positional_count <= command->most_arguments)
    return REL_OK;
  return rel_fail(error, REL_INVALID, "%s takes %s; `relations %s --help` says more", command->name,
                  command->arguments[0] != '\0' ? command->arguments : "no arguments", command->name);
}

rel_code rel_args_parse(const rel_command *command, int argc, char **argv, rel_args *out, rel_error *error) {
  size_t most = argc > 0 ? (size_t)argc : 0;
  *out = (rel_args){.command = command,
                    .positional = rel_alloc0(most, sizeof *out->positional),
                    .values = rel_alloc0(most, sizeof *out->values)};
  bool only_arguments = false;
  for (int i = 0; i < argc; i++) {
    if (!only_arguments && strcmp(argv[i], "--") == 0) {
      only_arguments = true;
    } else if (!only_arguments && is_option(argv[i])) {
      rel_code code = take_option(out, argc, argv, &i, error);
      if (code != REL_OK) return code;
    } else {
      out->positional[out->positional_count++] = argv[i];
    }
  }
  return check_count(out, error);
}

void rel_args_fini(rel_args *args) {
  free(args->positional);
  free(args->values);
  *args = (rel_args){0};
}

const char *rel_args_get(const rel_args *args, const char *name) {
  for (size_t i = args->value_count; i > 0; i--)
    if (strcmp(args->values[i - 1].option->name, name) == 0) return args->values[i - 1].value;
  return NULL;
}

rel_code rel_args_number(const rel_args *args, const char *name, uint64_t most, uint64_t otherwise,
                         uint64_t *out, rel_error *error) {
  const char *text = rel_args_get(args, name);
  *out = otherwise;
  if (text == NULL) return REL_OK;
  uint64_t value = 0;
  bool fine = text[0] != '\0';
  for (const char *p = text; fine && *p != '\0'; p++) {
    fine = isdigit((unsigned char)*p) && value <= (most - (uint64_t)(*p - '0')) / 10;
    value = value * 10 + (uint64_t)(*p - '0');
  }
  if (!fine)
    return rel_fail(error, REL_INVALID, "--%s needs a whole number up to %llu, not \"%s\"", name,
                    (unsigned long long)most, text);
  *out = value;
  return REL_OK;
}

void rel_command_help(const rel_command *command, FILE *out) {
  fprintf(out, "Usage: relations %s%s%s%s\n\n%s\n", command->name, command->arguments[0] != '\0' ? " " : "",
          command->arguments, command->option_count > 0 ? " [OPTIONS]" : "", command->summary);
  if (command->details != NULL) fprintf(out, "\n%s\n", command->details);
  if (command->option_count > 0) fprintf(out, "\nOptions:\n");
  for (size_t i = 0; i < command->option_count; i++) {
    const rel_option *option = &command->options[i];
    char form[64];
    snprintf(form, sizeof form, "%c%c%s --%s%s%s", option->letter != 0 ? '-' : ' ',
             option->letter != 0 ? option->letter : ' ', option->letter != 0 ? "," : " ", option->name,
             option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
    fprintf(out, "  %-28s %s\n", form, option->help);
  }
  fprintf(out, "  %-28s %s\n", "    --help", "Shows this.");
}
