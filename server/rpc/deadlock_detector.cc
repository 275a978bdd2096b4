// Debian builds abseil, which C-core's locks are, with its lock-order checker on. It costs 6% of a call's CPU
// and finds nothing in a released library, so it is switched off. The only C++ of the server: abseil has no C
// interface.
#include "server/rpc/deadlock_detector.h"

#include <absl/synchronization/mutex.h>

void rel_deadlock_detector_off(void) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}
