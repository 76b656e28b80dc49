#pragma once

#include <string>
#include <string_view>

#include "json/value.h"
#include "remote/failure.h"

namespace snapgate::cli {

// One event of a watch (meta/v1 WatchEvent).
struct WatchEvent {
    enum class Type { kAdded, kModified, kDeleted, kBookmark, kError };
    Type type = Type::kAdded;
    json::Object object;  // with kError a Status
    std::string resource_version;
};

// kInvalidBody if the text is not an event, has an unknown type, or lacks the resourceVersion from
// which the watch would be resumed.
base::Result<WatchEvent> parse_watch_event(std::string_view text);

}  // namespace snapgate::cli
