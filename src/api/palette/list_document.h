#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapgate::api::palette {

// What stands around the items of a page of snapshots: ListText's document (api/list_text.h), but
// for the items.
class PageDocument {
  public:
    static void begin(std::string& out);
    template <class List>
    static void end(const List& list, std::string& out) {
        append_end(list.continue_token(), list.remaining(), list.version(), out);
    }
    static bool is_cheap() { return true; }

  private:
    // `token` is empty on the last page, which tells no `remaining` either.
    static void append_end(std::string_view token, std::optional<uint64_t> remaining,
                           std::string_view version, std::string& out);
};

}  // namespace snapgate::api::palette
