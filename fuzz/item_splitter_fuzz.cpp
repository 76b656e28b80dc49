// A stream cut into chunks at random gives what it gives whole.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "input.h"
#include "json/splitter.h"

namespace snapgate::fuzz {
namespace {

struct Outcome {
    std::string items;
    size_t count = 0;
    std::string envelope;
    bool good = false;
    std::string error;
};

Outcome split(std::string_view text, size_t cap, uint32_t seed, size_t largest_chunk) {
    Outcome outcome;
    json::ItemSplitter splitter(
        [&](std::string_view item) {
            check(item.size() <= cap, "an item is within the cap");
            check(!item.empty(), "an item is not empty");
            outcome.items.append(item).append("\n");
            ++outcome.count;
            return base::Result<void>();
        },
        cap);
    std::mt19937 random(seed);
    base::Result<void> result;
    while (!text.empty() && result) {
        size_t size = largest_chunk == 0 ? text.size() : 1 + random() % largest_chunk;
        std::string chunk(text.substr(0, size));  // a copy, so that a read beyond it is seen
        text.remove_prefix(chunk.size());
        result = splitter.feed(chunk);
    }
    if (result) result = splitter.finish();
    outcome.good = result.has_value();
    if (!result) outcome.error = result.error().message;
    if (result) outcome.envelope = splitter.envelope();
    check(splitter.items() == outcome.count, "items are counted");
    return outcome;
}

void compare(std::string_view text, size_t cap, uint32_t seed, bool errors_too) {
    Outcome whole = split(text, cap, seed, 0);
    for (size_t largest_chunk : {1U, 3U, 64U}) {
        Outcome cut = split(text, cap, seed, largest_chunk);
        check(cut.good == whole.good, "the verdict is the same however the stream is cut");
        check_equal(cut.envelope, whole.envelope, "the envelope is the same");
        if (!errors_too && !whole.good) continue;
        check_equal(cut.error, whole.error, "the error is the same");
        check_equal(cut.items, whole.items, "the items are the same");
    }
}

}  // namespace
}  // namespace snapgate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size < 2) return 0;
    // Ahead of the text: the seed of the cuts, and a cap.
    const std::string_view text = snapgate::fuzz::text_of(bytes + 2, size - 2);
    snapgate::fuzz::compare(text, 1 << 20, bytes[0], true);
    // What is over the cap is noticed sooner or later, but noticed.
    snapgate::fuzz::compare(text, 2U + bytes[1], bytes[0], false);
    return 0;
}
