#pragma once

#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace snapgate::cli {

// A file without a name, in TMPDIR, /var/tmp or /tmp: it is gone when it is closed, however the
// process ends. (/tmp comes last: it is often kept in memory.)
base::Result<base::FileDescriptor> open_temporary_file();

// Appends to it. kStorageFull when there is no room.
base::Result<void> append_to(const base::FileDescriptor& file, std::string_view bytes);

}  // namespace snapgate::cli
