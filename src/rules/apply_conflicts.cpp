#include "rules/apply_conflicts.h"

#include <fmt/format.h>

#include <string>

#include "base/quote.h"
#include "rules/path_text.h"

namespace snapgate::rules {
namespace {

// Of very many conflicts, which only made-up managedFields give, the error shows the first ones.
constexpr size_t kMostShown = 256;

std::string shown_manager(const ManagedEntry& entry) {
    std::string text = base::quote(entry.manager);
    if (!entry.subresource.empty())
        text += fmt::format(" with subresource {}", base::quote(entry.subresource));
    if (!entry.applied) text += fmt::format(" using {}", entry.api_version);
    return text;
}

}  // namespace

base::Error apply_conflict(const std::vector<ManagedEntry>& conflicts) {
    std::vector<base::Cause> causes;
    size_t count = 0;
    std::string list;
    for (const ManagedEntry& entry : conflicts) {
        const std::string manager = shown_manager(entry);
        if (!list.empty()) list += '\n';
        list += fmt::format("conflicts with {}:", manager);
        for_path_texts(entry.fields, [&](std::string path) {
            if (++count > kMostShown) return;
            list += fmt::format("\n- {}", base::visible(path));
            causes.push_back({"FieldManagerConflict", fmt::format("conflict with {}", manager),
                              std::move(path)});
        });
    }
    std::string message = count == 1
                              ? fmt::format("Apply failed with 1 conflict: {}: {}",
                                            causes.front().message, causes.front().field)
                              : fmt::format("Apply failed with {} conflicts: {}", count, list);
    base::Error error(base::Code::kConflict, std::move(message));
    error.causes = std::move(causes);
    return error;
}

}  // namespace snapgate::rules
