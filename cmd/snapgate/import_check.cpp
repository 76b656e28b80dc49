#include "import_check.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "json/object.h"
#include "json/splitter.h"
#include "json_path.h"

namespace snapgate::cli {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

std::string causes_of(const base::Error& error) {
    std::string out;
    for (const base::Cause& cause : error.causes) {
        // Most messages say all that their causes do.
        if (error.message.find(cause.message) != std::string::npos) continue;
        out += fmt::format("; {}: {}", cause.field, cause.message);
    }
    return out;
}

}  // namespace

std::string describe(const Fault& fault) {
    return fmt::format("{}: item {}{}: {}", fault.file, fault.item,
                       fault.name.empty() ? "" : fmt::format(" ({})", fault.name), fault.message);
}

std::string name_in(std::string_view json) {
    auto value = json::parse(json);
    const json::Object* object = value ? value->if_object() : nullptr;
    if (object == nullptr) return {};
    std::string_view ns = text_at(*object, {"metadata", "namespace"});
    std::string_view name = text_at(*object, {"metadata", "name"});
    return ns.empty() || name.empty() ? std::string(name) : fmt::format("{}/{}", ns, name);
}

Outcome<CheckReport> check_inputs(const std::vector<ImportInput>& inputs, bool form_only,
                                  const Advanced& advanced) {
    // Stands for what the server fills in; a check keeps nothing.
    const json::Identity identity{base::random_uuid(), "2026-01-01T00:00:00Z", 1};
    CheckReport report;
    std::string room(kPieceBytes, '\0');
    uint64_t bytes_before = 0;
    for (const ImportInput& input : inputs) {
        size_t items = 0;
        json::ItemSplitter splitter([&](std::string_view item) -> base::Result<void> {
            size_t number = items++;
            if (form_only) return {};
            auto prepared = json::prepare_snapshot(item, identity);
            if (prepared) return {};
            if (report.fault_count++ < kShownFaults)
                report.faults.push_back({input.name(), number, name_in(item),
                                         prepared.error().message + causes_of(prepared.error())});
            return {};
        });
        uint64_t offset = 0;
        while (true) {
            SNAPGATE_ASSIGN(std::string_view piece, input.read(offset, room));
            auto fed = piece.empty() ? splitter.finish() : splitter.feed(piece);
            if (!fed)
                return Failure(Exit::kRefused, fmt::format("{}: {}; nothing was stored",
                                                           input.name(), fed.error().message));
            if (piece.empty()) break;
            offset += piece.size();
            if (advanced) advanced(bytes_before + offset, report.total + items);
        }
        bytes_before += input.bytes();
        report.items.push_back(items);
        report.total += items;
    }
    return report;
}

}  // namespace snapgate::cli
