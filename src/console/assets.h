#pragma once

#include <span>
#include <string_view>

namespace snapgate::console {

// A file of the console, as web/build.mjs has built and compressed it. All of it is part of the
// program.
struct Asset {
    std::string_view path;  // "/" is the page; all others are below /console/
    std::string_view content_type;
    std::string_view etag;  // with its quotes
    std::string_view plain;
    std::string_view gzip;    // "" where that is no smaller
    std::string_view brotli;  // "" where that is no smaller
};

// Empty in a program that was built without the console.
std::span<const Asset> assets();

}  // namespace snapgate::console
