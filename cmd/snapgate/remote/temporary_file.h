#pragma once

#include <cstdint>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "base/stream_cipher.h"

namespace snapgate::cli {

// A file without a name, in TMPDIR, /var/tmp or /tmp: it is gone when it is closed, however the
// process ends. (/tmp comes last: it is often kept in memory.) What stands in it is encrypted with
// a key that this process alone has: dumps may hold secrets, which must not reach the disk.
struct TemporaryFile {
    base::FileDescriptor file;
    base::StreamCipher cipher;
    uint64_t size = 0;

    static base::Result<TemporaryFile> open();
    // kStorageFull when there is no room.
    base::Result<void> append(std::string_view bytes);
};

}  // namespace snapgate::cli
