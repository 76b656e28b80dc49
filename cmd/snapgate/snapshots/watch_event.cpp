#include "snapshots/watch_event.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "json/path.h"

namespace snapgate::cli {

base::Result<WatchEvent> parse_watch_event(std::string_view text) {
    using Type = WatchEvent::Type;
    static constexpr std::array<std::pair<std::string_view, Type>, 5> kTypes = {
        {{"ADDED", Type::kAdded},
         {"MODIFIED", Type::kModified},
         {"DELETED", Type::kDeleted},
         {"BOOKMARK", Type::kBookmark},
         {"ERROR", Type::kError}}};
    auto no_event = [](std::string_view why) {
        return base::Error(base::Code::kInvalidBody, fmt::format("no event of a watch: {}", why));
    };
    SNAPGATE_ASSIGN(auto value, json::parse(text));
    json::Object* whole = value.if_object();
    if (whole == nullptr) return no_event("it is no object");
    WatchEvent event;
    std::string_view type = json::text_at(*whole, {"type"});
    bool known = false;
    for (const auto& [word, of_word] : kTypes) {
        if (type != word) continue;
        event.type = of_word;
        known = true;
    }
    if (!known) return no_event("it is of no known type");
    json::Value* object = whole->if_contains("object");
    if (object == nullptr || !object->is_object()) return no_event("it has no object");
    event.object = std::move(object->get_object());
    event.resource_version = json::text_at(event.object, {"metadata", "resourceVersion"});
    if (event.type != Type::kError && event.resource_version.empty())
        return no_event("its object has no resourceVersion");
    return event;
}

}  // namespace snapgate::cli
