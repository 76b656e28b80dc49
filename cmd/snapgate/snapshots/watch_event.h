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

// kInvalidBody if the text is no event, is of a type that there is not, or says no version where it
// has to: then what follows could not be resumed.
base::Result<WatchEvent> parse_watch_event(std::string_view text);

}  // namespace snapgate::cli
