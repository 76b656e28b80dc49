#include "api/palette/list_document.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json_text.h"
#include "model/api_names.h"

namespace snapgate::api::palette {

void PageDocument::begin(std::string& out) {
    out += R"({"apiVersion":")";
    out += model::kStoredApiVersion;
    out += R"(","items":[)";
}

void PageDocument::append_end(std::string_view token, std::optional<uint64_t> remaining,
                              std::string_view version, std::string& out) {
    out += R"(],"kind":")";
    out += model::kSnapshotListKind;
    out += R"(","metadata":{)";
    if (!token.empty()) {
        out += R"("continue":")";
        out += token;
        out += R"(",)";
        if (remaining)
            fmt::format_to(std::back_inserter(out), R"("remainingItemCount":{},)", *remaining);
    }
    out += R"("resourceVersion":)";
    base::append_json_string(version, out);
    out += "}}";
}

}  // namespace snapgate::api::palette
