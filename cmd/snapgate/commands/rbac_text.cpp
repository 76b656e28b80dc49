#include "commands/rbac_text.h"

#include <fmt/format.h>

namespace snapgate::cli {

// rbac.yaml, which the console shows, too (web/src/lib/rbac.ts). The first document is the
// namespace.
extern const std::string_view kRbac;

std::string rbac_text(std::string_view ns, bool write) {
    const std::string_view verbs =
        write ? "get, list, watch, create, update, patch, delete" : "get, list, watch";
    std::string_view documents = kRbac;
    // These namespaces exist everywhere, and kubectl apply would warn about them.
    if (ns == "default" || ns.starts_with("kube-")) {
        constexpr std::string_view kSeparator = "---\n";
        documents.remove_prefix(documents.find(kSeparator) + kSeparator.size());
    }
    return fmt::format(fmt::runtime(documents), fmt::arg("ns", ns), fmt::arg("verbs", verbs));
}

}  // namespace snapgate::cli
