// Looks through a serialized FileDescriptorProto for what reflection asks about and the schema does not keep:
// services and extensions. The bytes were checked when the schema was read; what is malformed is skipped.
// Stateless.
#ifndef RELATIONS_SERVER_HANDLERS_DESCRIPTOR_SCAN_H
#define RELATIONS_SERVER_HANDLERS_DESCRIPTOR_SCAN_H

#include "common/str.h"

// Calls `on_service` with the full name of each service.
void rel_scan_services(rel_str file, rel_str package, void (*on_service)(void *context, rel_str name),
                       void *context);

// Calls `on_extension` with each extension's number and the full name of what it extends, until it returns
// false, which is then returned.
bool rel_scan_extensions(rel_str file, bool (*on_extension)(void *context, rel_str type, int32_t number),
                         void *context);

#endif
