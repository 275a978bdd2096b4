// Health: see health.h.
//
// A watcher is busy while a message of it is being sent or somebody is about to send one. Only who made it
// busy acts on its call, outside of the lock; whatever happens meanwhile is found when it is no longer busy.
// So nothing is called out to under the lock, and each call is ended once.
#include "server/handlers/health.h"

#include <grpc/health/v1/health.pb-c.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
  NOT_SENT = -1,
  SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING,
  NOT_SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING,
  SERVICE_UNKNOWN = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN,
};

typedef struct service {
  char *name;
  bool serving;
} service;

// A call of Watch; lies in its arena.
typedef struct watcher {
  rel_health *health;
  rel_call *call;
  rel_str name;
  int sent; // the status that the caller knows
  bool busy;
  bool gone;
  struct watcher *next;
  struct watcher **link; // what points at this one
  struct watcher *next_due;
} watcher;

struct rel_health {
  pthread_mutex_t lock;
  service *services;
  size_t count;
  bool draining;
  watcher *watchers;
  bool (*serves)(rel_str service, void *context); // NULL: nothing but what was set
  void *serves_context;
  atomic_uint refreshes; // written under the lock
};

rel_health *rel_health_new(void) {
  rel_health *health = REL_NEW(rel_health);
  pthread_mutex_init(&health->lock, NULL);
  rel_health_set(health, rel_cstr(""), false);
  return health;
}

void rel_health_free(rel_health *health) {
  if (health == NULL) return;
  for (size_t i = 0; i < health->count; i++)
    free(health->services[i].name);
  free(health->services);
  pthread_mutex_destroy(&health->lock);
  free(health);
}

static service *find(const rel_health *health, rel_str name) {
  for (size_t i = 0; i < health->count; i++)
    if (rel_str_is(name, health->services[i].name)) return &health->services[i];
  return NULL;
}

// Locks, and returns what the source says of a name. It is asked outside of the lock, and what it said before
// a refresh does not count: else a watcher could miss the refresh.
static bool ask_and_lock(rel_health *health, rel_str name) {
  for (;;) {
    unsigned before = atomic_load_explicit(&health->refreshes, memory_order_acquire);
    bool sourced = health->serves != NULL && health->serves(name, health->serves_context);
    pthread_mutex_lock(&health->lock);
    if (before == atomic_load_explicit(&health->refreshes, memory_order_relaxed)) return sourced;
    pthread_mutex_unlock(&health->lock);
  }
}

static int status_of(const rel_health *health, rel_str name, bool sourced) {
  const service *found = find(health, name);
  if (found == NULL && !sourced) return SERVICE_UNKNOWN;
  bool serving = found == NULL || found->serving;
  return serving && !health->draining ? SERVING : NOT_SERVING;
}

// --- Watch ---

typedef enum action { NOTHING, SEND, FINISH } action;

// What is to be done about an idle watcher; with anything but NOTHING it is busy from now on.
static action next_action(watcher *w, bool sourced) {
  if (w->busy) return NOTHING;
  int status = status_of(w->health, w->name, sourced);
  w->busy = true;
  if (!w->gone && status != w->sent) {
    w->sent = status;
    return SEND;
  }
  if (w->gone || w->health->draining) {
    *w->link = w->next;
    if (w->next != NULL) w->next->link = w->link;
    return FINISH;
  }
  w->busy = false;
  return NOTHING;
}

static void on_sent(rel_call *call, bool ok, void *context);

static void write_status(rel_call *call, int status) {
  Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
  response.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)status;
  rel_call_write_message(call, &response.base);
}

static void act(watcher *w, action what) {
  if (what == FINISH) {
    rel_call_finish(w->call);
  } else if (what == SEND) {
    write_status(w->call, w->sent); // only who made it busy changes `sent`
    rel_call_send(w->call, on_sent, w);
  }
}

static void step(watcher *w) {
  bool sourced = ask_and_lock(w->health, w->name);
  action what = next_action(w, sourced);
  pthread_mutex_unlock(&w->health->lock);
  act(w, what);
}

static void on_sent(rel_call *call, bool ok, void *context) {
  (void)call;
  watcher *w = context;
  bool sourced = ask_and_lock(w->health, w->name);
  w->busy = false;
  if (!ok) w->gone = true;
  action what = next_action(w, sourced);
  pthread_mutex_unlock(&w->health->lock);
  act(w, what);
}

static void on_cancel(rel_call *call, void *context) {
  (void)call;
  watcher *w = context;
  pthread_mutex_lock(&w->health->lock);
  w->gone = true;
  pthread_mutex_unlock(&w->health->lock);
  step(w);
}

// Brings every watcher up to date.
static void tell_watchers(rel_health *health) {
  watcher *due = NULL;
  pthread_mutex_lock(&health->lock);
  for (watcher *w = health->watchers; w != NULL; w = w->next) {
    if (w->busy) continue;
    w->busy = true;
    w->next_due = due;
    due = w;
  }
  pthread_mutex_unlock(&health->lock);
  while (due != NULL) {
    watcher *w = due;
    due = w->next_due;
    on_sent(w->call, true, w); // as after a send: no longer busy, so look again
  }
}

// The service that is asked about; false when the call has failed instead.
static bool unpack_name(rel_call *call, rel_str *name) {
  ProtobufCMessage *message;
  rel_error error;
  if (rel_call_unpack(call, &grpc__health__v1__health_check_request__descriptor, &message, &error) !=
      REL_OK) {
    rel_call_fail(call, &error);
    return false;
  }
  *name = rel_cstr(((Grpc__Health__V1__HealthCheckRequest *)message)->service);
  return true;
}

static void handle_watch(rel_call *call, void *context) {
  rel_health *health = context;
  rel_str name;
  if (!unpack_name(call, &name)) return;
  watcher *w = REL_ARENA_NEW(rel_call_arena(call), watcher);
  *w = (watcher){.health = health, .call = call, .name = name, .sent = NOT_SENT, .busy = true};
  pthread_mutex_lock(&health->lock);
  w->next = health->watchers;
  w->link = &health->watchers;
  if (w->next != NULL) w->next->link = &w->next;
  health->watchers = w;
  pthread_mutex_unlock(&health->lock);
  rel_call_on_cancel(call, on_cancel, w);
  on_sent(call, true, w);
}

// --- Check, and what the server says ---

static void handle_check(rel_call *call, void *context) {
  rel_health *health = context;
  rel_error error;
  rel_str name;
  if (!unpack_name(call, &name)) return;
  bool sourced = ask_and_lock(health, name);
  int status = status_of(health, name, sourced);
  pthread_mutex_unlock(&health->lock);
  if (status == SERVICE_UNKNOWN) {
    rel_fail_field(&error, REL_NOT_FOUND, "service", "service " REL_STR_F " is not known", REL_STR_A(name));
    rel_call_fail(call, &error);
    return;
  }
  write_status(call, status);
  rel_call_finish(call);
}

void rel_health_set(rel_health *health, rel_str name, bool serving) {
  pthread_mutex_lock(&health->lock);
  service *found = find(health, name);
  if (found == NULL) {
    health->services = rel_realloc(health->services, (health->count + 1) * sizeof *health->services);
    found = &health->services[health->count++];
    found->name = rel_strdup(name);
  }
  found->serving = serving;
  pthread_mutex_unlock(&health->lock);
  tell_watchers(health);
}

void rel_health_set_source(rel_health *health, bool (*serves)(rel_str service, void *context),
                           void *context) {
  health->serves = serves;
  health->serves_context = context;
}

void rel_health_refresh(rel_health *health) {
  pthread_mutex_lock(&health->lock);
  atomic_fetch_add_explicit(&health->refreshes, 1, memory_order_release);
  pthread_mutex_unlock(&health->lock);
  tell_watchers(health);
}

void rel_health_drain(rel_health *health) {
  pthread_mutex_lock(&health->lock);
  health->draining = true;
  pthread_mutex_unlock(&health->lock);
  tell_watchers(health);
}

void rel_health_methods(rel_health *health, rel_method out[REL_HEALTH_METHODS]) {
  out[0] = (rel_method){REL_HEALTH_CHECK, REL_UNARY, REL_RUN_INLINE, handle_check, health};
  out[1] =
      (rel_method){"/grpc.health.v1.Health/Watch", REL_SERVER_STREAM, REL_RUN_INLINE, handle_watch, health};
}
