// A loader in a shared object: see so.h. Owns the plugin's life: loaded, opened, closed, unloaded.
#include "server/custom/so.h"

#include "common/log.h"
#include "server/custom/so_file.h"
#include "server/custom/so_run.h"

struct rel_so {
  void *handle;
  rel_plugin plugin;
  void *state; // the plugin's
  bool opened;
  rel_hands *hands;
  rel_crew *crew;
};

static rel_code load(void *object, rel_job *job, rel_batch *batch, rel_error *error) {
  rel_so *so = object;
  rel_asked asked;
  rel_code code = REL_OK;
  rel_asked_init(&asked, job->plan, batch);
  if (asked.count > 0) code = rel_hands_load(so->hands, so->crew, job, batch, &asked, error);
  rel_asked_fini(&asked);
  return code;
}

// --- Life ---

static rel_code open_plugin(rel_so *so, const rel_so_options *options, rel_error *error) {
  char message[REL_ERROR_MESSAGE_MAX] = "", *name = rel_strdup(options->name);
  int status = so->plugin.open != NULL ? so->plugin.open(name, &so->state, message, sizeof message) : 0;
  free(name);
  message[sizeof message - 1] = '\0';
  so->opened = status == REL_PLUGIN_OK;
  if (so->opened) return REL_OK;
  const char *reason =
      message[0] != '\0' && rel_utf8_valid(rel_cstr(message)) ? message : "it does not say why";
  return rel_fail(error, REL_BAD_SCHEMA, "loader: open of %s/" REL_STR_F ".so failed with status %d: %s",
                  options->directory, REL_STR_A(options->name), status, reason);
}

rel_code rel_so_new(const rel_so_options *options, rel_so **out, rel_error *error) {
  *out = NULL;
  rel_so *so = REL_NEW(rel_so);
  rel_hands_options hands = {options->calls, options->max_answer_bytes,
                             options->patience_ns > 0 ? options->patience_ns : 5 * REL_NS_PER_S};
  rel_crew_options crew = {options->name, options->calls, load, so};
  rel_code code = rel_so_load(options->directory, options->name, &so->handle, &so->plugin, error);
  if (code == REL_OK) code = open_plugin(so, options, error);
  if (code == REL_OK) code = rel_hands_new(&hands, &so->plugin, so->state, &so->hands, error);
  if (code == REL_OK) code = rel_crew_new(&crew, &so->crew, error);
  if (code == REL_OK) {
    *out = so;
  } else {
    rel_so_stop(so);
    rel_so_free(so);
  }
  return code;
}

rel_crew *rel_so_crew(const rel_so *so) {
  return so->crew;
}

void rel_so_stop(rel_so *so) {
  rel_crew_stop(so->crew);
  if (!rel_hands_end(so->hands)) {
    REL_LOG(REL_LOG_ERROR, "loader_stuck", rel_log_text("loader", rel_crew_name(so->crew)));
    return;
  }
  so->hands = NULL;
  if (so->opened && so->plugin.close != NULL) so->plugin.close(so->state);
  so->opened = false;
}

void rel_so_free(rel_so *so) {
  if (so == NULL) return;
  rel_crew_free(so->crew);
  so->crew = NULL;
  if (so->hands != NULL) return; // stuck: it runs code of the file, on what is here
  rel_so_unload(so->handle);
  free(so);
}
