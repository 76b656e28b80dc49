#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/result.h"

namespace snapgate::base {

// Looks at the rights of a file that holds a secret, as its `mode` says. kForbidden if others may
// read or change it. Rights of the group are only warned of in the log: where Kubernetes mounts a
// volume for a pod with fsGroup, it gives them to every file.
Result<void> check_secret_rights(const std::filesystem::path& file, mode_t mode);
// The same for a file on disk. A file that cannot be looked at passes: whoever reads it, says so.
Result<void> check_secret_rights(const std::filesystem::path& file);

// Warns in the log if others may write into the directory `path`, or may read or write the file
// `path`. Not more than a warning: Kubernetes makes an emptyDir with mode 0777.
void warn_of_open_rights(const std::filesystem::path& path);

}  // namespace snapgate::base
