// Switches abseil's deadlock detector off, for the whole process.
#ifndef RELATIONS_SERVER_RPC_DEADLOCK_DETECTOR_H
#define RELATIONS_SERVER_RPC_DEADLOCK_DETECTOR_H

#ifdef __cplusplus
extern "C" {
#endif

void rel_deadlock_detector_off(void);

#ifdef __cplusplus
}
#endif

#endif
