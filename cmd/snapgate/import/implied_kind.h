#pragma once

#include <string>
#include <string_view>

namespace snapgate::cli {

// Programs that write typed lists leave kind and apiVersion out of the items: the list's own say
// what they are. What follows is for the items of a VirtualMachineSnapshotList.

// Whether an object's text has neither.
bool lacks_kind(std::string_view item);
// An object that lacks both, with both.
std::string with_kind(std::string_view item);

// Whether a list's envelope says that its items are snapshots; `envelope` may be "" or broken.
bool implies_snapshots(std::string_view envelope);

}  // namespace snapgate::cli
