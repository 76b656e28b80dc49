#include "json/list_reader.h"

#include <utility>

namespace snapgate::json {

using base::Code;
using base::Error;
using base::Result;

ListReader::ListReader(ItemSplitter::Sink item)
    : splitter_([this, item = std::move(item)](std::string_view text) -> Result<void> {
          if (!is_single_) return item(text);
          single_ = text;
          return {};
      }) {
    splitter_.tell({
        .list = [this](const Object&) { return count_value(); },
        .array = []() -> Result<void> { return Error(Code::kInvalidBody, "it is an array"); },
        .single = [this]() -> Result<void> {
            is_single_ = true;
            return count_value();
        },
    });
}

Result<void> ListReader::count_value() {
    if (++values_ == 1) return {};
    return Error(Code::kInvalidBody, "something follows the list");
}

Result<ListHead> ListReader::finish() {
    SNAPGATE_TRY(splitter_.finish());
    if (values_ == 0) return Error(Code::kInvalidBody, "there is no list: the text is empty");
    if (!is_single_) return read_list_head(splitter_.envelope());
    SNAPGATE_ASSIGN(ListHead head, read_list_head(single_));
    // Items that are an array or null would have been seen while they came.
    SNAPGATE_ASSIGN(const Value value, parse(single_));
    if (value.get_object().contains("items") || !head.kind.ends_with("List"))
        return Error(Code::kInvalidBody, "it is an object that is no list");
    return head;
}

std::optional<ListHead> ListReader::head_before_items() const {
    if (splitter_.envelope().empty() || values_ > 0) return std::nullopt;
    auto head = read_list_head(std::string(splitter_.envelope()) + "}");
    if (!head || head->version.empty()) return std::nullopt;
    return std::move(*head);
}

}  // namespace snapgate::json
