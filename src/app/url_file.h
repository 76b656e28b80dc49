#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace snapgate::app {

// The URL at which a client on this machine reaches a server that listens on `address`: a wildcard
// address becomes the loopback address of its family.
std::string local_url(std::string_view address, uint16_t port, bool tls);

// The file `url` of a data directory, from which scripts read the address of that directory's
// server (`--listen 127.0.0.1:0` takes any free port). The file exists while the server takes
// connections. A killed server leaves it behind, and the next start replaces it. One thread.
class UrlFile {
  public:
    explicit UrlFile(const std::filesystem::path& data_dir) : file_(data_dir / "url") {}
    ~UrlFile() { remove(); }
    UrlFile(const UrlFile&) = delete;
    UrlFile& operator=(const UrlFile&) = delete;

    // Writes the file in one step: a reader never sees a part.
    base::Result<void> write(std::string_view url);
    void remove();

  private:
    std::filesystem::path file_;
};

}  // namespace snapgate::app
