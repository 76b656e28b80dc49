#include "json/splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/ascii.h"
#include "base/byte_scan.h"
#include "json/byte_order_mark.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

constexpr std::string_view kItemsKey = "items";
constexpr std::string_view kNull = "null";
constexpr size_t kLongestEscapedItemsKey = 5 * 6;  // each letter as \u0069

enum : uint8_t { kPlain = 0, kOpens = 1, kCloses = 2, kQuote = 4, kBackslash = 8 };

constexpr std::array<uint8_t, 256> classes() {
    std::array<uint8_t, 256> table{};
    table['{'] = table['['] = kOpens;
    table['}'] = table[']'] = kCloses;
    table['"'] = kQuote;
    table['\\'] = kBackslash;
    return table;
}

constexpr auto kClass = classes();

uint8_t class_of(char c) {
    return kClass[static_cast<uint8_t>(c)];
}

// What a list has around its items: its kind, the version, a continue token. It is read while the
// stream waits, so it must be short.
constexpr size_t kMaxEnvelopeBytes = 64 << 10;

base::Result<void> check_envelope(std::string_view envelope, size_t max_item_bytes) {
    const size_t most = std::min(max_item_bytes, kMaxEnvelopeBytes);
    if (envelope.size() <= most) return {};
    return base::Error{
        base::Code::kTooLarge,
        fmt::format("what the list has around its items is larger than {} bytes", most)};
}

}  // namespace

ItemSplitter::ItemSplitter(Sink sink, size_t max_item_bytes)
    : sink_(std::move(sink)), max_item_bytes_(max_item_bytes) {}

size_t ItemSplitter::items() const {
    return items_;
}

std::string_view ItemSplitter::envelope() const {
    return envelope_;
}

base::Result<void> ItemSplitter::feed(std::string_view chunk) {
    if (failed_) return *failed_;
    chunk_ = chunk.data();
    mark_ = chunk_;
    const char* at = chunk_;
    const char* end = chunk_ + chunk.size();
    base::Result<void> result;
    while (at != end && result) result = step(at, end);
    if (result) result = keep(end);
    read_ += chunk.size();
    if (!result) failed_ = result.error();
    return result;
}

base::Result<void> ItemSplitter::finish() {
    if (failed_) return *failed_;
    if (place_ == Place::kBetween) return {};
    const bool between = place_ == Place::kElements || (place_ == Place::kObject && in_list_);
    failed_ = base::Error{
        base::Code::kInvalidBody,
        fmt::format("the JSON ends within {} ({}, {} bytes in all): it was cut off",
                    between ? "a list" : fmt::format("item {}", items_), behind(), read_)};
    return *failed_;
}

// The place in the stream for messages: the last item that was whole.
std::string ItemSplitter::behind() const {
    return items_ == 0 ? "before any whole item" : fmt::format("after item {}", items_ - 1);
}

// Reads at least one byte.
base::Result<void> ItemSplitter::step(const char*& at, const char* end) {
    switch (place_) {
        case Place::kBetween:
            return step_between(at);
        case Place::kObject:
            return step_object(at, end);
        case Place::kElements:
            return step_elements(at);
        case Place::kItem:
            at = skip_nested(at, end);
            if (depth_ > 0) return {};
            place_ = Place::kElements;
            element_ = Element::kCommaOrEnd;
            return emit(at);
        case Place::kScalar:
            return step_scalar(at, end);
        case Place::kItemsNull:
            if (*at != kNull[null_bytes_]) return unexpected(at, "null");
            ++at;
            if (++null_bytes_ < kNull.size()) return {};
            mark_ = at;
            place_ = Place::kObject;
            member_ = Member::kRest;
            return {};
    }
    return {};
}

base::Result<void> ItemSplitter::step_between(const char*& at) {
    in_list_ = false;
    if (*at == '{') {
        place_ = Place::kObject;
        member_ = Member::kKeyOrEnd;
        items_seen_ = false;
        mark_ = at;
    } else if (*at == '[') {
        place_ = Place::kElements;
        element_ = Element::kFirstOrEnd;
    } else if (*at == kByteOrderMark[0] && read_ == 0 && at == chunk_) {
        return base::Error{base::Code::kInvalidBody,
                           "this is not JSON: " + std::string(kBeginsWithMark)};
    } else if (!base::is_white_space(*at)) {
        return unexpected(at, "an object or a list");
    }
    ++at;
    return {};
}

// Within a top-level object: only what stands at its own depth matters here.
base::Result<void> ItemSplitter::step_object(const char*& at, const char* end) {
    if (member_ == Member::kKey) {
        at = skip_string(at, end);
        if (in_string_) return {};
        key_is_items_ = key_is_items(at - 1);
        if (key_is_items_ && std::exchange(items_seen_, true))
            return unexpected(at - 1, "one \"items\" in a list, not two");
        member_ = Member::kColon;
        return {};
    }
    if (depth_ > 0 || in_string_) {  // within a member's value
        at = depth_ > 0 ? skip_nested(at, end) : skip_string(at, end);
        return {};
    }
    if (base::is_white_space(*at)) {
        ++at;
        return {};
    }
    switch (member_) {
        case Member::kKeyOrEnd:
            if (*at == '}') break;
            if (*at != '"') return unexpected(at, "a key");
            member_ = Member::kKey;
            in_string_ = true;
            ++at;
            key_start_ = (in_list_ ? envelope_ : kept_).size() + static_cast<size_t>(at - mark_);
            return {};
        case Member::kColon:
            if (*at != ':') return unexpected(at, "a colon");
            member_ = Member::kValue;
            ++at;
            return {};
        case Member::kValue:
            return step_member_value(at);
        case Member::kRest:
            if (*at == '}') break;
            if (class_of(*at) != kPlain) return unexpected(at, "a comma");
            if (*at == ',') member_ = Member::kKeyOrEnd;
            ++at;
            return {};
        case Member::kKey:
            return {};
    }
    return end_object(++at);
}

base::Result<void> ItemSplitter::step_member_value(const char*& at) {
    char c = *at;
    if (c == '}' || c == ']' || c == ',') return unexpected(at, "a value");
    if (key_is_items_ && (c == '[' || c == kNull[0])) SNAPGATE_TRY(begin_envelope(at));
    ++at;
    if (in_list_ && key_is_items_) {
        key_is_items_ = false;
        envelope_ += "[]";
        if (c == '[') {
            place_ = Place::kElements;
            element_ = Element::kFirstOrEnd;
        } else {  // an empty list: Go writes a nil slice as null
            place_ = Place::kItemsNull;
            null_bytes_ = 1;
        }
        return {};
    }
    member_ = Member::kRest;
    in_string_ = c == '"';
    if (class_of(c) == kOpens) depth_ = 1;
    return {};
}

// The top-level object turns out to be a list: what was read of it is its envelope.
base::Result<void> ItemSplitter::begin_envelope(const char* at) {
    in_list_ = true;
    kept_.append(mark_, at);
    envelope_.swap(kept_);
    kept_.clear();
    return check_envelope(envelope_, max_item_bytes_);
}

base::Result<void> ItemSplitter::step_elements(const char*& at) {
    char c = *at;
    if (base::is_white_space(c)) {
        ++at;
        return {};
    }
    if (c == ']' && element_ != Element::kNext) {
        place_ = in_list_ ? Place::kObject : Place::kBetween;
        member_ = Member::kRest;
        mark_ = ++at;
        return in_list_ || !values_.array ? base::Result<void>() : values_.array();
    }
    if (element_ == Element::kCommaOrEnd) {
        if (c != ',') return unexpected(at, "a comma or the end of the list");
        element_ = Element::kNext;
        ++at;
        return {};
    }
    if (c == ',' || c == ':' || class_of(c) == kCloses) return unexpected(at, "an item");
    // A value that is no object is an item, too: its taker says what is wrong with it, and names
    // its number.
    place_ = class_of(c) == kOpens ? Place::kItem : Place::kScalar;
    depth_ = place_ == Place::kItem ? 1 : 0;
    in_string_ = c == '"';
    mark_ = at++;
    return {};
}

// Within an element that is a text, a number, true, false or null.
base::Result<void> ItemSplitter::step_scalar(const char*& at, const char* end) {
    if (in_string_) {
        at = skip_string(at, end);
        if (in_string_) return {};
    } else {
        while (at != end && *at != ',' && *at != ']' && !base::is_white_space(*at)) ++at;
        if (at == end) return {};
    }
    place_ = Place::kElements;
    element_ = Element::kCommaOrEnd;
    return emit(at);
}

// The top-level object ends before `at`.
base::Result<void> ItemSplitter::end_object(const char* at) {
    place_ = Place::kBetween;
    if (!in_list_) {
        if (values_.single) SNAPGATE_TRY(values_.single());
        return emit(at);
    }
    envelope_.append(mark_, at);
    SNAPGATE_TRY(check_envelope(envelope_, max_item_bytes_));
    auto envelope = parse(envelope_);
    if (!envelope)
        return base::Error{base::Code::kInvalidBody,
                           fmt::format("what the list has around its items cannot be read ({}): {}",
                                       behind(), envelope.error().message)};
    return values_.list ? values_.list(envelope->get_object()) : base::Result<void>();
}

base::Result<void> ItemSplitter::emit(const char* end) {
    std::string_view item(mark_, static_cast<size_t>(end - mark_));
    const bool fits = item.size() + kept_.size() <= max_item_bytes_;
    if (!fits && !too_large_) return too_large();
    if (!kept_.empty()) {
        kept_.append(item);
        item = kept_;
    }
    if (!fits) {
        SNAPGATE_TRY(begin_passing_over(item));
    } else if (!passing_over_) {
        SNAPGATE_TRY(sink_(item));
    }
    passing_over_ = false;
    ++items_;
    kept_.clear();
    mark_ = end;
    return {};
}

base::Result<void> ItemSplitter::begin_passing_over(std::string_view beginning) {
    if (passing_over_) return {};
    passing_over_ = true;
    return too_large_(beginning.substr(0, max_item_bytes_));
}

// At the end of a chunk: keeps the bytes of the value that is being read.
base::Result<void> ItemSplitter::keep(const char* end) {
    if (place_ != Place::kObject && place_ != Place::kItem && place_ != Place::kScalar) return {};
    const bool around = place_ == Place::kObject && in_list_;
    if (passing_over_ && !around) return {};
    if (around) {
        envelope_.append(mark_, end);
        return check_envelope(envelope_, max_item_bytes_);
    }
    kept_.append(mark_, end);
    if (kept_.size() <= max_item_bytes_) return {};
    if (!too_large_) return too_large();
    SNAPGATE_TRY(begin_passing_over(kept_));
    kept_ = std::string();
    return {};
}

// Skips to where the innermost open bracket that counts is closed, or to `end`.
const char* ItemSplitter::skip_nested(const char* at, const char* end) {
    size_t depth = depth_;
    while (at != end) {
        if (in_string_) {
            at = skip_string(at, end);
            continue;
        }
        uint8_t kind = class_of(*at++);
        if (kind == kPlain) continue;
        if (kind == kQuote) {
            in_string_ = true;
        } else if (kind == kOpens) {
            ++depth;
        } else if (kind == kCloses && --depth == 0) {
            break;
        }
    }
    depth_ = depth;
    return at;
}

// Skips to behind the quote that ends the string, or to `end`.
const char* ItemSplitter::skip_string(const char* at, const char* end) {
    if (escaped_ && at != end) {
        escaped_ = false;
        ++at;
    }
    while (at != end) {
        if (static_cast<size_t>(end - at) >= sizeof(uint64_t)) {
            const uint64_t bytes = base::load_eight(at);
            const uint64_t found =
                base::bytes_equal_to(bytes, '"') | base::bytes_equal_to(bytes, '\\');
            if (found == 0) {
                at += sizeof(bytes);
                continue;
            }
            at += base::bytes_before_first(found);
        }
        uint8_t kind = class_of(*at++);
        if ((kind & (kQuote | kBackslash)) == 0) continue;
        if (kind == kQuote) {
            in_string_ = false;
            return at;
        }
        if (at == end) {
            escaped_ = true;
            return at;
        }
        ++at;
    }
    return at;
}

// Whether the key that ends before `end` is "items", which a writer may have escaped.
bool ItemSplitter::key_is_items(const char* end) const {
    // An object that is over the cap before its items is not taken, list or not: its beginning, and
    // with it the place of the key, is not kept.
    if (passing_over_) return false;
    const std::string& earlier = in_list_ ? envelope_ : kept_;
    std::string joined;
    std::string_view key;
    if (key_start_ >= earlier.size()) {
        const char* start = mark_ + (key_start_ - earlier.size());
        key = {start, static_cast<size_t>(end - start)};
    } else {
        joined.assign(earlier, key_start_);
        joined.append(mark_, end);
        key = joined;
    }
    if (key == kItemsKey) return true;
    if (key.size() > kLongestEscapedItemsKey || key.find('\\') == std::string_view::npos)
        return false;
    auto read = parse(fmt::format("\"{}\"", key));
    return read && read->is_string() && read->get_string() == "items";
}

base::Error ItemSplitter::unexpected(const char* at, std::string_view wanted) const {
    auto c = static_cast<unsigned char>(*at);
    return {base::Code::kInvalidBody,
            fmt::format("the JSON is wrong at item {}, byte {}: expected {}, found {}", items_,
                        read_ + static_cast<size_t>(at - chunk_), wanted,
                        c > 0x20 && c < 0x7f ? fmt::format("'{}'", *at)
                                             : fmt::format("the byte 0x{:02x}", c))};
}

base::Error ItemSplitter::too_large() const {
    return {base::Code::kTooLarge,
            fmt::format("item {} is larger than {} bytes, which is the most that is taken", items_,
                        max_item_bytes_)};
}

}  // namespace snapgate::json
