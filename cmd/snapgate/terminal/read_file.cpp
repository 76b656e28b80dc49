#include "terminal/read_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/read_file.h"

namespace snapgate::cli {
namespace {

Failure cannot_read(std::string_view name, std::string_view why) {
    return {Exit::kUsage, fmt::format("cannot read {}: {}", name, why)};
}

}  // namespace

std::string input_name(const std::string& file) {
    return file == "-" ? "standard input" : file;
}

Outcome<std::string> read_file(const std::string& file, size_t max_bytes, std::string_view what) {
    auto text = base::read_file(file, max_bytes);
    if (text) return std::move(*text);
    return cannot_read(what.empty() ? file : fmt::format("{} {}", what, file),
                       text.error().message);
}

Outcome<std::string> read_file_or_input(const std::string& file, size_t max_bytes) {
    if (file != "-") return read_file(file, max_bytes, {});
    auto text = base::read_open_file(STDIN_FILENO, max_bytes);
    if (!text) return cannot_read(input_name(file), text.error().message);
    return std::move(*text);
}

}  // namespace snapgate::cli
