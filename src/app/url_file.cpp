#include "app/url_file.h"

#include <fmt/format.h>

#include <system_error>

#include "base/secret_file.h"

namespace snapgate::app {

std::string local_url(std::string_view address, uint16_t port, bool tls) {
    if (address == "0.0.0.0") address = "127.0.0.1";
    if (address == "::") address = "::1";
    bool six = address.find(':') != std::string_view::npos;
    return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", six ? "[" : "", address,
                       six ? "]" : "", port);
}

base::Result<void> UrlFile::write(std::string_view url) {
    return base::write_secret(file_, fmt::format("{}\n", url));
}

void UrlFile::remove() {
    // If the file cannot be removed, it names a port where nobody answers. That is harmless.
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
}

}  // namespace snapgate::app
